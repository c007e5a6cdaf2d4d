import Commands
import Contracts
import Forge
import Host
import Signals

extension Operator {
    /// The cluster's own repository.
    func repository(_ places: Places) throws(Failure) -> Repository {
        let terminal = terminal
        return try forging {
            try Repository.open(Repository.place(data: places.data)) { note in
                terminal.write("kintsugi: \(harmless(note))\n", to: 2)
            }
        }
    }

    /// Does something with the repository; what it throws becomes a sentence and an exit code.
    func forging<Value>(_ body: () throws -> Value) throws(Failure) -> Value {
        do {
            return try body()
        } catch let failure as Failure {
            throw failure
        } catch let fault as ForgeFault {
            throw Failure(harmless("\(fault)"), exit: fault.exitCode)
        } catch {
            throw Failure(harmless("\(error)"))
        }
    }

    func pull(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let forge = LocalForge(try repository(places))
        guard let number = invocation.number("N") else {
            let state = invocation.text("state").flatMap { Pull.State(rawValue: $0) }
            let pulls = try forging { try waiting { try await forge.pulls(state) } }
            return terminal.write(invocation.has("json") ? json(pulls) : PullReport.list(pulls, terminal.paint))
        }
        guard invocation.path.last != "diff" else {
            let diff = try forging { try waiting { try await forge.diff(number) } }
            return terminal.write(
                invocation.has("json") ? json(["diff": diff]) : PullReport.diff(diff, terminal.paint))
        }
        let wish = try PullWish(invocation, by: person(invocation), at: WallTime.now.nanoseconds)
        let pull = try forging { try waiting { try await wish.carryOut(number, forge) } }
        guard !invocation.has("json") else { return terminal.write(json(pull)) }
        terminal.write(
            invocation.path.last == "show"
                ? PullReport.whole(pull, terminal.paint) : PullReport.line(pull, terminal.paint))
    }
}

/// What a person wants of one pull request.
private enum PullWish: Sendable {
    case show
    case say(PullReview.Verdict, String, by: String, at: Int64)
    case merge(by: String, head: String?, at: Int64)
    case close(String, by: String, at: Int64)

    init(_ invocation: Invocation, by person: String, at time: Int64) throws(Failure) {
        let text = invocation.text("text")
        switch invocation.path.last {
        case "approve": self = .say(.approve, text ?? "", by: person, at: time)
        case "merge": self = .merge(by: person, head: invocation.text("head"), at: time)
        case "close": self = .close(text ?? "", by: person, at: time)
        case "reject", "comment":
            // Whoever is to do better must know what is wrong.
            guard let text, text.contains(where: { !$0.isWhitespace }) else {
                throw Failure("expected --text TEXT, found nothing", exit: ExitCode.usage)
            }
            self = .say(invocation.path.last == "reject" ? .reject : .comment, text, by: person, at: time)
        default: self = .show
        }
    }

    func carryOut(_ number: Int, _ forge: LocalForge) async throws(ForgeFault) -> Pull {
        let pull = try await forge.pull(number)
        switch self {
        case .show: return pull
        case .say(let verdict, let text, let person, let time):
            let review = PullReview(by: person, verdict: verdict, text: text, head: pull.head, at: time)
            return try await forge.review(number, review)
        case .merge(let person, let head, let time):
            // A beginning is enough for a person.
            let meant = head.map { pull.head.hasPrefix($0.lowercased()) && $0.count >= 4 ? pull.head : $0 } ?? pull.head
            return try await forge.merge(number, by: person, head: meant, at: time)
        case .close(let text, let person, let time):
            return try await forge.close(number, by: person, why: text, at: time)
        }
    }
}

extension ForgeFault {
    /// What `kintsugi` ends with.
    var exitCode: Int32 {
        switch self {
        case .noRepository, .missing: ExitCode.noInput
        case .noGit, .oldGit, .diskFull, .deadline, .locked, .rateLimited, .unreachable, .unavailable:
            ExitCode.unavailable
        case .invalid, .mismatch, .corrupt, .tooLarge: ExitCode.data
        default: ExitCode.failure
        }
    }
}
