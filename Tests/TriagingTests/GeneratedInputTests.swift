import Alerting
import Contracts
import Glibc
import Testing

@testable import Triaging

@Suite("Generated alerts of a day") struct GeneratedDayTests {
    /// One of all that may happen.
    private func event(_ seconds: Int64, _ chance: inout Chance) -> RaisedAlert {
        let node = ["orders", "inventory", "carrier", "triage", "comms", "host-1", ""][chance.below(7)]
        let severity = FindingSeverity.allCases[chance.below(3)]
        let began = seconds - Int64(chance.below(3)) * 100 + (chance.below(40) == 0 ? 3_600 : 0)
        let ended: Int64? = chance.below(3) == 0 ? max(began, seconds) : nil
        switch chance.below(4) {
        case 0:
            let kinds = FindingKind.allCases
            return finding(
                kinds[chance.below(kinds.count)], severity, node: node, subject: "s\(chance.below(2))",
                began: began - began % 100, ended: ended, endangers: ["o\(chance.below(3))"])
        case 1:
            var told = alert("p\(chance.below(6))", severity, node: node, began: began, source: .prometheus)
            told.ended = at(seconds + 60)
            return told
        case 2:
            return alert(
                "d\(chance.below(6))", severity, node: node, began: seconds, ended: ended, source: .pagerduty,
                isBeginningTold: false)
        default:
            return alert("a\(chance.below(8))", severity, node: node, began: began - began % 50, ended: ended)
        }
    }

    private func check(_ desk: Desk) {
        for incident in desk.book.incidents {
            let members = desk.book.entries.values.filter { $0.isMember && $0.opening == incident.incident.opening }
            #expect(incident.firing == members.count { $0.isFiring } && incident.alerts >= incident.firing)
            #expect(incident.incident.id != nil && incident.priority == incident.impact.priority)
            if !incident.isOwnTrouble {
                #expect(incident.impact.nodes.allSatisfy { !desk.book.settings.agents.contains($0) })
            }
        }
        #expect(desk.book.incidents.count { $0.isOwnTrouble } <= 1)
        #expect(desk.book.inhibiting.values.allSatisfy { $0 > 0 })
    }

    @Test("Every decision has reasons, counts agree, own troubles stay apart, and the same day is decided the same")
    func days() {
        let count = getenv("KINTSUGI_GENERATED_INPUTS").flatMap { Int(String(cString: $0)) } ?? 6_000
        for seed in 1...max(1, count / 300) {
            var chance = Chance(seed)
            var (one, two) = (Desk(), Desk())
            for number in 0..<300 as Range<Int64> {
                let seconds = number * 6
                let next = event(seconds, &chance)
                let decision = one.take(next, seconds)
                #expect(decision == two.take(next, seconds))
                #expect(!decision.receipt.reasons.isEmpty && decision.record.alert.fingerprint == next.fingerprint)
                if decision.receipt.disposition == .incident {
                    #expect(one.book.record(of: next.fingerprint)?.receipt.incident != nil)
                }
                if number % 10 == 0 { #expect(one.tick(seconds + 1) == two.tick(seconds + 1)) }
                if chance.below(30) == 0, let open = one.openIncidents.first {
                    one.end(open, seconds + 2)
                    two.end(open, seconds + 2)
                }
            }
            check(one)
            #expect(one.book.bytes == one.book.entries.values.reduce(0) { $0 + $1.bytes })
            #expect(one.restored().book.incidents.map(\.firing) == one.book.incidents.map(\.firing))
        }
    }
}
