import Building
import Contracts
import Glibc
import Host
import Signals
import Web

/// Faults done on purpose: by the same command that people have, in a process of its own.
struct ChaosDoors: Sendable {
    let acting: Acting
    let data: String
    /// The folder of the faults; nil: nobody may from here.
    let faults: String?
    let program: String

    var routes: [Route] { [list, begin, clear] }

    private static let name: TextShape = .text(1...64, .visible)

    private var list: Route {
        Route(
            .get, "/api/chaos", "The faults that can be done on purpose, and which are there now", roles: Acting.see,
            answers: [.ok(ObjectOf("allowed, why, faults: a list"))]
        ) { _ in
            guard let faults, access(faults, R_OK) == 0 else {
                return .ok {
                    $0.member("allowed", false)
                    $0.member("why", "No folder of faults is here: give the role comms a chaos.faults.")
                }
            }
            let listed = try await run(["chaos", "list", "--json", "--faults", faults])
            guard listed.isDone else { throw Problem(503, "The faults cannot be listed: \(listed.text.suffix(300))") }
            return Response(.json, Array("{\"allowed\":true,\"faults\":".utf8) + Array(listed.text.utf8) + [0x7D])
        }
    }

    private var begin: Route {
        Route(
            .post, "/api/chaos/{name}", "Does a fault, until it is cleared or the time is over", roles: Acting.work,
            asks: .path("name", Self.name), takes: ChaosWish.shape,
            answers: [.ok(ObjectOf("said: what the command said")), .problem(409, "It could not be done.")]
        ) { request, name, seconds in
            var words = ["chaos", name]
            if let seconds { words += ["--for", "\(seconds)s"] }
            return try await act(request, "chaos", name, words)
        }
    }

    private var clear: Route {
        Route(
            .delete, "/api/chaos/{name}", "Takes a fault back", roles: Acting.work, asks: .path("name", Self.name),
            answers: [.ok(ObjectOf("said: what the command said")), .problem(409, "It could not be done.")]
        ) { request, name in try await act(request, "clear chaos", name, ["chaos", "clear", name]) }
    }

    private func act(_ request: Request, _ act: String, _ name: String, _ words: [String]) async throws -> Response {
        guard let faults else {
            throw Problem.conflict("No folder of faults is here: give the role comms a chaos.faults.")
        }
        let said = try await acting.act(request, act, name) {
            // A word of the command line, such as an option, is the name of no fault.
            guard try await names(in: faults).contains(name) else {
                throw Problem.conflict("There is no fault of this name; see GET /api/chaos.")
            }
            let end = try await run(words + ["--faults", faults])
            guard end.isDone else { throw Problem.conflict(String(end.text.suffix(500))) }
            return end.text
        }
        return .ok { $0.member("said", said) }
    }

    private func names(in faults: String) async throws -> [String] {
        struct Named: Decodable, SendableMetatype {
            var name: String
        }
        let listed = try await run(["chaos", "list", "--json", "--faults", faults])
        guard listed.isDone, let packed = try? JSONText.pack(Array(listed.text.utf8)) else {
            throw Problem.unavailable("The faults cannot be listed: \(listed.text.suffix(300))")
        }
        return try Packed.decode([Named].self, from: packed).map(\.name)
    }

    /// Runs the command, and waits for its end.
    private func run(_ words: [String]) async throws -> (isDone: Bool, text: String) {
        let folder = "\(data)/comms"
        let log = "\(folder)/chaos-\(getpid())-\(WallTime.now.nanoseconds).log"
        defer { unlink(log) }
        let quoted = ([program] + words + ["--data", data]).map(Self.quoted).joined(separator: " ")
        let order = StepOrder(
            quoted, in: ".", environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(folder)"],
            within: .seconds(20), log: log, mark: "KINTSUGI_COMMS_CHAOS=\(getpid())")
        let end = await StepProcess.run(order)
        let text = ProcessFiles.text(log) ?? ""
        switch end {
        case .ended(let status, _): return (status == 0, text)
        case .late: return (false, text + "\nit took too long")
        case .impossible(let why): return (false, why)
        }
    }

    /// One word for the shell, whatever is in it.
    private static func quoted(_ word: String) -> String {
        "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

enum ChaosWish {
    static let shape = ObjectShape("ChaosWish", "How long the fault shall be there.") { it in
        it.optional("seconds", .integer(1...3_600), "Otherwise until it is cleared.")
    }
}
