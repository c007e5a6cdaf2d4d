import Contracts
import Distributed
import Routing
import Signals
import Synchronization

/// A call that came in: what to carry out, and under which numbers to answer.
struct InboundCall: Sendable {
    var header: Header
    var body: [UInt8]
    var deadline: Moment
    /// The life of ours that it was given to: the answer carries it, so that one of an earlier life is recognised.
    var key: InboundKey
}

struct InboundKey: Hashable, Sendable {
    var route: UInt64
    var correlation: UInt64
    var incarnation: UInt64
}

/// The calls of one actor that have come in and not begun. They begin in order, one after the other, on the pool;
/// one that suspends lets the next begin, as on any actor.
final class Lane: Sendable {
    private let state = Mutex<(queue: [InboundCall], draining: Bool)>(([], false))

    /// True when nobody drains the lane yet: the caller has to start someone.
    func put(_ call: InboundCall) -> Bool {
        state.withLock { state in
            state.queue.append(call)
            defer { state.draining = true }
            return !state.draining
        }
    }

    /// The calls that wait; nil ends the draining.
    func take() -> [InboundCall]? {
        state.withLock { state in
            if state.queue.isEmpty {
                state.draining = false
                return nil
            }
            defer { state.queue.removeAll(keepingCapacity: true) }
            return state.queue
        }
    }
}

/// The calls that have begun and suspended: those can be cancelled, by their caller or by their deadline.
final class RunningCalls: Sendable {
    final class Ticket: Sendable {
        fileprivate let done = Atomic<Bool>(false)
        fileprivate let listed = Atomic<Bool>(false)
    }
    private struct Entry: Sendable {
        var task: Task<Void, Never>
        var deadline: Moment
    }
    private let entries = Mutex<[InboundKey: Entry]>([:])
    private let open = Atomic<Int>(0)
    private let earliest = Atomic<UInt64>(.max)
    private let waiters = Mutex<[CheckedContinuation<Void, Never>]>([])

    /// How many have come in and not ended.
    var count: Int { open.load(ordering: .relaxed) }

    func arrive() { open.add(1, ordering: .sequentiallyConsistent) }

    /// Returns when every call that came in has ended.
    func idle() async {
        await withCheckedContinuation { continuation in
            waiters.withLock { $0.append(continuation) }
            tellWaiters()
        }
    }
    private func tellWaiters() {
        guard open.load(ordering: .sequentiallyConsistent) == 0 else { return }
        let waiting = waiters.withLock { waiters in
            defer { waiters = [] }
            return waiters
        }
        for waiter in waiting { waiter.resume() }
    }

    /// Lists a call that did not end at once. It may end at this very moment on another thread: whichever of the two
    /// comes second sees the other's mark and takes the entry away.
    func list(_ ticket: Ticket, _ key: InboundKey, _ task: Task<Void, Never>, deadline: Moment) {
        guard !ticket.done.load(ordering: .sequentiallyConsistent) else { return }
        entries.withLock { entries in
            entries[key] = Entry(task: task, deadline: deadline)
            if deadline < nextDeadline { earliest.store(deadline.nanoseconds, ordering: .relaxed) }
        }
        ticket.listed.store(true, ordering: .sequentiallyConsistent)
        if ticket.done.load(ordering: .sequentiallyConsistent) { entries.withLock { $0[key] = nil } }
    }

    func end(_ ticket: Ticket, _ key: InboundKey) {
        ticket.done.store(true, ordering: .sequentiallyConsistent)
        if ticket.listed.load(ordering: .sequentiallyConsistent) { entries.withLock { $0[key] = nil } }
        leave()
    }

    func leave() {
        if open.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 { tellWaiters() }
    }

    func cancel(_ key: InboundKey) { entries.withLock { $0[key] }?.task.cancel() }

    /// The earliest deadline of a call that has suspended.
    var nextDeadline: Moment { Moment(nanoseconds: earliest.load(ordering: .relaxed)) }

