import Glibc
import Testing

@testable import Routing

@Suite struct HeaderTests {
    private func full() -> Header {
        var header = Header(.call)
        header.idempotent = true
        header.delivery = true
        header.content = .json
        header.status = .poison
        header.deaths = 2
        header.correlation = 0x0102_0304_0506_0708
        header.incarnation = .max
        header.budget = 1
        header.number = 1 << 63
        header.trace = FrameTrace(high: 1, low: 2, span: 3, flags: 1)
        header.signature = 0xDEAD_BEEF
        header.role = "echo"
        header.slot = "echo@host.1"
        header.actor = "actor"
        header.method = "méthode"
        header.sender = String(repeating: "s", count: 255)
        return header
    }

    @Test("a header comes back as it went", arguments: FrameKind.allCases)
    func roundTrip(_ kind: FrameKind) throws {
        var header = full()
        header.kind = kind
        #expect(try Header(bytes: header.encoded()) == header)
        #expect(try Header(bytes: Header(kind).encoded()) == Header(kind))
    }

    @Test("numbers stand in little-endian order at the places that the wire's page names")
    func layout() {
        let bytes = full().encoded()
        #expect(Array(bytes[0..<8]) == [1, 6, 3, 0, 1, 11, 2, 0])
        #expect(Array(bytes[8..<16]) == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(Array(bytes[64..<80]) == [0xEF, 0xBE, 0xAD, 0xDE, 1, 4, 11, 5, 8, 255, 0, 0, 0, 0, 0, 0])
        #expect(bytes.count == 80 + 4 + 11 + 5 + 8 + 255)
        #expect(Array(bytes[80..<84]) == Array("echo".utf8))
    }

    @Test("the broker's reading leaves out what only the end points need")
    func unnamed() throws {
        let bytes = full().encoded()
        let header = try bytes.withUnsafeBytes { buffer in try Header(bytes: buffer, named: false) }
        #expect(header.role == "echo" && header.slot == "echo@host.1")
        #expect(header.actor.isEmpty && header.method.isEmpty && header.sender.isEmpty)
        #expect(header.trace == FrameTrace())
    }

    @Test("every status and content travels", arguments: ReplyStatus.allCases)
    func statuses(_ status: ReplyStatus) throws {
        var header = Header(.reply)
        header.status = status
        for content in [ContentKind.packed, .json, .opaque] {
            header.content = content
            #expect(try Header(bytes: header.encoded()) == header)
        }
    }

    @Test("a name that is too long is cut, and the frame stays readable")
    func longName() throws {
        var header = Header(.call)
        header.actor = String(repeating: "a", count: 300)
        #expect(try Header(bytes: header.encoded()).actor.utf8.count == 255)
        header.actor = String(repeating: "é", count: 200)
        let cut = try Header(bytes: header.encoded()).actor
        #expect(cut.utf8.count <= 255 && !cut.isEmpty)
    }

    @Test("what is wrong with a header has a name")
    func faults() {
        let good = full().encoded()
        func fault(_ change: (inout [UInt8]) -> Void) -> HeaderError? {
            var bytes = good
            change(&bytes)
            do throws(HeaderError) {
                _ = try Header(bytes: bytes)
                return nil
            } catch { return error }
        }
        #expect(fault { $0 = [] } == .short)
        #expect(fault { $0.removeLast() } == .short)
        #expect(fault { $0.append(0) } == .short)
        #expect(fault { $0[HeaderLayout.roleLength] = 255 } == .short)
        #expect(fault { $0[HeaderLayout.version] = 2 } == .version)
        #expect(fault { $0[HeaderLayout.kind] = 0 } == .kind)
        #expect(fault { $0[HeaderLayout.kind] = 13 } == .kind)
        #expect(fault { $0[HeaderLayout.content] = 3 } == .content)
        #expect(fault { $0[HeaderLayout.status] = 16 } == .status)
        #expect(fault { $0[HeaderLayout.names] = 0xFF } == .text)
        #expect(fault { $0[6] = 200 } == nil)
    }

    @Test("any bytes are a header or a named fault, and what is read is written again alike")
    func anyBytesGenerated() throws {
        let count = getenv("KINTSUGI_GENERATED_INPUTS").flatMap { Int(String(cString: $0)) } ?? 20_000
        var chance = SeededChance(state: 11)
        let good = full().encoded()
        var read = 0
        for _ in 0..<count {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &chance) {
                let place = Int.random(in: 0..<bytes.count, using: &chance)
                switch Int.random(in: 0..<4, using: &chance) {
                case 0...1: bytes[place] = UInt8.random(in: 0...255, using: &chance)
                case 2: bytes.removeLast(Int.random(in: 0...min(3, bytes.count - 1), using: &chance))
                default: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &chance)
                }
            }
            guard let header = try? Header(bytes: bytes) else { continue }
            read += 1
            #expect(try Header(bytes: header.encoded()) == header)
        }
        #expect(read > 0 && read < count)
    }
}
