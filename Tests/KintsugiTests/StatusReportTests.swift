import Contracts
import Testing

@testable import kintsugi

@Suite struct StatusReportTests {
    private var status: ClusterStatus {
        var ready = SlotStatus(role: "orders", slot: 1, name: "orders@local.1", state: "ready")
        ready.pid = 4_711
        ready.uptimeSeconds = 7_530
        ready.restarts = 2
        ready.lastReason = "killed by signal 9 (KILL) from outside"
        ready.processorPercent = 12.34
        ready.memoryBytes = 43_200_000
        ready.memoryLimitBytes = 64 << 20
        ready.queued = 0
        ready.inFlight = 17
        let failed = SlotStatus(role: "risk", slot: 10, name: "risk@local.10", state: "failed")
        return ClusterStatus(data: "/srv/one", guardian: 4_700, uptimeSeconds: 93_600, slots: [ready, failed])
    }

    @Test("the table lines up, and says with a sentence what matters")
    func table() {
        #expect(
            StatusReport(status: status, paint: .none).render() == """
                The cluster in /srv/one has been up for 1 d 2 h; 1 of its 2 processes is ready. Given up for now: risk.

                ROLE    SLOT   PID  STATE   UPTIME     RESTARTS     CPU                MEMORY  QUEUE  IN FLIGHT  LAST START
                orders     1  4711  ready   2 h 5 min         2  12.3 %  41.2 MiB of 64.0 MiB      0         17  killed by signal 9 (KILL) from outside
                risk      10     –  failed  –                 0       –                     –      –          –  –

                """)
    }

    @Test("colours mark the states, and only where they are wanted")
    func colours() {
        let text = StatusReport(status: status, paint: Paint(colours: true)).render()
        #expect(text.contains("\u{1B}[32mready \u{1B}[0m") && text.contains("\u{1B}[31mfailed\u{1B}[0m"))
        #expect(!StatusReport(status: status, paint: .none).render().contains("\u{1B}"))
    }

    @Test("a cluster of one and an empty one read well")
    func few() {
        var status = status
        status.slots = Array(status.slots.prefix(1))
        #expect(
            StatusReport(status: status, paint: .none).render().contains(
                "up for 1 d 2 h; all of its 1 worker are ready") == false)
        #expect(
            StatusReport(status: status, paint: .none).render().contains("up for 1 d 2 h; its only process is ready."))
        status.slots = []
        #expect(StatusReport(status: status, paint: .none).render().contains("it has no processes."))
    }

    @Test("what a process says about its end cannot command the terminal")
    func hostile() {
        var status = status
        status.slots[0].lastReason = "\u{1B}]0;owned\u{7}"
        #expect(!StatusReport(status: status, paint: .none).render().contains("\u{1B}"))
    }

    @Test(
        "durations read aloud",
        arguments: [
            (0, "0 s"), (59.9, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3_600, "1 h"), (273_600, "3 d 4 h"),
        ])
    func durations(seconds: Double, text: String) {
        #expect(Quantities.duration(seconds) == text)
    }

    @Test("amounts of memory read aloud, and nonsense does not trap")
    func amounts() {
        #expect(Quantities.bytes(812) == "812 B" && Quantities.bytes(43_200_000) == "41.2 MiB")
        #expect(Quantities.bytes(-1) == "0 B" && Quantities.bytes(.max).hasSuffix("TiB"))
        #expect(Quantities.duration(.nan) == "0 s" && Quantities.duration(.infinity) == "0 s")
        #expect(Quantities.percent(.nan) == "? %")
    }
}
