import Contracts
import Glibc
import Host
import Testing

@testable import Forge

extension PullProposal {
    /// One that writes files, so many seconds after the first commit.
    static func writing(
        _ files: [FileChange], on base: String, _ title: String = "Change", key: String? = nil, at seconds: Int64 = 10
    ) -> PullProposal {
        PullProposal(
            key: key, title: title, text: "Because.", author: "remediation", change: .files(files), base: base,
            incident: "I-7", plan: "abc", at: (1_700_000_000 + seconds) * 1_000_000_000)
    }
}

@Suite struct LocalForgeTests {
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

    /// What is wrong with what it threw, if it is not this.
    private func expect(_ expected: ForgeFault, _ body: () async throws -> Pull) async {
        let found = await #expect(throws: ForgeFault.self) { try await body() }
        #expect(found == expected)
    }

    @Test func aProposalIsABranchACommitAndARecord() async throws {
        let base = try await main()
        let proposal = PullProposal.writing(
            [.text("config/a.yaml", "1\n")], on: base, "Time-out of the carrier: 1 ms is too short!", key: "plan-1")
        let pull = try await forge.propose(proposal)
        #expect(pull.number == 1 && pull.state == .open && pull.base == base)
        #expect(pull.branch == "kintsugi/1-time-out-of-the-carrier-1-ms-is-too")
        #expect(try await forge.pull(1) == pull)
        #expect(try await forge.diff(1).contains("+++ b/config/a.yaml"))
        try await repository.aside { repository in
            #expect(try repository.tip(of: "refs/heads/\(pull.branch)") == pull.head)
            let commit = try repository.read(pull.head)
            #expect(commit.trailer("Incident") == "I-7" && commit.trailer("Plan") == "abc")
            #expect(commit.parents == [base])
            try repository.check()
        }
        #expect(try await main() == base)
    }

    @Test func theSameKeyIsTheSamePullRequestAlsoAfterItsEnd() async throws {
        let base = try await main()
        let proposal = PullProposal.writing([.text("config/a.yaml", "1\n")], on: base, key: "k")
        let pull = try await forge.propose(proposal)
        var other = proposal
        other.title = "Other words"
        #expect(try await forge.propose(other) == pull)
        let merged = try await forge.merge(1, by: "operator", head: pull.head, at: later)
        #expect(try await forge.propose(proposal) == merged)
        var keyless = proposal
        keyless.key = nil
        keyless.change = .files([.text("config/other.yaml", "1\n")])
        #expect(try await forge.propose(keyless).number == 2)
        #expect(try await forge.pulls().map(\.number) == [2, 1])
        #expect(try await forge.pulls(.merged).map(\.number) == [1])
    }

    @Test func whereMainIsTheBaseItMovesToTheCommitItself() async throws {
        let base = try await main()
        let pull = try await forge.propose(.writing([.text("config/a.yaml", "1\n")], on: base))
        let merged = try await forge.merge(1, by: "operator", head: pull.head, at: later)
        #expect(merged.state == .merged && merged.merged == pull.head && merged.mergedBy == "operator")
        #expect(try await main() == pull.head)
        #expect(try await forge.merge(1, by: "another", head: "whatever", at: later + 1) == merged)
        let branch = try await repository.aside { try $0.tip(of: "refs/heads/\(pull.branch)") }
        #expect(branch == nil)
    }

    @Test func whereMainHasMovedTheTwoAreJoinedAndTheMergeCanBeTakenBack() async throws {
        let base = try await main()
        let one = try await forge.propose(.writing([.text("config/a.yaml", "1\n")], on: base, "One"))
        let two = try await forge.propose(.writing([.text("config/b.yaml", "2\n")], on: base, "Two"))
        _ = try await forge.merge(1, by: "operator", head: one.head, at: later)
        let before = try await repository.aside { try $0.treeHash(at: "main") }
        let merged = try await forge.merge(2, by: "operator", head: two.head, at: later + 1)
        let commit = try #require(merged.merged)
        try await repository.aside { repository in
            let read = try repository.read(commit)
            #expect(read.parents == [one.head, two.head] && read.trailer("Pull") == "#2" && read.author == "operator")
            #expect(try repository.file("config/a.yaml", at: "main") == Array("1\n".utf8))
        }
        let back = try await forge.propose(
            PullProposal(
                title: "Back", text: "", author: "remediation", change: .revert(commit: commit), base: commit,
                at: later + 2))
        _ = try await forge.merge(3, by: "operator", head: back.head, at: later + 3)
        let after = try await repository.aside { try $0.treeHash(at: "main") }
        #expect(after == before)
    }

    @Test func aConflictIsNamedByFileAndChangesNothing() async throws {
        let base = try await main()
        let one = try await forge.propose(.writing([.text("config/acl.yaml", "one\n")], on: base, "One"))
        let two = try await forge.propose(.writing([.text("config/acl.yaml", "two\n")], on: base, "Two"))
        _ = try await forge.merge(1, by: "operator", head: one.head, at: later)
        await expect(.conflict(files: ["config/acl.yaml"])) {
            try await forge.merge(2, by: "operator", head: two.head, at: later)
        }
        #expect(try await main() == one.head)
        #expect(try await forge.pull(2) == two)
    }

