import Bus
import CZeroMQ
import Contracts
import Glibc
import Signals

/// The processes that a benchmark is made of. Each is this same executable, started with `bench-part`.
public enum BenchPart {
    /// Runs one part and exits.
    public static func main(_ arguments: [String]) -> Never {
        if arguments.first == "echo-worker" { EchoWorker.main() }
        Task.detached { exit(await run(arguments)) }
        while true { pause() }
    }

    /// Runs one part; its arguments are the part's name and `key=value` pairs.
    static func run(_ arguments: [String]) async -> Int32 {
        var values: [String: String] = [:]
        for argument in arguments.dropFirst() {
            let pair = argument.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { values[String(pair[0])] = String(pair[1]) }
        }
        let part = Settings(
            folder: values["folder"] ?? ".", bytes: values["bytes"].flatMap { Int($0) } ?? 64,
            depth: values["depth"].flatMap { Int($0) } ?? 1, seconds: values["seconds"].flatMap { Double($0) } ?? 1)
        endWithParent()
        do {
            if let report = try await run(arguments.first ?? "", part) { Report.result(report) }
            return 0
        } catch {
            Log.standard.error(
                "a part of the benchmark failed", ["part": .text(arguments.first ?? ""), "why": "\(error)"])
            return 1
        }
    }

    struct Settings {
        var folder: String
        var bytes: Int
        var depth: Int
        var seconds: Double
        var front: String { "ipc://\(folder)/front.sock" }
        var back: String { "ipc://\(folder)/back.sock" }
    }

    private static func run(_ name: String, _ part: Settings) async throws -> ClientReport? {
        switch name {
        case "floor-proxy": try Floor.proxy(front: ZMQ_ROUTER, part.front, back: ZMQ_DEALER, part.back)
        case "floor-topics": try Floor.proxy(front: ZMQ_XSUB, part.front, back: ZMQ_XPUB, part.back)
        case "floor-worker": try Floor.worker(part.back)
        case "floor-client":
            return try Floor.client(part.front, bytes: part.bytes, depth: part.depth, seconds: part.seconds)
        case "floor-publisher": return try Floor.publisher(part.front, bytes: part.bytes, seconds: part.seconds)
        case "floor-subscriber": return try Floor.subscriber(part.back)
        case "bare-publisher":
            return try Floor.publisher(
                Ours.doors(part.folder).publish, bytes: part.bytes, seconds: part.seconds, pass: Ours.pass(number: 2))
        case "bare-subscriber":
            return try Floor.subscriber(Ours.doors(part.folder).topics, pass: Ours.pass(number: 3))
        case "broker": try await Ours.broker(part.folder)
        case "worker": try await Ours.worker(part.folder)
        case "client":
            return try await Ours.client(
                part.folder, bytes: part.bytes, depth: part.depth, seconds: part.seconds)
        case "publisher": return try await Ours.publisher(part.folder, bytes: part.bytes, seconds: part.seconds)
        case "subscriber": return try await Ours.subscriber(part.folder)
        default: throw Unknown(name: name)
        }
        return nil
    }

    struct Unknown: Error, CustomStringConvertible {
        let name: String
        var description: String { "no part is called \"\(name)\"" }
    }

    /// Standard input is the parent's: its end is the parent's end, and nothing of a benchmark outlives it.
    private static func endWithParent() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                var byte: UInt8 = 0
                while read(0, &byte, 1) > 0 {}
                _exit(0)
            }, nil)
        pthread_detach(thread)
    }
}
