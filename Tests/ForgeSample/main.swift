import Contracts
import Dispatch
import Forge
import Glibc
import Synchronization
import WebClient

// A forge that others drive by lines of JSON, one wish a line and one answer a line:
// ForgeSample local REPOSITORY, or ForgeSample github URL OWNER NAME TOKEN-FILE REPOSITORY MILLISECONDS. Before, for both:
// ForgeSample create REPOSITORY CONFIGURATION.

struct Wish: Decodable, Sendable {
    var call: String
    var number: Int?
    var proposal: PullProposal?
    var review: PullReview?
    var check: PullCheck?
    var by: String?
    var head: String?
    var text: String?
    var at: Int64?
    var state: Pull.State?
}

struct Answer: Encodable, Sendable {
    var pull: Pull?
    var pulls: [Pull]?
    var diff: String?
    var fault: String?
    var kind: String?
    var isPassing: Bool?
}

func forge(_ arguments: [String]) throws -> any Forge {
    switch (arguments.count, arguments.count > 1 ? arguments[1] : "") {
    case (3, "local"): return LocalForge(try Repository.open(arguments[2]))
    case (8, "github"):
        var place = try GitHubPlace(
            url: arguments[2], owner: arguments[3], name: arguments[4], tokenFile: arguments[5])
        place.deadline = .milliseconds(Int(arguments[7]) ?? 20_000)
        return GitHubForge(place, repository: try Repository.open(arguments[6]), client: WebClient())
    default:
        print("usage: ForgeSample local REPOSITORY | github URL OWNER NAME TOKEN-FILE REPOSITORY MILLISECONDS")
        exit(64)
    }
}

func carryOut(_ wish: Wish, _ forge: any Forge) async -> Answer {
    let (number, by, at) = (wish.number ?? 0, wish.by ?? "operator", wish.at ?? 0)
    do throws(ForgeFault) {
        switch wish.call {
        case "propose":
            guard let proposal = wish.proposal else { throw .invalid("no proposal") }
            return Answer(pull: try await forge.propose(proposal))
        case "pulls": return Answer(pulls: try await forge.pulls(wish.state))
        case "pull": return Answer(pull: try await forge.pull(number))
        case "diff": return Answer(diff: try await forge.diff(number))
        case "review":
            guard let review = wish.review else { throw .invalid("no review") }
            return Answer(pull: try await forge.review(number, review))
        case "check":
            guard let check = wish.check else { throw .invalid("no check") }
            return Answer(pull: try await forge.check(number, check))
        case "merge": return Answer(pull: try await forge.merge(number, by: by, head: wish.head ?? "", at: at))
        case "close": return Answer(pull: try await forge.close(number, by: by, why: wish.text ?? "", at: at))
        default: throw .invalid("no such call: \(wish.call)")
        }
    } catch {
        let kind = Mirror(reflecting: error).children.first?.label ?? "nothingChanged"
        return Answer(fault: "\(error)", kind: kind, isPassing: error.isPassing)
    }
}

func waiting(_ body: @escaping @Sendable () async -> Answer) -> Answer {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex(Answer())
    Task.detached {
        let found = await body()
        result.withLock { $0 = found }
        done.signal()
    }
    done.wait()
    return result.withLock { $0 }
}

do {
    if CommandLine.arguments.count == 4, CommandLine.arguments[1] == "create" {
        let note = CommitNote(author: "operator", at: 1_700_000_000_000_000_000, title: "begin")
        _ = try Repository.create(CommandLine.arguments[2], configuration: CommandLine.arguments[3], note)
        exit(0)
    }
    let forge = try forge(CommandLine.arguments)
    while let line = readLine() {
        let wish = try Packed.decode(Wish.self, from: JSONText.pack(Array(line.utf8)))
        let answer = waiting { await carryOut(wish, forge) }
        print(String(decoding: try JSONText.unpack(Packed.encode(answer)), as: UTF8.self))
        fflush(nil)
    }
} catch {
    print("ForgeSample: \(error)")
    exit(1)
}