    @Test func aPersonsLatestWordCounts() async throws {
        let pull = try await forge.propose(.writing([.text("config/a.yaml", "1\n")], on: main()))
        func say(_ verdict: PullReview.Verdict, _ who: String, _ at: Int64) async throws {
            let review = PullReview(by: who, verdict: verdict, text: "No: too bold", head: pull.head, at: later + at)
            _ = try await forge.review(1, review)
        }
        try await say(.reject, "ann", 1)
        try await say(.approve, "bob", 2)
        try await say(.comment, "ann", 3)
        await expect(.rejected(by: "ann", text: "No: too bold")) {
            try await forge.merge(1, by: "operator", head: pull.head, at: later)
        }
        try await say(.approve, "ann", 4)
        try await say(.approve, "ann", 4)
        let merged = try await forge.merge(1, by: "operator", head: pull.head, at: later + 5)
        #expect(merged.reviews.map(\.verdict) == [.reject, .approve, .comment, .approve])
        #expect(merged.state == .merged)
    }

    @Test func aFailedCheckStandsInTheWayUntilItPasses() async throws {
        let pull = try await forge.propose(.writing([.text("config/a.yaml", "1\n")], on: main()))
        func found(_ state: PullCheck.State, head: String) async throws {
            _ = try await forge.check(1, PullCheck(name: "build", state: state, text: "exit 1", head: head, at: later))
        }
        try await found(.failed, head: pull.head)
        await expect(.failedCheck(name: "build", text: "exit 1")) {
            try await forge.merge(1, by: "operator", head: pull.head, at: later)
        }
        try await found(.passed, head: pull.head)
        #expect(try await forge.merge(1, by: "operator", head: pull.head, at: later).checks.map(\.state) == [.passed])
    }

    @Test func aCommitThatWasPushedToTheBranchMustBeLookedAtAgain() async throws {
        let pull = try await forge.propose(.writing([.text("config/a.yaml", "1\n")], on: main()))
        let pushed = try await repository.aside { repository in
            let commit = try repository.commit(
                [.text("config/a.yaml", "2\n")], onto: pull.head, .at(20, "More", by: "ann"))
            try repository.move([.init(reference: "refs/heads/\(pull.branch)", old: pull.head, new: commit)])
            return commit
        }
        await expect(.headMoved(now: pushed)) { try await forge.merge(1, by: "operator", head: pull.head, at: later) }
        #expect(try await forge.pull(1).head == pushed)
        #expect(try await forge.merge(1, by: "operator", head: pushed, at: later).merged == pushed)
    }

    @Test func whatIsClosedIsNotMergedAndWhatIsMergedIsNotClosed() async throws {
        let base = try await main()
        let one = try await forge.propose(.writing([.text("config/a.yaml", "1\n")], on: base, "One"))
        let closed = try await forge.close(1, by: "ann", why: "not needed", at: later)
        #expect(closed.state == .closed && closed.reviews.map(\.text) == ["not needed"])
        #expect(try await forge.close(1, by: "bob", why: "again", at: later + 1) == closed)
        await expect(.notOpen(number: 1, state: "closed")) {
            try await forge.merge(1, by: "operator", head: one.head, at: later)
        }
        let two = try await forge.propose(.writing([.text("config/b.yaml", "1\n")], on: base, "Two"))
        _ = try await forge.merge(2, by: "operator", head: two.head, at: later)
        await expect(.notOpen(number: 2, state: "merged")) {
            try await forge.close(2, by: "ann", why: "", at: later)
        }
        await expect(.missing("a pull request 9")) { try await forge.pull(9) }
        await expect(.missing("a pull request -1")) { try await forge.pull(-1) }
    }

    @Test(
        "what a person merges with plain git is seen as merged", arguments: [true, false])
    func byHand(fast: Bool) async throws {
        let base = try await main()
        let pull = try await forge.propose(.writing([.text("config/a.yaml", "1\n")], on: base))
        let commit = try await repository.aside { repository in
            if fast {
                try repository.advanceMain(from: base, to: pull.head)
                return pull.head
            }
            let other = try repository.commit([.text("config/b.yaml", "1\n")], onto: base, .at(20, "Other", by: "bob"))
            let merge = try repository.merge(pull.head, into: other, .at(21, "By hand", by: "ann"))
            let after = try repository.commit([.text("config/c.yaml", "1\n")], onto: merge, .at(22, "After", by: "bob"))
            try repository.advanceMain(from: base, to: after)
            return merge
        }
        let seen = try await forge.pull(1)
        #expect(seen.state == .merged && seen.merged == commit && seen.mergedBy == (fast ? "remediation" : "ann"))
    }

    @Test func aProposalThatCannotBeMadeLeavesNothing() async throws {
        let base = try await main()
        let stranger = try await repository.aside { repository in
            try repository.commit([.text("config/x.yaml", "1\n")], onto: base, .at(3, "Not in main"))
        }
        await expect(.nothingChanged) {
            try await forge.propose(
                .writing([.text("config/acl.yaml", Place.configuration["acl.yaml"] ?? "")], on: base))
        }
        await #expect(throws: ForgeFault.self) {
            try await forge.propose(.writing([.text("config/a.yaml", "1\n")], on: stranger))
        }
        await #expect(throws: ForgeFault.self) {
            try await forge.propose(
                PullProposal(title: "x", text: "", author: "a", change: .patch("nonsense"), base: base, at: 0))
        }
        #expect(try await forge.pulls().isEmpty)
    }
}
