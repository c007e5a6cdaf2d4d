import ConsoleFiles
import Contracts
import Glibc
import Testing

/// The console's pages as they are in the program, beside the folder that they were made of.
@Suite struct ConsoleFilesTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    private static let assets = root + "/Sources/ConsoleFiles/assets"

    private static func bytes(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&part, 1, part.count, file)
            guard count > 0 else { return all }
            all += part[..<count]
        }
    }

    /// The files below a folder, by their paths in it.
    private static func names(in folder: String, below path: String = "") -> [String] {
        guard let listing = opendir(folder + path) else { return [] }
        defer { closedir(listing) }
        var found: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            if entry.pointee.d_type == UInt8(DT_DIR) {
                found += names(in: folder, below: path + "/" + name)
            } else {
                found.append(String((path + "/" + name).dropFirst()))
            }
        }
        return found.sorted()
    }

    @Test func everyAssetIsInTheProgramAsItIsInTheFolder() throws {
        var served: [String] = []
        for place in 0..<console_file_count() {
            let file = try #require(console_file_at(place)).pointee
            let name = String(cString: file.name)
            served.append(name)
            // Named, and not shown: it is long.
            let isSame =
                Array(UnsafeBufferPointer(start: file.bytes, count: file.length))
                == Self.bytes(of: Self.assets + "/" + name)
            #expect(isSame, "\(name) is another one in the program")
        }
        #expect(served.sorted() == Self.names(in: Self.assets))
        #expect(console_file_at(console_file_count()) == nil)
    }

    @Test func aFileIsFoundByItsWholeNameAlone() throws {
        let page = try #require(console_file_named("index.html")).pointee
        #expect(String(cString: page.type) == "text/html; charset=utf-8")
        #expect(console_file_named("index") == nil)
        #expect(console_file_named("../index.html") == nil)
        #expect(console_file_named("") == nil)
    }

    @Test func theConsoleWeighsLessThan150Kilobytes() {
        let weight = (0..<console_file_count()).reduce(0) { $0 + (console_file_at($1)?.pointee.length ?? 0) }
        #expect(weight < 150_000)
    }

    @Test func noPageHasMarkupMadeOfTextOrAStyleThatThePolicyRefuses() throws {
        let words = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "style=\"",
            "onclick=",
        ]
        for name in Self.names(in: Self.assets) {
            let text = String(decoding: try #require(Self.bytes(of: Self.assets + "/" + name)), as: UTF8.self)
            for word in words { #expect(!text.contains(word), "\(name) has \(word)") }
            #expect(
                !text.contains("http://") || name.hasSuffix(".svg") || name == "dom.js", "\(name) names another address"
            )
            #expect(!text.contains("https://"), "\(name) names another address")
        }
    }

    /// What a browser signs must be what is checked; Tests/Console holds the pages' bytes against the same digits.
    @Test func theStatementsThatBrowsersSignAreThese() throws {
        let grant = SessionGrant(
            person: "Zoë", publicKey: Array(0..<32), issued: 1_795_305_789_065_318_769,
            expires: 1_795_348_989_065_318_769,
            nonce: Array(100..<116))
        let plan = try #require(Digest(bytes: Array(0..<32)))
        let state = try #require(Digest(bytes: Array(32..<64)))
        func approval(_ answer: Approval.Answer, feedback: String?, generation: Int) throws -> Approval {
            Approval(
                id: try #require(UUID("0190f3a1-5b7c-4d2e-8f60-718293a4b5c6")), answer, incident: "I-12",
                generation: generation, plan: plan, state: state, person: "kim", proof: .init(.session, []),
                given: 1_795_305_800_000_000_000, feedback: feedback)
        }
        let digits = [
            Self.hex(grant.statement),
            Self.hex(try approval(.approve, feedback: nil, generation: 1).statement),
            Self.hex(try approval(.reject, feedback: "no: „später“ \u{1F3FA}", generation: 300).statement),
        ]
        let kept = try #require(Self.bytes(of: Self.root + "/Tests/Console/statements.txt"))
        let lines = String(decoding: kept, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(digits == lines)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
