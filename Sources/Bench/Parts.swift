import Contracts
import FoundationEssentials
import Glibc
import Host

/// One running part.
final class RunningPart {
    let process: ProcessHandle
    private let input: Descriptor
    private let output: Descriptor
    private var pending: [UInt8] = []
    private var before: UInt64 = 0

    /// Starts it; closing `input` ends it.
    init(_ name: String, _ values: [String: String], errors: Descriptor) throws {
        let arguments = ["bench-part", name] + values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let input = try Descriptor.pipe()
        let output = try Descriptor.pipe()
        var launch = Launch(executable: ProcessFiles.executable() ?? "", arguments: arguments)
        launch.environment = ["PATH=/usr/bin:/bin"]
        launch.descriptors = [(0, input.read), (1, output.write), (2, errors)]
        process = try launch.start()
        self.input = input.write
        self.output = output.read
    }

    /// The next line it says; nil when it has ended.
    func line() throws -> String? {
        while true {
            if let end = pending.firstIndex(of: 10) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return line
            }
            guard let bytes = try output.read(upTo: 1 << 16), !bytes.isEmpty else { return nil }
            pending += bytes
        }
    }

    func ready() throws {
        guard try line() == "ready" else { throw BenchFault(description: "a part ended before it was ready") }
    }

    func report() throws -> ClientReport {
        guard let line = try line() else { throw BenchFault(description: "a part ended without a result") }
        return try JSONDecoder().decode(ClientReport.self, from: Data(line.utf8))
    }

    func startCounting() { before = ProcessFiles.statistics(process.pid)?.processorTime ?? 0 }
    /// Processor time since `startCounting`, in microseconds.
    var microseconds: Double {
        Double((ProcessFiles.statistics(process.pid)?.processorTime ?? before) - before) / 1e3
    }

    func end() {
        process.send(SIGKILL)
        _ = Poll.readable(process.descriptor.number, within: .seconds(5))
        _ = try? process.reap()
    }
}

/// Why a benchmark could not run.
public struct BenchFault: Error, CustomStringConvertible {
    public let description: String
}
