import Testing

@testable import Contracts

@Suite struct SmallTypesTests {
    @Test(
        "a slot's name has one spelling",
        arguments: [
            ("orders@local.1", true), ("orders@host.name.12", true), ("a-b2@h.9999", true), ("orders@local.0", false),
            ("orders@local.01", false), ("orders@local.+1", false), ("orders@local.10000", false),
            ("orders@local", false),
            ("orders.1", false), ("Orders@local.1", false), ("-orders@local.1", false), ("@local.1", false),
            ("orders@.1", false), ("orders@-h.1", false), ("", false), ("orders@local.", false),
            ("ordérs@local.1", false),
        ])
    func names(_ text: String, _ isGood: Bool) {
        #expect((SlotName(text) != nil) == isGood)
        #expect(SlotName(text).map { "\($0)" } ?? text == text)
    }

    @Test("a slot's name travels as text, and a bad one is refused with an example")
    func namesTravel() throws {
        let name = try #require(SlotName("orders@local.2"))
        #expect(try Packed.decode(SlotName.self, from: Packed.encode(name)) == name)
        #expect(throws: DecodingError.self) { try Packed.decode(SlotName.self, from: Packed.encode("orders")) }
        #expect(try #require(SlotName("orders@local.10")) > name)
    }

    @Test("time does not overflow, and never is never")
    func moments() {
        let moment = Moment(nanoseconds: 5)
        #expect(moment.adding(-9) == moment && moment.adding(3).nanoseconds == 8)
        #expect(Moment.never.adding(.seconds(1)) == .never && moment.adding(.max).nanoseconds == 5 + UInt64(Int64.max))
        #expect(Moment.never.nanoseconds(since: .zero) == .max && Moment.zero.nanoseconds(since: .never) == -.max)
        #expect(Moment.zero.since(moment) == .zero && moment.since(.zero) == .nanoseconds(5))
        #expect(moment + .milliseconds(-1) == moment && moment + .nanoseconds(2) == Moment(nanoseconds: 7))
    }

    @Test("durations beyond 64 bits of nanoseconds are cut")
    func durations() {
        #expect(Duration.seconds(1).wholeNanoseconds == 1_000_000_000)
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.seconds(-Int64.max).wholeNanoseconds == .min)
        #expect(Duration.milliseconds(1_500).inSeconds == 1.5)
    }

    @Test("an exit is told as a person would say it")
    func exits() {
        #expect("\(ProcessExit.code(78))" == "exited with code 78")
        #expect("\(ProcessExit.signal(11, core: true))" == "killed by signal 11 (SEGV), core dumped")
        #expect("\(ProcessExit.signal(40, core: false))" == "killed by signal 40")
        #expect(ProcessExit.signal(named: "SIGKILL") == 9 && ProcessExit.signal(named: "term") == 15)
        #expect(ProcessExit.signal(named: "0") == nil && ProcessExit.signal(named: "nothing") == nil)
    }

    @Test("what an operator asks and is answered survives the way there and back")
    func control() throws {
        var slot = SlotStatus(role: "orders", slot: 1, name: "orders@local.1", state: "ready")
        slot.memoryBytes = 1 << 40
        let answers: [ControlAnswer] = [
            .done(note: "done"), .refused(reason: "no"),
            .status(ClusterStatus(data: "d", guardian: 1, uptimeSeconds: 0.5, slots: [slot])),
        ]
        #expect(try Packed.decode([ControlAnswer].self, from: Packed.encode(answers)) == answers)
        let requests: [ControlRequest] = [
            .status, .restart(role: "r", slot: nil, rolling: true), .scale(role: "r", count: 3), .shutdown,
        ]
        #expect(
            try Packed.decode([ControlRequest].self, from: JSONText.pack(JSONText.unpack(Packed.encode(requests))))
                == requests)
    }
}
