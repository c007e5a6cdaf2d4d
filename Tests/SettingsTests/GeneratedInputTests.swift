import Glibc
import Testing

@testable import Settings

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

@Suite struct GeneratedInputTests {
    private static let good = """
        # a cluster
        strategy: one-for-one
        stop: 10s
        memory: 64MiB
        listen: 127.0.0.1:8081
        roles:
          - name: echo
            replicas: 2
            arguments: ["--text", 'it''s', "caf\\u00e9"]
          - {name: broker, replicas: 1, arguments: []}
        note: |
          two
          lines
        """
    private static let pieces: [String] = [
        ": ", "- ", "\n", "[", "]", "{", "}", "&a ", "*a", "!!str ", "---\n", "...\n", "? ", "|\n", ">-\n", "\"", "'",
        "#", "%YAML 1.1\n",
        "\t", "\u{0}", "\u{FEFF}", "\u{2028}", "\\x", "<<: ", "~", "99999999999999999999", "𝄞", "  ",
    ]

    private static func input(_ chance: inout Chance) -> [UInt8] {
        if Int.random(in: 0..<4, using: &chance) == 0 {
            return (0..<Int.random(in: 0...200, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) }
        }
        var bytes = Array(good.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &chance) {
            let place = Int.random(in: 0...bytes.count, using: &chance)
            switch Int.random(in: 0..<4, using: &chance) {
            case 0: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &chance) }
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0...12, using: &chance)))
            case 2:
                bytes.insert(
                    contentsOf: Array(pieces[Int.random(in: 0..<pieces.count, using: &chance)].utf8), at: place)
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 30)], at: place)
            }
        }
        return bytes
    }

    private static func read(_ bytes: [UInt8]) -> Bool {
        do {
            try Document(bytes: bytes, name: "generated").read { top in
                _ = top.value("strategy", .name, otherwise: "none")
                _ = top.value("stop", .duration(in: .zero ... .seconds(60)), otherwise: .zero)
                _ = top.value("memory", .size(in: 0...1 << 40), otherwise: 0)
                _ = top.optional("listen", .address)
                _ = top.optional("note", .matching("any text") { _ in true })
                _ = top.sections("roles", atMost: 8) { role in
                    _ = role.required("name", .name)
                    _ = role.required("replicas", .wholeNumber(in: 1...64))
                    _ = role.list("arguments", of: .text())
                }
            }
            return true
        } catch {
            return error.mistakes.isEmpty
        }
    }

    @Test("any input is either read or refused with a mistake, and never ends the process")
    func anyInput() {
        let count = getenv("KINTSUGI_GENERATED_INPUTS").flatMap { Int(String(cString: $0)) } ?? 20_000
        var chance = Chance(state: 20_251)
        var read = 0
        for _ in 0..<count {
            if Self.read(Self.input(&chance)) { read += 1 }
        }
        // Neither side may be empty, or the generator would prove nothing.
        #expect(read > count / 100 && read < count)
    }
}
