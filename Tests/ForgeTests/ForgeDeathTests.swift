import Contracts
import Glibc
import Host
import Testing

@testable import Forge

/// What others find who come after a process that was killed, and who come at the same time.
@Suite struct ForgeDeathTests {
    let place: Place
    let repository: Repository
    let forge: LocalForge
    let later: Int64 = 1_700_000_100_000_000_000

    init() throws {
        place = try Place()
        repository = try place.repository()
        forge = LocalForge(repository)
    }

    private func main() async throws -> String { try await repository.aside { try $0.main() } }

    private func proposed(_ file: String = "config/a.yaml", key: String? = nil) async throws -> Pull {
        let base = try await repository.aside { try $0.main() }
        return try await forge.propose(.writing([.text(file, "1\n")], on: base, key: key))
    }

    /// Writes down that a merge was begun, and no more.
    private func begin(_ pull: Pull, by person: String) async throws {
        let intent = MergeIntent(by: person, at: later, commit: pull.head)
        _ = try await repository.aside { [forge] _ in
            try forge.store.change(pull.number, "Begin", by: person, at: 0) { ($0.pull, intent) }
        }
    }

    @Test func aMergeWhoseMakerDiedAfterMainMovedIsHis() async throws {
        let pull = try await proposed()
        try await begin(pull, by: "ann")
        try await repository.aside { try $0.advanceMain(from: pull.base, to: pull.head) }
        let found = try await forge.pull(1)
        #expect(found.state == .merged && found.mergedBy == "ann" && found.merged == pull.head)
    }

    @Test func aMergeWhoseMakerDiedBeforeMainMovedCanBeMadeOrClosed() async throws {
        let (one, two) = (try await proposed(), try await proposed("config/b.yaml"))
        try await begin(one, by: "ann")
        try await begin(two, by: "ann")
        #expect(try await forge.pull(1).state == .open)
        #expect(try await forge.close(1, by: "bob", why: "", at: later).state == .closed)
        let merged = try await forge.merge(2, by: "bob", head: two.head, at: later)
        #expect(merged.mergedBy == "bob")
        #expect(try await main() == two.head)
    }

    @Test func aBranchThatIsMissingIsMadeByTheNextProposal() async throws {
        let pull = try await proposed(key: "k")
        try await repository.aside { repository in
            try repository.move([.init(reference: "refs/heads/\(pull.branch)", old: pull.head, new: nil)])
        }
        #expect(try await proposed(key: "k") == pull)
        let tip = try await repository.aside { try $0.tip(of: "refs/heads/\(pull.branch)") }
        #expect(tip == pull.head)
    }

    @Test func aKeyWithoutAPullRequestDoesNotStandInTheWay() async throws {
        try await repository.aside { repository in
            try repository.move([.init(reference: PullStore.key("k"), old: nil, new: repository.main())])
        }
        #expect(try await proposed(key: "k").number == 1)
    }

    @Test func manyWhoProposeTheSameMakeOne() async throws {
        let base = try await repository.aside { try $0.main() }
        let path = repository.path
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 1...8 {
                group.addTask {
                    let own = LocalForge(try await Repository.opened(path, git: Place.git(patient: true)) { _ in })
                    return try await own.propose(.writing([.text("config/a.yaml", "1\n")], on: base, key: "k")).number
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers == Array(repeating: 1, count: 8))
        #expect(try await forge.pulls().count == 1)
        try await repository.aside { try $0.check() }
    }

    @Test func manyWhoProposeAndMergeLoseNothing() async throws {
        let base = try await repository.aside { try $0.main() }
        let (path, later) = (repository.path, later)
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 1...8 {
                group.addTask {
                    let own = LocalForge(try await Repository.opened(path, git: Place.git(patient: true)) { _ in })
                    let file = FileChange.text("config/\(index).yaml", "1\n")
                    let pull = try await own.propose(.writing([file], on: base, "Change \(index)", key: "k\(index)"))
                    let merged = try await own.merge(pull.number, by: "p\(index)", head: pull.head, at: later)
                    #expect(merged.mergedBy == "p\(index)")
                    return pull.number
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers.sorted() == Array(1...8))
        let files = try await repository.aside { repository in
            try repository.check()
            return try repository.files(under: "config", at: "main").count
        }
        #expect(files == Place.configuration.count + 8)
        #expect(try await forge.pulls(.merged).count == 8)
    }

    /// Whatever is done in whatever order: the repository stays sound, and a merge that is taken back leaves no trace.
    @Test("any sequence leaves a sound repository", arguments: [1, 2, 3] as [UInt64])
    func sequences(seed: UInt64) async throws {
        var chance = Chance(seed: seed)
        var time = later
        for step in 1...8 {
            time += 1_000_000_000
            let main = try await repository.aside { try $0.main() }
            switch Int.random(in: 0..<4, using: &chance) {
            case 0, 1:
                let file = FileChange.text(
                    "config/\(Int.random(in: 0..<3, using: &chance)).yaml",
                    "\(step) \(Int.random(in: 0..<100, using: &chance))\n")
                _ = try? await forge.propose(.writing([file], on: main, "Step \(step)", at: 10 + Int64(step)))
            case 2:
                for pull in try await forge.pulls(.open).prefix(1) {
                    _ = try? await forge.close(pull.number, by: "ann", why: "", at: time)
                }
            default:
                for pull in try await forge.pulls(.open).suffix(1) {
                    try await mergeAndTakeBack(pull, at: time)
                }
            }
        }
        try await repository.aside { try $0.check() }
    }

    private func mergeAndTakeBack(_ pull: Pull, at time: Int64) async throws {
        let before = try await repository.aside { try $0.treeHash(at: "main") }
        guard let merged = try? await forge.merge(pull.number, by: "ann", head: pull.head, at: time).merged else {
            return
        }
        let revert = PullProposal(
            title: "Back", text: "", author: "ann", change: .revert(commit: merged), base: merged, at: time)
        let back = try await forge.propose(revert)
        _ = try await forge.merge(back.number, by: "ann", head: back.head, at: time)
        let after = try await repository.aside { try $0.treeHash(at: "main") }
        #expect(after == before)
    }
}
