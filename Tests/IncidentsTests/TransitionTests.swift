import Contracts
import Incidents
import Testing

/// Every event at every place: what is written here happens, and what is not written changes nothing.
@Suite struct TransitionTests {
    /// Events by the names that the table uses, each as the answer to the step in hand where it is an answer.
    static let events: [(name: String, make: @Sendable (Story) -> IncidentEvent)] = [
        ("urgent", { _ in .alerts(Story.standing(priority: 1)) }),
        ("quiet", { _ in .alerts(Story.standing(firing: 0)) }),
        ("noted", { _ in .noted("an agent was slow") }),
        ("claim", { _ in .claimed(holder: "triage@local.2") }),
        ("sure", { .evidence(step: $0.step, Story.evidence(0.9)) }),
        ("unsure", { .evidence(step: $0.step, Story.evidence(0.4)) }),
        ("nothing", { .evidence(step: $0.step, Story.evidence(0)) }),
        ("plans", { .offers(step: $0.step, [$0.offer("another", target: "inventory")], text: "") }),
        ("noPlan", { .offers(step: $0.step, [], text: "no runbook is about it") }),
        (
            "oldPlan",
            { story in
                var offer = story.offer("of yesterday", target: "inventory")
                offer.plan.generation = 0
                return .offers(step: story.step, [offer], text: "")
            }
        ),
        ("auto", { .verdict(step: $0.step, $0.verdict(.auto)) }),
        ("approve", { .verdict(step: $0.step, $0.verdict(.approve)) }),
        ("deny", { .verdict(step: $0.step, $0.verdict(.deny)) }),
        ("notNow", { .verdict(step: $0.step, $0.verdict(.deny, autoFrom: $0.now + .seconds(60))) }),
        ("asking", { .approval(step: $0.step, ApprovalStanding(.waiting, missing: 1)) }),
        ("granted", { .approval(step: $0.step, ApprovalStanding(.granted, people: ["kim"])) }),
        ("rejects", { .approval(step: $0.step, ApprovalStanding(.rejected, people: ["kim"], feedback: "no")) }),
        ("void", { .approval(step: $0.step, ApprovalStanding(.void, text: "the state moved")) }),
        ("expired", { .approval(step: $0.step, ApprovalStanding(.expired)) }),
        ("forbidden", { .approval(step: $0.step, ApprovalStanding(.denied)) }),
        ("done", { .executed(step: $0.step, $0.report(.done)) }),
        ("refusedThere", { .executed(step: $0.step, $0.report(.refused)) }),
        ("undone", { .executed(step: $0.step, $0.report(.undone)) }),
        ("stuck", { .executed(step: $0.step, $0.report(.stuck)) }),
        ("holds", { .verified(step: $0.step, $0.verification(.holds)) }),
        ("fails", { .verified(step: $0.step, $0.verification(.fails)) }),
        ("unknown", { .verified(step: $0.step, $0.verification(.unknown)) }),
        ("will not", { .refused(step: $0.step, text: "not I") }),
        ("comment", { _ in .command(IncidentCommand(.comment("hm"), person: "kim")) }),
        ("know", { _ in .command(IncidentCommand(.acknowledge, person: "kim")) }),
        ("escalate", { _ in .command(IncidentCommand(.escalate, person: "kim")) }),
        ("take", { _ in .command(IncidentCommand(.take, person: "kim")) }),
        ("noise", { _ in .command(IncidentCommand(.suppress, person: "kim")) }),
        ("mended", { _ in .command(IncidentCommand(.resolve, person: "kim")) }),
        ("give up", { _ in .command(IncidentCommand(.fail, person: "kim")) }),
        ("retry", { _ in .command(IncidentCommand(.retry, person: "kim", text: "look at the carrier")) }),
        ("score", { _ in .command(IncidentCommand(.score(5), person: "kim")) }),
    ]

    /// What a person can ask for in every place without an end, when nothing is in hand that takes effect.
    private static let free =
        "escalate=escalated take=escalated noise=suppressed mended=resolved give up=failed retry=! comment=same know=same"
    /// The same while something may be taking effect: it is halted or awaited first.
    private static let acting =
        "escalate=same take=same noise=same mended=same give up=same retry=! comment=same know=same"
    private static let over = "escalate=! take=! noise=! mended=! give up=! retry=! comment=same know=!"
    private static let heard = "urgent=same quiet=same claim=same noted=same"