    func cancelLate(now: Moment) {
        guard now >= nextDeadline else { return }
        let late = entries.withLock { entries in
            let late = entries.filter { $0.value.deadline <= now }
            // Cancelled once: a call that goes on all the same is not looked at again.
            for key in late.keys { entries[key]?.deadline = .never }
            let next = entries.values.map(\.deadline).min() ?? .never
            earliest.store(next.nanoseconds, ordering: .relaxed)
            return late.values.map(\.task)
        }
        for task in late { task.cancel() }
    }

    func cancelAll() {
        let all = entries.withLock { Array($0.values) }
        for entry in all { entry.task.cancel() }
    }
}

extension BusSystem {
    /// Called on the socket thread: finds whose call it is, and leaves the work to the pool.
    func receive(_ call: InboundCall) {
        running.arrive()
        if call.header.delivery { return receiveDelivery(call) }
        guard let resident = table.withLock({ $0.residents[call.header.actor] }), resident.actor != nil else {
            answer(call, nobody(call))
            return running.leave()
        }
        let lane = resident.lane
        guard lane.put(call) else { return }
        Task { [self] in
            while let batch = lane.take() {
                for call in batch { begin(call, resident) }
            }
        }
    }

    private func nobody(_ call: InboundCall) -> Answer {
        Answer(.noSuchActor, text: "\(configuration.slot)/\(call.header.actor)")
    }

    /// Begins a call on this thread of the pool: what it does before its first suspension happens here, so calls
    /// begin in order.
    private func begin(_ call: InboundCall, _ resident: Resident) {
        let ticket = RunningCalls.Ticket()
        let task = Task.immediate {
            await self.serve(call) { await self.execute(call, resident) }
            self.running.end(ticket, call.key)
        }
        running.list(ticket, call.key, task, deadline: call.deadline)
    }

    private func execute(_ call: InboundCall, _ resident: Resident) async {
        guard Moment.now < call.deadline else {
            return answer(call, Answer(.late, text: "the deadline passed before the work began"))
        }
        guard let actor = resident.actor else { return answer(call, nobody(call)) }
        guard let method = resident.methods[call.header.method] else {
            return answer(
                call, Answer(.noSuchMethod, text: "\(call.header.method) of \(configuration.slot)/\(call.header.actor)")
            )
        }
        guard call.header.signature == 0 || call.header.signature == method.signature else {
            let text = "\(call.header.method) has other types here than at the caller: their builds differ"
            return answer(call, Answer(.contractMismatch, text: text))
        }
        do {
            var decoder = try BusInvocationDecoder(try packed(call), stub: method.stub, system: self)
            let handler = BusResultHandler(answer: { [self] in answer(call, $0) }, registry: registry)
            try await executeDistributedTarget(
                on: actor, target: RemoteCallTarget(method.identifier), invocationDecoder: &decoder, handler: handler)
        } catch let error as BusError {
            answer(call, registry.answer(for: error))
        } catch {
            answer(call, Answer(.badArguments, text: "\(error)"))
        }
    }

    func packed(_ call: InboundCall) throws -> [UInt8] {
        guard call.header.content == .json else { return call.body }
        do { return try JSONText.pack(call.body) } catch { throw BusError.badArguments("\(error)") }
    }

    /// Sends the answer in the form in which the call came.
    func answer(_ call: InboundCall, _ answer: Answer) {
        var answer = answer
        if call.header.content == .json, answer.content == .packed, let text = try? JSONText.unpack(answer.body) {
            answer.body = text
            answer.content = .json
        }
        if answer.body.count > configuration.bodyLimit {
            answer = Answer(.tooLarge, text: "the result has \(answer.body.count) bytes")
        }
        var header = Header(.reply)
        header.status = answer.status
        header.content = answer.content
        header.correlation = call.key.correlation
        header.number = call.key.route
        header.incarnation = call.key.incarnation
        header.trace = call.header.trace
        post(.reply(OutgoingCall(header: header.encoded(), body: answer.body)))
    }
}
