import CHost
import Contracts
import Glibc

@testable import Host

/// What a test starts, and how it waits: for conditions, with a deadline.
enum Shell {
    static let patience = Duration.seconds(10)

    /// Starts `/bin/sh -c script` with the given descriptors.
    static func start(
        _ script: String, _ descriptors: [(number: Int32, source: Descriptor)] = [], environment: [String] = []
    ) throws -> ProcessHandle {
        try Launch(
            executable: "/bin/sh", arguments: ["-c", script], environment: ["PATH=/usr/bin:/bin"] + environment,
            descriptors: descriptors
        ).start()
    }

    /// Waits for the end of our child.
    static func end(of process: ProcessHandle) throws -> ProcessExit? {
        guard Poll.readable(process.descriptor.number, within: patience) else { return nil }
        return try process.reap()
    }

    /// Runs a script to its end; what it wrote to its stdout.
    static func output(of script: String, environment: [String] = []) throws -> String {
        let pipe = try Descriptor.pipe()
        let process = try start(script, [(1, pipe.write)], environment: environment)
        _ = try end(of: process)
        return try text(from: pipe.read)
    }

    /// What has come by now, as far as one read goes.
    static func text(from descriptor: Descriptor) throws -> String {
        try descriptor.setNonBlocking()
        return String(decoding: try descriptor.read(upTo: 1 << 16) ?? [], as: UTF8.self)
    }

    /// Waits for something to read, and reads it.
    static func nextText(from descriptor: Descriptor) throws -> String {
        guard Poll.readable(descriptor.number, within: patience) else { return "" }
        return try text(from: descriptor)
    }
}

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/kintsugi-test-\(String(repeating: "X", count: 6))".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemFault("make a temporary folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for entry in ProcessFiles.entries(path) where entry != "." && entry != ".." {
            unlink("\(path)/\(entry)")
            rmdir("\(path)/\(entry)")
        }
        rmdir(path)
    }
}
