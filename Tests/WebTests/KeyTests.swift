import Contracts
import Settings
import Testing

@testable import Web

@Suite("Keys and rates") struct KeyTests {
    @Test("a revoked key opens nothing, whichever file has it, and the others go on")
    func revoked() throws {
        let (one, two) = (Keyring.makeKey(), Keyring.makeKey())
        func text(_ revoked: String) -> String {
            """
            version: 1
            keys:
              - {name: one, hash: "\(one.hash)"}
              - {name: two, hash: "\(two.hash)"}
            revoked:\(revoked)
            """
        }
        let all = try Keyring(Document(text: text(""), name: "keys.yaml"))
        #expect(all.caller(of: one.key)?.name == "one" && all.caller(of: two.key)?.name == "two")
        let rest = try Keyring(Document(text: text("\n  one: nobody uses it"), name: "keys.yaml"))
        #expect(rest.caller(of: one.key) == nil && rest.caller(of: two.key)?.name == "two")
        #expect(throws: ConfigurationError.self) { try Keyring(Document(text: text(" [one]"), name: "keys.yaml")) }
    }

    @Test("a bucket gives its burst at once and then its rate")
    func bucket() {
        var bucket = TokenBucket(perSecond: 10, burst: 3, at: .zero)
        #expect((0..<3).allSatisfy { _ in bucket.take(now: .zero) == nil })
        #expect(bucket.take(now: .zero) == .milliseconds(100))
        let later = Moment.zero + .milliseconds(60)
        #expect(bucket.take(now: later) == .milliseconds(40))
        #expect(bucket.take(now: .zero + .milliseconds(100)) == nil)
        #expect(bucket.take(now: .zero + .milliseconds(100)) == .milliseconds(100))
    }

    @Test("a bucket never holds more than its burst, and time that goes back gives nothing")
    func bounds() {
        var bucket = TokenBucket(perSecond: 1_000, burst: 2, at: .zero)
        let later = Moment.zero + .seconds(1_000_000)
        #expect(bucket.take(now: later) == nil)
        #expect(bucket.take(now: .zero) == nil)
        #expect(bucket.take(now: later) != nil)
    }

    @Test("Generated: in any span of time no more is given than burst and rate allow")
    func generatedBuckets() {
        var chance = Chance(seed: 21)
        for _ in 0..<max(20, generatedInputs / 100) {
            let (rate, burst) = (Int.random(in: 1...500, using: &chance), Int.random(in: 1...50, using: &chance))
            var bucket = TokenBucket(perSecond: rate, burst: burst, at: .zero)
            var now = Moment.zero
            var given = 0
            for _ in 0..<1_000 {
                now = now + .microseconds(Int64.random(in: 0...20_000, using: &chance))
                if bucket.take(now: now) == nil { given += 1 }
                let most = Double(burst) + Double(now.nanoseconds) / 1e9 * 1e9 / Double(1_000_000_000 / rate) + 0.001
                #expect(Double(given) <= most)
            }
        }
    }

    @Test("a key is found by its hash, and nothing else is")
    func keys() throws {
        let (key, hash) = Keyring.makeKey()
        #expect(key.utf8.count == 43 && hash.utf8.count == 64)
        let text = "version: 1\nkeys:\n  - {name: someone, hash: \(hash), roles: [a, b], rate: 5, burst: 9}\n"
        let ring = try Keyring(Document(text: text, name: "keys.yaml"))
        #expect(ring.place(of: Array(key.utf8)) == 0)
        #expect(ring.entries.first?.caller == Caller(name: "someone", roles: ["a", "b"]))
        for wrong in ["", key + "x", String(key.dropLast()), String(key.reversed()), hash] {
            #expect(ring.place(of: Array(wrong.utf8)) == nil)
        }
        #expect(Keyring.empty.place(of: Array(key.utf8)) == nil)
    }

    @Test("what is wrong with a file of keys is said with its line")
    func mistakes() throws {
        let hash = Keyring.makeKey().hash
        let text = """
            version: 1
            keys:
              - {name: one, hash: \(hash), roles: [a]}
              - {name: two, hash: short, roles: [a], rate: 0}
              - {name: one, hash: \(hash), colour: red}
            """
        let error = #expect(throws: ConfigurationError.self) {
            _ = try Keyring(Document(text: text, name: "keys.yaml"))
        }
        let said = error?.description ?? ""
        #expect(said.contains("keys.yaml:4: keys[1].hash: expected the BLAKE2b-256 of a key"))
        #expect(said.contains("keys.yaml:4: keys[1].rate"))
        #expect(said.contains("keys.yaml:5: keys[2].hash: expected a key that nobody else has"))
        #expect(said.contains("keys.yaml:5: keys[2].colour: unknown key"))
    }
}