    /// Event=stage; `same` where the stage stays, `!` where it is refused. Everything else changes nothing.
    static let table: [Story.Place: String] = [
        .open: "\(heard) \(free) score=!",
        .looking: "\(heard) \(free) score=! sure=diagnosed unsure=same nothing=same will not=escalated",
        .resting: "\(heard) \(free) score=same",
        .diagnosed: "\(heard) \(free) score=same plans=planned noPlan=escalated oldPlan=escalated will not=escalated",
        .planned:
            "\(heard) \(free) score=same auto=executing approve=awaiting_approval deny=escalated notNow=same will not=escalated",
        .waiting: "\(heard) \(free) score=same",
        .awaiting:
            "\(heard) \(free) score=same granted=executing rejects=rejected void=diagnosed expired=escalated "
            + "forbidden=escalated will not=diagnosed",
        .executing:
            "\(heard) \(acting) score=same done=verifying refusedThere=diagnosed undone=rolled_back stuck=escalated "
            + "will not=diagnosed",
        .halting:
            "\(heard) \(acting) score=same done=verifying refusedThere=diagnosed undone=rolled_back stuck=escalated "
            + "will not=escalated",
        .verifying: "\(heard) \(free) score=same holds=resolved fails=undoing will not=escalated",
        .undoing:
            "\(heard) \(acting) score=same done=escalated refusedThere=rolled_back undone=rolled_back stuck=escalated "
            + "will not=escalated",
        .rejected: "\(heard) \(free) score=same",
        .rolledBack: "\(heard) \(free) score=same",
        .resolved: "\(over) score=same",
        .suppressed: "\(over) score=!",
        .failed: "\(over) score=!",
        .escalated: "\(heard) \(free) score=!".replacing("retry=!", with: "retry=investigating"),
    ]

    @Test(arguments: Story.Place.allCases)
    func everyEventDoesWhatTheTableSays(place: Story.Place) throws {
        let wanted = Self.wanted(place)
        for (name, make) in Self.events {
            var story = try Story.at(place)
            let before = story.incident.stage
            let found: String
            do {
                let event = make(story)
                found = try story.take(event) ? story.incident.stage.rawValue : "-"
            } catch { found = "!" }
            var expected = wanted[name] ?? "-"
            if expected == "same" { expected = before.rawValue }
            #expect(found == expected, "\(name) at \(place.rawValue)")
        }
        #expect(wanted.keys.allSatisfy { name in Self.events.contains { $0.name == name } })
    }

    private static func wanted(_ place: Story.Place) -> [String: String] {
        var found: [String: String] = [:]
        var name = ""
        for word in (table[place] ?? "").split(separator: " ") {
            name += (name.isEmpty ? "" : " ") + word
            guard let mark = name.lastIndex(of: "=") else { continue }
            found[String(name[..<mark])] = String(name[name.index(after: mark)...])
            name = ""
        }
        return found
    }

    @Test(arguments: Story.Place.allCases)
    func anAnswerToAnotherStepChangesNothing(place: Story.Place) throws {
        let answers = Self.events.filter { Self.isAnswer($0.make) }
        #expect(answers.count == 24)
        for (name, make) in answers {
            var story = try Story.at(place)
            let kept = story.incident
            // The answer is to the step in hand of another time.
            var other = story
            other.incident.step?.id = "I-1/999"
            let event = make(other)
            guard story.incident.step != nil else { continue }
            #expect(try story.take(event) == false, "\(name) at \(place.rawValue)")
            #expect(story.incident == kept)
        }
    }

    private static func isAnswer(_ make: (Story) -> IncidentEvent) -> Bool {
        switch make(Story()) {
        case .evidence, .offers, .verdict, .approval, .executed, .verified, .refused: true
        case .opened, .alerts, .noted, .tick, .claimed, .command: false
        }
    }

    @Test(arguments: Story.Place.allCases)
    func aSecondOpeningIsRefused(place: Story.Place) throws {
        var story = try Story.at(place)
        #expect(throws: LifecycleRefusal.openedAlready) { try story.take(.opened(Story.opening)) }
    }

