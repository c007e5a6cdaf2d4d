import Glibc
import Testing

@testable import Contracts

/// SplitMix64: the same inputs in every run and on every machine.
private struct Chance: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct GeneratedContractsTests {
    private struct Sample: Codable {
        var name = "orders@local.1"
        var counts = [1, 70_000, -5]
        var ratio = 0.5
        var bytes: [UInt8] = [1, 2, 3]
        var inner = ["key": [true, false]]
        var maybe: String? = "x"
    }
    private static var count: Int {
        getenv("KINTSUGI_GENERATED_INPUTS").flatMap { Int(String(cString: $0)) } ?? 20_000
    }

    private func mutated(_ good: [UInt8], _ chance: inout Chance) -> [UInt8] {
        if Int.random(in: 0..<5, using: &chance) == 0 {
            return (0..<Int.random(in: 0...64, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) }
        }
        var bytes = good
        for _ in 0..<Int.random(in: 1...4, using: &chance) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &chance)
            switch Int.random(in: 0..<4, using: &chance) {
            case 0...1: bytes[place] = UInt8.random(in: 0...255, using: &chance)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 3))
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 9)], at: place)
            }
        }
        return bytes
    }

    @Test("any bytes are read or refused, and what is readable is readable as JSON and back")
    func packedGenerated() throws {
        var chance = Chance(state: 31)
        let good = try Packed.encode(Sample())
        var read = 0
        for _ in 0..<Self.count {
            let bytes = mutated(good, &chance)
            if (try? Packed.decode(Sample.self, from: bytes)) != nil { read += 1 }
            guard let text = try? JSONText.unpack(bytes) else { continue }
            #expect((try? JSONText.pack(text)) != nil, "\(bytes)")
        }
        #expect(read > 0 && read < Self.count)
    }

    @Test("any text is read or refused as JSON, and what is read is written again")
    func textGenerated() throws {
        var chance = Chance(state: 37)
        let good = try JSONText.unpack(Packed.encode(Sample()))
        var read = 0
        for _ in 0..<Self.count {
            guard let packed = try? JSONText.pack(mutated(good, &chance)) else { continue }
            read += 1
            #expect((try? JSONText.unpack(packed)) != nil, "\(packed)")
        }
        #expect(read > 0 && read < Self.count)
    }
}
