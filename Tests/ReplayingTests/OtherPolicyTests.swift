import Contracts
import Postmortems
import Testing

@testable import Replaying

@Suite("Another policy, another time, and the archive")
struct OtherPolicyTests {
    @Test("what people agreed to would have gone alone, and so much earlier")
    func milder() throws {
        let policy = try #require(Cases.policy("auto"))
        let change = try #require(try Cases.replay("agreed").under(policy).changes.first)
        #expect(change.before == "approve" && change.after == "auto")
        #expect(change.followed == "granted (kim) after 40.0 s; done; verification holds")
        #expect(change.instead == "executing: Risk lets it go alone, with nobody asked, 40.0 s before the answer came")
        #expect(change.because.contains { $0.hasPrefix("autonomy") })
    }

    @Test("what went alone would have waited, or would never have been done")
    func stricter() throws {
        let replay = try Cases.replay("helped")
        let asking = try #require(Cases.policy("approve"))
        let denying = try #require(Cases.policy("deny"))
        let asked = try #require(replay.under(asking).changes.first)
        #expect(asked.instead == "awaiting_approval: waits for a person, and nothing done until then")
        let denied = try #require(replay.under(denying).changes.first)
        #expect(denied.instead.hasPrefix("escalated: the policy forbids every plan"))
        #expect(replay.under(try #require(Cases.policy("auto"))).changes.isEmpty)
    }

    @Test("each agent knew what it had been told until then, and nothing more")
    func knowing() throws {
        let replay = try Cases.replay("agreed")
        func known(_ agent: String, at time: Int64) -> AgentKnowledge? {
            replay.known(at: time).first { $0.agent == agent }
        }
        let judged = try #require(replay.steps.first { $0.input.event.step != nil && $0.after.verdict != nil })
        #expect(known("risk", at: judged.input.at - 1)?.knows == [])
        #expect(known("risk", at: judged.input.at)?.knows.count == 1)
        #expect(known("people", at: judged.input.at)?.knows == ["kim knows of it"])
        #expect(known("remediation", at: judged.input.at)?.knows.first?.contains("revert-change") == true)
        #expect(known("triage", at: .max)?.knows.first?.hasPrefix("resolved") == true)
        #expect(replay.known(at: 0).allSatisfy { $0.knows.isEmpty })
        for agent in replay.known(at: judged.input.at) { #expect(agent.entries.allSatisfy { $0 <= judged.number }) }
    }

    @Test("today's code does as well as it did on every kept post-mortem")
    func backtest() throws {
        var backtest = Backtest()
        for name in Cases.names { backtest.take(try Cases.document(name), name: name) }
        #expect(backtest.passes)
        #expect(backtest.equal == Cases.names.count, "\(backtest.rows.compactMap(\.divergence))")
        #expect(backtest.rows.allSatisfy { $0.culprit != .other && $0.plan != .other && $0.verdict != .other })
        #expect(
            backtest.rows.filter { $0.wasRight == true }.map(\.name) == ["helped", "agreed", "rejected", "rolled-back"])
    }

    @Test("a policy that forbids what has helped fails the check, and so does one that lets go what has not")
    func worse() throws {
        func worse(_ name: String, _ verdict: String) throws -> Bool {
            var backtest = Backtest()
            backtest.take(try Cases.document(name), name: name, under: Cases.policy(verdict))
            return !backtest.passes
        }
        #expect(try worse("helped", "deny"))
        #expect(try !worse("helped", "approve"))
        #expect(try !worse("agreed", "auto"))
        #expect(try worse("rejected", "auto"))
        #expect(try worse("escalated", "auto"))
        #expect(try !worse("suppressed", "auto"))
    }

    @Test("another culprit where the fix had helped fails the check")
    func otherCulprit() throws {
        var document = try Cases.document("helped")
        document.diagnosis?.node = "inventory"
        var backtest = Backtest()
        backtest.take(document, name: "helped")
        #expect(backtest.rows[0].culprit == .other && backtest.rows[0].isWorse && !backtest.passes)
    }

    @Test("a document that cannot be read fails the check, and is named")
    func unreadable() throws {
        var document = try Cases.document("helped")
        document.simulationContext.entries[1] = "####"
        var backtest = Backtest()
        backtest.take(document, name: "helped")
        #expect(backtest.rows[0].replay == "unreadable")
        #expect(backtest.rows[0].divergence == "entry 2: expected base64, found none")
        #expect(!backtest.passes)
    }
}
