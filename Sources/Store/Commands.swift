import Contracts
import Synchronization

/// A registered write: call it with its input, in whichever process; it runs in the one that writes.
///
/// What its caller must tell apart belongs into its output; a thrown error undoes it, and from another process only
/// its words arrive.
public struct WriteCommand<Input: Codable & Sendable, Output: Codable & Sendable>: Sendable {
    /// The same in all processes of the service.
    public let name: String
    private let store: Store
    private let body: @Sendable (WriteContext, Input) throws -> Output

    init(_ name: String, _ store: Store, _ body: @escaping @Sendable (WriteContext, Input) throws -> Output) {
        self.name = name
        self.store = store
        self.body = body
    }

    /// Returns the output once the write is on disk.
    public func callAsFunction(_ input: Input, lazily: Bool = false) async throws -> Output {
        if store.isWriter {
            do {
                return try await store.write(lazily: lazily) { [body] context in try body(context, input) }
            } catch StoreError.notTheWriter {
                // The lease was given away in between, and nothing of it took effect.
            }
        }
        let write = ForwardedWrite(id: newIdentifier(), command: name, body: try Packed.encode(input))
        return try Packed.decode(Output.self, from: try await store.forward(write))
    }
}

/// A command without its types, for writes that come as bytes.
struct CommandEntry: Sendable {
    let run: @Sendable (WriteContext, [UInt8]) throws -> [UInt8]
}

extension Store {
    /// Names a write, so that every process of the service may ask for it. Do so before anything is written.
    public func register<Input: Codable & Sendable, Output: Codable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (WriteContext, Input) throws -> Output
    ) -> WriteCommand<Input, Output> {
        let entry = CommandEntry { context, bytes in
            try Packed.encode(try body(context, try Packed.decode(Input.self, from: bytes)))
        }
        commands.withLock { commands in
            precondition(commands[name] == nil, "the write command \(name) is registered twice")
            commands[name] = entry
        }
        return WriteCommand(name, self, body)
    }

    /// Does what another process of the service forwards, each write once however often it comes.
    public func apply(_ writes: [ForwardedWrite]) async throws -> [ForwardedAnswer] {
        guard isWriter else { throw refusal }
        return await withTaskGroup(of: (Int, ForwardedAnswer).self) { group in
            for (index, write) in writes.enumerated() {
                group.addTask { (index, ForwardedAnswer(id: write.id, outcome: await self.outcome(of: write))) }
            }
            var answers: [ForwardedAnswer?] = Array(repeating: nil, count: writes.count)
            for await (index, answer) in group { answers[index] = answer }
            return answers.compactMap(\.self)
        }
    }

    private func outcome(of write: ForwardedWrite) async -> ForwardedAnswer.Outcome {
        guard let entry = commands.withLock({ $0[write.command] }) else {
            return .refused(StoreError.unknownCommand(write.command).description)
        }
        do {
            return .done(
                try await self.write { context in
                    try context.once(in: .forwarded, source: write.command, id: write.id, message: write.body) {
                        context in
                        try entry.run(context, write.body)
                    }
                })
        } catch {
            return StoreError.passes(error) ? .later("\(error)") : .refused("\(error)")
        }
    }
}
