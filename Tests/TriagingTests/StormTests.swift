import Alerting
import Contracts
import Insight
import Testing

@testable import Triaging

@Suite("Storms") struct StormTests {
    @Test("A hundred thousand alerts of one cause within a minute are one incident, with bounded memory")
    func storm() {
        var desk = Desk()
        var most = (count: 0, bytes: 0)
        let long = String(repeating: "x", count: 500)
        for number in 0..<100_000 {
            let seconds = Int64(number / 1_700)
            let one = alert(
                "pod \(number)", number % 3 == 0 ? .critical : .warning, node: number % 2 == 0 ? "orders" : "inventory",
                began: seconds, name: "rule \(number % 40)", labels: [SignalLabel("pod", "\(number) \(long)")])
            // Records are the owner's matter; only the book is looked at.
            let decision = desk.book.take(one, now: at(seconds))
            if case .opens(let opening) = decision.meaning {
                desk.opened.append(opening)
                _ = desk.book.assign(opening.opening, incident: "I\(opening.opening)")
            }
            most = (max(most.count, desk.book.count), max(most.bytes, desk.book.bytes))
        }
        let limits = AlertSettings().limits
        #expect(desk.opened.count == 1)
        #expect(most.count <= limits.alerts && most.bytes <= limits.bytes)
        let incident = desk.book.incidents.first
        #expect(incident.map { $0.alerts > 99_000 } == true && incident?.samples.count == limits.samples)
        #expect(desk.book.forgotten == 100_000 - desk.book.count)
    }

    @Test("Alerts of ever other places and names, and ever new episodes, stay within the bounds")
    func breadth() {
        var settings = AlertSettings()
        settings.limits.alerts = 500
        settings.limits.bytes = 200_000
        var book = AlertBook(settings, calls: shopCalls)
        for number in 0..<30_000 as Range<Int64> {
            let one = alert(
                "f\(number % 3_000)", number % 5 == 0 ? .warning : .notice, node: "n\(number % 700)", began: number,
                ended: number % 4 == 0 ? number : nil, name: "r\(number)")
            let decision = book.take(one, now: at(number))
            if case .opens(let opening) = decision.meaning { _ = book.assign(opening.opening, incident: "I\(number)") }
            if number % 50 == 0 {
                for incident in book.incidents { book.incidentEnded(incident.incident.id ?? "", now: at(number)) }
                _ = book.tick(now: at(number))
            }
            #expect(book.count <= 500)
            #expect(book.bytes <= 200_000)
        }
        #expect(book.watched.count <= settings.limits.watched + 1 && book.held.count <= 2 * settings.limits.watched)
        #expect(book.fingerprintByNumber.count <= 8_192 && book.ends.count <= 4_000 && book.all.count <= 4_000)
        #expect(book.inhibiting.isEmpty)
    }

    @Test("The incident goes on when those of its alerts that are forgotten end unheard")
    func forgottenEnds() {
        var settings = AlertSettings()
        settings.limits.alerts = 50
        settings.limits.samples = 5
        var desk = Desk(settings)
        for number in 0..<200 { desk.take(alert("f\(number)", began: 0), 1) }
        #expect(desk.opened.count == 1 && desk.book.count == 50)
        for number in 0..<200 { desk.take(alert("f\(number)", began: 0, ended: 10), 11) }
        #expect(desk.opened.count == 1 && desk.book.incidents.first?.firing == 0)
    }
}

@Suite("After a death") struct RestoringTests {
    private func event(_ number: Int, _ seconds: Int64, _ chance: inout Chance) -> RaisedAlert {
        let kinds: [(FindingKind, FindingSeverity)] = [
            (.anomaly, .notice), (.failing, .critical), (.messageRate, .warning), (.deadProcess, .notice),
            (.ownWork, .warning), (.objectiveBurning, .warning),
        ]
        let (kind, severity) = kinds[chance.below(kinds.count)]
        let node = kind == .ownWork ? "telemetry" : ["orders", "inventory", "carrier"][chance.below(3)]
        let ended: Int64? = chance.below(3) == 0 ? seconds : nil
        return finding(
            kind, severity, node: node, subject: "s\(chance.below(3))", began: seconds - seconds % 200, ended: ended)
    }

    @Test(
        "A book made again from what was kept knows the same episodes and incidents, and opens the same",
        arguments: 1...20)
    func restoring(_ seed: Int) {
        var chance = Chance(seed)
        var desk = Desk()
        for number in 0..<60 {
            let seconds = Int64(number) * 7
            desk.take(event(number, seconds, &chance), seconds)
            if number % 25 == 24, let first = desk.openIncidents.first { desk.end(first, seconds) }
        }
        var other = desk.restored()
        #expect(other.book.incidents.map(\.incident.id) == desk.book.incidents.map(\.incident.id))
        #expect(other.book.incidents.map(\.firing) == desk.book.incidents.map(\.firing))
        #expect(other.book.incidents.map(\.impact) == desk.book.incidents.map(\.impact))
        for record in desk.records.values {
            let (mine, its) = (
                desk.book.record(of: record.alert.fingerprint), other.book.record(of: record.alert.fingerprint)
            )
            #expect(mine?.receipt == its?.receipt && mine?.alert == its?.alert && mine?.deliveries == its?.deliveries)
        }
        // What it heard before is not new.
        for fingerprint in desk.records.values.map(\.alert.fingerprint).sorted() {
            guard let record = desk.book.record(of: fingerprint) else { continue }
            let decision = other.take(record.alert, 500)
            #expect(!decision.meaning.isOpening || record.receipt.disposition == .suppressed, "\(fingerprint)")
        }
    }

    @Test("The same records in any order make books that decide the same")
    func order() {
        var chance = Chance(3)
        var desk = Desk()
        for number in 0..<80 { desk.take(event(number, Int64(number) * 5, &chance), Int64(number) * 5) }
        var one = desk.restored()
        var two = desk.restored()
        for number in 0..<80 {
            let next = event(number, 500 + Int64(number) * 5, &chance)
            let seconds = 500 + Int64(number) * 5
            #expect(one.take(next, seconds) == two.take(next, seconds))
        }
    }

    @Test("After a death an incident of the agents' own that has just ended still makes the next one wait")
    func ownPause() {
        var desk = Desk()
        desk.take(finding(.givenUp, .critical, node: "comms", began: 0), 0)
        desk.end("I1", 60)
        var other = desk.restored()
        #expect(other.take(finding(.givenUp, .critical, node: "risk", began: 100), 100).receipt.disposition == .watched)
        #expect(other.take(finding(.givenUp, .critical, node: "triage", began: 700), 700).meaning.isOpening)
    }

    @Test("A new episode after a death and the incident's end still follows the earlier incident")
    func following() {
        var desk = Desk()
        desk.take(alert(), 0)
        desk.take(alert(ended: 60), 60)
        desk.end("I1", 90)
        var other = desk.restored()
        other.take(alert(began: 400), 400)
        #expect(other.opened.last?.follows == "I1" && other.opened.last?.opening == 2)
    }
}

/// Numbers that look like chance and are the same in every run.
struct Chance {
    var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ count: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(count))
    }
}
