import Contracts
import Routing
import Synchronization

/// The errors that cross the wire with their type. A name is chosen by us and the same on both sides; a name from
/// the wire only ever selects from this list.
final class ErrorRegistry: Sendable {
    private struct Entry: Sendable {
        let name: String
        let type: any (Error & Codable & Sendable).Type
    }
    private let entries = Mutex<[Entry]>([])

    func allow<Failure: Error & Codable & Sendable>(_ type: Failure.Type, as name: String) {
        entries.withLock { entries in
            entries.removeAll { $0.name == name }
            entries.append(Entry(name: name, type: type))
        }
    }

    /// What a thrown error looks like in a reply.
    func answer(for error: any Error) -> Answer {
        let thrown = type(of: error)
        let name = entries.withLock { $0.first { $0.type == thrown }?.name }
        if let name, let error = error as? any (Error & Codable) {
            var list = PackedListBuilder()
            if (try? list.append(name)) != nil, (try? ErrorRegistry.append(error, to: &list)) != nil {
                return Answer(.thrown, list.bytes)
            }
        }
        if let fault = error as? BusError, case .badArguments(let text) = fault {
            return Answer(.badArguments, text: text)
        }
        if error is CancellationError { return Answer(.cancelled, text: "cancelled") }
        return Answer(.failed, text: "\(thrown)")
    }

    private static func append<Failure: Encodable>(_ error: Failure, to list: inout PackedListBuilder) throws {
        try list.append(error)
    }

    /// The error that a reply of status `thrown` carries.
    func error(from body: [UInt8]) -> any Error {
        guard var list = try? PackedList(body), let name = try? list.next(String.self) else {
            return BusError.malformed("an error without a name")
        }
        guard let type = entries.withLock({ $0.first { $0.name == name }?.type }) else {
            return BusError.failed("\(name), which is not in this process's registry")
        }
        do { return try list.next(type) } catch {
            return BusError.malformed("the error \(name) cannot be read: \(error)")
        }
    }
}