    /// At each deadline the incident goes on with what it has.
    @Test(arguments: [
        (Story.Place.open, "investigating"), (.looking, "suppressed"), (.resting, "investigating"),
        (.diagnosed, "escalated"), (.planned, "escalated"), (.waiting, "planned"), (.awaiting, "escalated"),
        (.executing, "executing"), (.halting, "escalated"), (.verifying, "escalated"), (.undoing, "escalated"),
        (.rejected, "investigating"), (.rolledBack, "investigating"), (.escalated, "failed"),
    ])
    func atTheDeadlineItGoesOn(place: Story.Place, stage: String) throws {
        var story = try Story.at(place)
        // A warning that shows in nothing is noise; what hurts users is not.
        if place == .looking { try story.take(.alerts(Story.standing(severity: .warning))) }
        let due = try #require(story.lifecycle.due(story.incident))
        var early = story
        #expect(try early.take(.tick, after: Double(due - story.now) / 1e9 - 0.001) == false || due <= story.now)
        try story.wait()
        #expect(story.incident.stage.rawValue == stage)
    }

    @Test(arguments: [Story.Place.resolved, .suppressed, .failed])
    func nothingIsDueAfterTheEnd(place: Story.Place) throws {
        let story = try Story.at(place)
        #expect(story.lifecycle.due(story.incident) == nil)
        #expect(story.incident.ended != nil)
    }

    @Test func `what is only odd beside what hurt keeps no incident open`() throws {
        var story = Story()
        var standing = Story.standing(firing: 3)
        standing.hurting = 0
        try story.take(.alerts(standing))
        #expect(story.incident.quietSince == story.now)
        standing.hurting = 1
        try story.take(.alerts(standing))
        #expect(story.incident.quietSince == nil)
        // Where nobody says which of them hurt, all do.
        standing.hurting = nil
        try story.take(.alerts(standing))
        #expect(story.incident.quietSince == nil)
    }

    @Test func `while it shows whether a change that was taken back was it, nothing is planned`() throws {
        var story = Story()
        try story.take(.tick, after: 0)
        while story.incident.step?.errand != .evidence { try story.wait() }
        var input = Story.evidence(0.95)
        func change(_ kind: ChangeNotice.Kind, _ at: Int64, commit: String = "c1") -> ChangeNotice {
            ChangeNotice(id: "\(kind) \(at)", kind: kind, nodes: [], text: "", commit: commit, author: "ann", at: at)
        }
        input.evidence.changes = [
            change(.configuration, story.now - .seconds(9)), change(.action, story.now - .seconds(2)),
        ]
        try story.take(.evidence(step: story.step, input))
        #expect(story.incident.stage == .investigating && story.incident.step?.errand == .pause)
        let calm = story.lifecycle.terms.calm
        let due = try #require(story.incident.step?.deadline)
        #expect(due <= story.now + calm && due >= story.now + calm - .seconds(3))
        // Nothing hurts any more: that was it.
        try story.take(.alerts(Story.standing(firing: 0)))
        while !story.incident.stage.isEnd { try story.wait() }
        #expect(story.incident.stage == .resolved && story.incident.actions == 0)
    }

    @Test func `what was undone long ago, or is another change's, is no reason to wait`() throws {
        for (kind, commit, ago) in [
            (ChangeNotice.Kind.action, "c1", 3_600.0), (.action, "c2", 2), (.configuration, "c1", 2),
        ] {
            var story = Story()
            try story.take(.tick, after: 0)
            while story.incident.step?.errand != .evidence { try story.wait() }
            var input = Story.evidence(0.95)
            input.evidence.changes = [
                ChangeNotice(
                    id: "a", kind: .configuration, nodes: [], text: "", commit: "c1", author: "ann",
                    at: story.now - .seconds(4_000)),
                ChangeNotice(
                    id: "b", kind: kind, nodes: [], text: "", commit: commit, author: "ann",
                    at: story.now - Int64(ago * 1e9)),
            ]
            try story.take(.evidence(step: story.step, input))
            #expect(story.incident.stage == .diagnosed)
        }
    }
}
