import Contracts
import Diagnosing
import Testing

@Suite struct DiagnosingTests {
    private static let minute = Int64.seconds(60)

    /// Ten minutes of calm, and one in which `node` fails.
    private static func evidence(_ node: String, changes: [ChangeNotice] = []) -> Evidence {
        let start = Int64.seconds(1_900_000_000)
        var evidence = Evidence(scope: EvidenceScope(from: start), from: start, until: start + 11 * minute)
        for name in ["orders", "inventory", "carrier"] {
            for (metric, calm, bad) in [("http.errors", 0.0, 25.0), ("http.duration", 0.02, 0.9)] {
                let values = (0..<66).map { step -> Double? in
                    let wave = 0.002 * Double((step * 7) % 5)
                    return step >= 60 && name == node ? bad + wave : calm + wave
                }
                evidence.series.append(
                    EvidenceSeries(node: name, metric: metric, unit: "", start: start, step: 10, points: values))
            }
        }
        evidence.onset = start + 10 * minute
        evidence.changes = changes
        return evidence
    }

    private static func change(_ id: String, _ node: String, at minutes: Double) -> ChangeNotice {
        ChangeNotice(
            id: id, kind: .configuration, nodes: [node], text: "time-out 1 ms", author: "kim",
            at: .seconds(1_900_000_000) + Int64(minutes * 60e9))
    }

    @Test("the same input gives the same diagnosis, to the last bit")
    func itIsAFunction() throws {
        let input = DiagnosisInput(evidence: Self.evidence("orders", changes: [Self.change("c1", "orders", at: 9.9)]))
        let first = Diagnosing.diagnose(input)
        #expect(try Packed.encode(Diagnosing.diagnose(input)) == Packed.encode(first))
        let travelled = try Packed.decode(DiagnosisInput.self, from: Packed.encode(input))
        #expect(Diagnosing.diagnose(travelled) == first)
    }

    @Test("who fails is the first suspect, its shares add up, and the change before it is blamed")
    func itBlames() throws {
        let changes = [Self.change("c0", "inventory", at: 9.9), Self.change("c1", "orders", at: 9.9)]
        let diagnosis = Diagnosing.diagnose(DiagnosisInput(evidence: Self.evidence("orders", changes: changes)))
        let suspect = try #require(diagnosis.suspects.first)
        #expect(suspect.node == "orders")
        #expect(abs(suspect.shares.reduce(0) { $0 + $1.points } - suspect.score) < 1e-9)
        let best = try #require(diagnosis.hypotheses.first)
        #expect(best.node == "orders")
        let blamed = diagnosis.hypotheses.first { $0.category == "Config_Error" && $0.node == "orders" }
        #expect(blamed?.change?.id == "c1")
        #expect(diagnosis.hypotheses.reduce(0) { $0 + $1.confidence } <= 1.000_001)
    }

    @Test("nothing wrong is nothing found")
    func calmIsQuiet() {
        let diagnosis = Diagnosing.diagnose(DiagnosisInput(evidence: Self.evidence("nobody")))
        #expect(diagnosis.isQuiet)
        #expect(diagnosis.rawConfidence == 0)
    }

    @Test("the record moves the confidence: what was often wrong is believed less, and the counts are said")
    func theRecordCounts() throws {
        let evidence = Self.evidence("orders", changes: [Self.change("c1", "orders", at: 9.9)])
        let plain = Diagnosing.diagnose(DiagnosisInput(evidence: evidence))
        let category = try #require(plain.hypotheses.first?.category)
        func believed(right: Int, of count: Int) -> Diagnosis {
            var table = CalibrationTable()
            var entry = CategoryCalibration(category: category)
            entry.cells = (0..<20).map { twentieth in
                var cell = CalibrationCell(twentieth: twentieth)
                (cell.count, cell.right) = (count, right)
                return cell
            }
            table.categories = [entry]
            return Diagnosing.diagnose(DiagnosisInput(evidence: evidence, calibration: table))
        }
        let good = believed(right: 19, of: 20)
        let bad = believed(right: 2, of: 20)
        let confidence = { (diagnosis: Diagnosis) in diagnosis.hypotheses.first?.confidence ?? 0 }
        #expect(confidence(good) > 0.85)
        #expect(confidence(bad) < 0.2)
        #expect(bad.confidenceText.contains("of 20 diagnoses"))
        #expect(plain.confidenceText.contains("no diagnosis of \(category)"))
    }

    @Test("an earlier incident that looked the same raises what was right and lowers what was wrong, with the numbers")
    func thePastCounts() throws {
        let evidence = Self.evidence("orders")
        let plain = Diagnosing.diagnose(DiagnosisInput(evidence: evidence))
        func score(_ wasRight: Bool) throws -> Double {
            let past = PastSignature(
                signature: plain.signature,
                outcome: PastOutcome(
                    incident: "I-1", similarity: 1, node: "orders", category: "Code_Bug", wasRight: wasRight, at: 1))
            let diagnosis = Diagnosing.diagnose(DiagnosisInput(evidence: evidence, past: [past]))
            #expect(diagnosis.similar.first?.incident == "I-1")
            #expect((diagnosis.similar.first?.similarity ?? 0) > 0.99)
            return try #require(diagnosis.suspects.first { $0.node == "orders" }?.score)
        }
        let without = try #require(plain.suspects.first { $0.node == "orders" }?.score)
        #expect(try score(true) > without)
        #expect(try score(false) < without)
    }

    @Test("likeness is 1 for the same, 0 for strangers, and in between for relatives")
    func likeness() {
        let one = [SignatureTerm("a", 1), SignatureTerm("b", 0.5)]
        #expect(abs(Diagnosing.cosine(one, one) - 1) < 1e-12)
        #expect(Diagnosing.cosine(one, [SignatureTerm("c", 1)]) == 0)
        #expect(Diagnosing.cosine(one, []) == 0)
        let relative = Diagnosing.cosine(one, [SignatureTerm("b", 1), SignatureTerm("a", 1)])
        #expect(relative > 0.5 && relative < 1)
    }
}
