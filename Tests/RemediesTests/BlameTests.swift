import Contracts
import Testing

@testable import Remedies

@Suite struct BlameTests {
    /// Searches with commits of which those from `bad` on are bad.
    static func search(_ count: Int, bad: Int, untestable: [Int] = []) throws -> (answer: Bisect.Answer, trials: Int) {
        var bisect = Bisect((0..<count).map(String.init))
        var trials = 0
        while case .test(let commit) = bisect.answer {
            // Each trial may be the last thing that a process does.
            bisect = try Packed.decode(Bisect.self, from: try Packed.encode(bisect))
            guard let number = Int(commit) else { break }
            let mark: Bisect.Mark = untestable.contains(number) ? .untestable : number >= bad ? .bad : .good
            let isNew = bisect.take(commit, mark)
            #expect(isNew)
            let changed1 = bisect.take(commit, .good)
            #expect(!changed1)
            trials += 1
            try #require(trials <= count)
        }
        return (bisect.answer, trials)
    }

    @Test func theFirstBadCommitIsFoundWhereverItIs() throws {
        for count in 1...20 {
            for bad in 0..<count {
                let (answer, trials) = try Self.search(count, bad: bad)
                #expect(answer == .found("\(bad)"))
                // The latest, and then one for each halving.
                #expect(trials <= 2 + (count.bitWidth - count.leadingZeroBitCount))
            }
        }
    }

    @Test func whereTheLatestIsGoodNobodyIsToBlame() throws {
        #expect(try Self.search(9, bad: 9) == (.nothing, 1))
        #expect(Bisect([]).answer == .nothing)
    }

    @Test func whatCannotBeToldApartIsNamedTogether() throws {
        #expect(try Self.search(8, bad: 5, untestable: [4]).answer == .among(["4", "5"]))
        #expect(try Self.search(8, bad: 5, untestable: [2]).answer == .found("5"))
        #expect(try Self.search(3, bad: 0, untestable: [0, 1]).answer == .among(["0", "1", "2"]))
        #expect(try Self.search(3, bad: 0, untestable: [2]).answer == .among(["0", "1", "2"]))
    }

    @Test func theLinesThatTextsNameAreFound() {
        let found = Suspicion.places(in: [
            "OMSActor/Booking.swift:42: Fatal error: Index out of range",
            "3 0x1 in place() at /src/Sources/Rules/Orders/Order.swift:7:13", "see (Order.swift:7) and Order.swift:7",
            "at 10:22:33 .swift:4 Order.swift: Order.swift:x Order.swift:0 order.txt:3",
        ])
        #expect(
            found == [
                SourcePlace("OMSActor/Booking.swift", 42), SourcePlace("/src/Sources/Rules/Orders/Order.swift", 7),
                SourcePlace("Order.swift", 7),
            ])
    }

    @Test func aNameMeansOnePathOrNone() {
        let paths = ["Sources/OMSActor/main.swift", "Sources/Broker/main.swift", "Sources/Rules/Orders/Order.swift"]
        #expect(Suspicion.path(of: SourcePlace("Order.swift", 1), among: paths) == paths[2])
        #expect(Suspicion.path(of: SourcePlace("Broker/main.swift", 1), among: paths) == paths[1])
        #expect(Suspicion.path(of: SourcePlace("/x/Sources/OMSActor/main.swift", 1), among: paths) == paths[0])
        #expect(Suspicion.path(of: SourcePlace("main.swift", 1), among: paths) == nil)
        #expect(Suspicion.path(of: SourcePlace("Other.swift", 1), among: paths) == nil)
        let deeper = ["Sources/Store/Doors/Door.swift", "Sources/Web/Door.swift"]
        #expect(Suspicion.path(of: SourcePlace("Store/Door.swift", 1), among: deeper) == deeper[0])
    }

    static func fact(_ commit: String, at: Int64 = 0) -> ForgeFact {
        ForgeFact(
            commit: commit, kind: .code, at: at, author: "ann", title: commit, touched: [], roles: [], diff: "d",
            state: Digest(of: []), stateAfter: Digest(of: []))
    }

    @Test func suspicionGrowsWithEveryHintAndSaysWhy() {
        let facts = ["a", "b", "c", "d"].map { Self.fact($0) } + [Self.fact("late", at: .seconds(100))]
        let lines = [
            BlamedLine(SourcePlace("A.swift", 1), commit: "a"), BlamedLine(SourcePlace("B.swift", 2), commit: "b"),
        ]
        let found = Suspicion.weighed(facts, named: ["late"], lines: lines, bisected: ["a"], onset: 0)
        #expect(found.map(\.commit) == facts.map(\.commit))
        #expect(found[0].suspicion > 0.97 && found[0].suspicion < 1)
        #expect(found[0].reason == "the search found it, and it last changed A.swift:1")
        #expect(found[1].suspicion > 0.5 && found[1].suspicion < found[0].suspicion)
        #expect(found[2].suspicion == 0 && found[2].reason == nil)
        #expect(found[4].suspicion == 0)
    }

    /// The commit that a plan would take back.
    static func reverted(_ suspicions: [Double], category: String = "Code_Bug") -> String? {
        let facts = suspicions.enumerated().map { number, suspicion in
            var fact = fact("commit \(number)")
            fact.suspicion = suspicion
            return fact
        }
        let runbook = Runbook(
            name: "back", about: "It is put back.", when: .init(categories: [category], change: .code),
            steps: [.init(.codeRevert, door: "forge", target: "$culprit", inverse: .revert, text: "back")])
        let best = Diagnosis.Hypothesis(
            node: "orders", category: category, score: 1, confidence: 0.9, supporting: [], opposing: [])
        let question = PlanQuestion(
            step: "s", incident: "I-1", generation: 1, diagnosis: Diagnosis(suspects: [], hypotheses: [best], onset: 0))
        let world = PlanningWorld(roles: [], commits: facts, now: .seconds(100))
        return Planning.offers(question, [runbook], world).first?.plan.steps.first?.order.arguments.first?.value
    }

    @Test func aPlanTakesTheMostSuspectedCommitBackAndTheLatestWhereNoneIs() {
        #expect(Self.reverted([0, 0.2, 0.8, 0.8]) == "commit 2")
        #expect(Self.reverted([0, 0, 0]) == "commit 0")
        // What the lines of the code say is no matter where the code is not at fault.
        #expect(Self.reverted([0, 0.9], category: "Config_Error") == "commit 0")
    }
}
