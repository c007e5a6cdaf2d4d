import Contracts
public import Distributed
import Routing
import Signals
import Synchronization

/// Who waits for the end of a call.
enum Waiter: Sendable {
    // Unsafe continuations: the call table removes an entry before it finishes it, so each is resumed exactly once.
    case call(UnsafeContinuation<Answer, any Error>)
    case delivery(UnsafeContinuation<Answer, any Error>, onDeath: @Sendable (Int) -> Void)

    func finish(_ result: Result<Answer, CallFault>) {
        let continuation =
            switch self {
            case .call(let continuation), .delivery(let continuation, _): continuation
            }
        switch result {
        case .success(let answer): continuation.resume(returning: answer)
        case .failure(.cancelled): continuation.resume(throwing: CancellationError())
        case .failure(.late): continuation.resume(throwing: BusError.late("no answer before the deadline"))
        case .failure(.lost): continuation.resume(throwing: BusError.lost("the broker died"))
        case .failure(.overloaded):
            continuation.resume(
                throwing: BusError.overloaded("too many open calls in this process", retryAfterMilliseconds: 100))
        case .failure(.closed): continuation.resume(throwing: BusError.closed("this process has left the bus"))
        }
    }
}

/// A call ready to leave: its header, whose deadline and deaths are written when it goes, and its body.
struct OutgoingCall: Sendable {
    var header: [UInt8]
    var body: [UInt8]
}

extension BusSystem {
    public func remoteCall<Act, Err, Res>(
        on actor: Act, target: RemoteCallTarget, invocation: inout BusInvocationEncoder, throwing: Err.Type,
        returning: Res.Type
    ) async throws -> Res where Act: DistributedActor, Act.ID == BusID, Err: Error, Res: Codable {
        let body = try await call(actor.id, target, invocation)
        do { return try Packed.decode(Res.self, from: body, userInfo: [.actorSystemKey: self]) } catch {
            throw BusError.malformed("the result is no \(Res.self): \(error)")
        }
    }

    public func remoteCallVoid<Act, Err>(
        on actor: Act, target: RemoteCallTarget, invocation: inout BusInvocationEncoder, throwing: Err.Type
    ) async throws where Act: DistributedActor, Act.ID == BusID, Err: Error {
        _ = try await call(actor.id, target, invocation)
    }

    private func call(
        _ id: BusID, _ target: RemoteCallTarget, _ invocation: BusInvocationEncoder
    ) async throws -> [UInt8] {
        guard let method = Catalogue.shared.byIdentifier[target.identifier] else {
            throw BusError.noSuchMethod("only methods of @Resolvable contracts travel")
        }
        var header = Header(.call)
        header.role = id.role
        header.actor = id.actor
        header.slot = id.slot?.description ?? ""
        header.method = method.name
        header.signature = method.signature
        header.idempotent = CallOptions.current.idempotent
        let answer = try await exchange(header, invocation.body) { .call($0) }
        return try value(answer)
    }

    /// A call by name with a body that is packed already, for tools and for contracts that are not compiled in.
    public func call(
        role: String, actor: String = "main", method: String, packed body: [UInt8]
    ) async throws -> [UInt8] {
        var header = Header(.call)
        header.role = role
        header.actor = actor
        header.method = method
        header.idempotent = CallOptions.current.idempotent
        return try value(await exchange(header, body) { .call($0) })
    }

    /// Sends one frame and waits for its answer.
    func exchange(
        _ prototype: Header, _ body: [UInt8], deaths: UInt8 = 0,
        waiter: (UnsafeContinuation<Answer, any Error>) -> Waiter
    ) async throws -> Answer {
        guard body.count <= configuration.bodyLimit else {
            throw BusError.tooLarge("the body has \(body.count) bytes, at most \(configuration.bodyLimit) are carried")
        }
        let correlation = correlations.add(1, ordering: .relaxed).newValue
        let context = CallContext.current
        let patience = CallOptions.current.patience ?? configuration.patience
        let deadline = min(Moment.now.adding(patience.wholeNanoseconds), context.deadline)
        var header = prototype
        header.correlation = correlation
        let span = span(for: header)
        header.trace = FrameTrace(span?.context)
        let call = OutgoingCall(header: header.encoded(), body: body)
        let again = header.idempotent || header.delivery
        return try await traced(span) { try await send(call, correlation, waiter, deadline, again, deaths) }
    }

    private func send(
        _ call: OutgoingCall, _ correlation: UInt64, _ waiter: (UnsafeContinuation<Answer, any Error>) -> Waiter,
        _ deadline: Moment, _ again: Bool, _ deaths: UInt8
    ) async throws -> Answer {
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                post(
                    .call(
                        correlation: correlation, call, waiter(continuation), deadline: deadline, again: again,
                        deaths: deaths))
                // The handler may have run before the call was posted; a second cancel of one call does nothing.
                if Task.isCancelled { post(.cancel(correlation)) }
            }
        } onCancel: {
            post(.cancel(correlation))
        }
    }

    func post(_ command: PeerCommand) {
        mailbox.put(command)
        if !thread.isCurrent { thread.ring() }
    }

    /// The body of an answer that carries a value; every other status is an error.
    func value(_ answer: Answer) throws -> [UInt8] {
        if answer.status == .value {
            guard answer.content == .json else { return answer.body }
            do { return try JSONText.pack(answer.body) } catch { throw BusError.malformed("\(error)") }
        }
        throw fault(answer)
    }

    private func fault(_ answer: Answer) -> any Error {
        let text = String(decoding: answer.body.prefix(1_024), as: UTF8.self)
        switch answer.status {
        case .value, .malformed: return BusError.malformed(text)
        case .thrown: return registry.error(from: answer.body)
        case .failed: return BusError.failed(text)
        case .noSuchActor: return BusError.noSuchActor(text)
        case .noSuchMethod: return BusError.noSuchMethod(text)
        case .badArguments: return BusError.badArguments(text)
        case .late: return BusError.late(text)
        case .overloaded: return BusError.overloaded(text, retryAfterMilliseconds: Int(clamping: answer.number))
        case .lost: return BusError.lost(text)
        case .unavailable: return BusError.unavailable(text)
        case .denied: return BusError.denied(text)
        case .poison: return BusError.poison(text, deaths: Int(answer.deaths))
        case .cancelled: return CancellationError()
        case .tooLarge: return BusError.tooLarge(text)
        case .contractMismatch: return BusError.contractMismatch(text)
        }
    }
}
