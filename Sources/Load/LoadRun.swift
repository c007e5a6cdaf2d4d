import CHost
import Glibc

/// Places orders on schedule, over as many connections as it takes. One thread, one loop.
public final class LoadRun {
    /// How it goes, once a second.
    public struct Progress: Sendable {
        public var elapsed: Double
        public var scheduled: Int
        public var accepted: Int
        public var other: Int
        public var waiting: Int
        public var p99: Double?
        /// Accepted, but later than what counts as in time.
        public var late: Int
        /// When the first one was due that failed since the last word, in nanoseconds since 1970.
        public var failures: [Int64]
    }

    private static let readSize = 65_536
    /// What the shop promises.
    private static let inTime: Int64 = 250_000_000
    /// Not woken more often for what is due: the generator shares its processors with what it measures, and what this
    /// costs in time counts as the service's.
    private static let breath: Int64 = 500_000

    private let plan: LoadPlan
    private let poller: Int32
    private var writer: OrderWriter
    private var connections: [LoadConnection] = []
    /// Indices of connections with nothing in hand; the one used last is taken first.
    private var idle: [Int] = []
    /// Indices of places whose connection is closed.
    private var closed: [Int] = []
    /// Numbers of orders that are due and have no connection yet.
    private var waiting: [Int] = []
    private var result: LoadResult
    private var record = LatencyRecord()
    private var second = LatencyRecord()
    private var late = 0
    private var firstFailure: Int64?
    private var next = 0
    private var open = 0
    private var start: Int64 = 0
    private var wallStart: Int64 = 0
    private var buffer = [UInt8](repeating: 0, count: readSize)
    /// What was answered 201.
    public private(set) var placed: [PlacedOrder] = []

    public init(_ plan: LoadPlan) throws(LoadFault) {
        self.plan = plan
        writer = OrderWriter(plan)
        result = LoadResult(seed: plan.seed)
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poller >= 0 else { throw LoadFault("epoll_create1", errno) }
        placed.reserveCapacity(plan.total)
    }

    deinit {
        for index in connections.indices { connections[index].close() }
        close(poller)
    }

    /// Runs to the end, or until `isOver` says so; the thread does nothing else meanwhile. What is on its way then is waited for.
    public func run(
        until isOver: () -> Bool = { false }, progress: (Progress) -> Void = { _ in }
    ) throws(LoadFault) -> LoadResult {
        start = Self.clock(CLOCK_MONOTONIC)
        wallStart = Self.clock(CLOCK_REALTIME)
        var tick: Int64 = 1_000_000_000
        var total = plan.total
        while next < total || open > 0 || !waiting.isEmpty {
            let now = Self.clock(CLOCK_MONOTONIC) - start
            if next < total, isOver() { total = next }
            begin(now, total)
            if now >= tick {
                tell(now, progress)
                tick += 1_000_000_000
                endLate(now)
            }
            let until = min(next < total ? plan.due(next) : tick, tick)
            try wait(max(0, until - (Self.clock(CLOCK_MONOTONIC) - start)))
        }
        tell(Self.clock(CLOCK_MONOTONIC) - start, progress)
        result.seconds = Double(Self.clock(CLOCK_MONOTONIC) - start) / 1e9
        result.scheduled = total
        result.acceptedPerSecond = Double(result.accepted) / max(result.seconds, 1e-9)
        result.accept = LoadResult.Times(record)
        result.connections = connections.count
        return result
    }

    // MARK: sending

    private func begin(_ now: Int64, _ total: Int) {
        while next < total, plan.due(next) <= now {
            waiting.append(next)
            next += 1
        }
        var sent = 0
        for number in waiting {
            guard let index = idle.popLast() ?? connect() else { break }
            sent += 1
            open += 1
            connections[index].order = number
            connections[index].request = writer.next()
            connections[index].sent = 0
            write(index)
        }
        waiting.removeFirst(sent)
    }

    private func connect() -> Int? {
        let index: Int
        if let free = closed.popLast() {
            index = free
        } else {
            guard connections.count < plan.mostConnections else { return nil }
            index = connections.count
            connections.append(LoadConnection())
        }
        connections[index] = LoadConnection()
        connections[index].open(plan.address, plan.port)
        guard connections[index].socket >= 0 else { return index }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLET.rawValue
        event.data.u32 = UInt32(index)
        epoll_ctl(poller, EPOLL_CTL_ADD, connections[index].socket, &event)
        return index
    }

    private func write(_ index: Int) {
        guard connections[index].order != nil else { return }
        switch connections[index].flush() {
        case .done, .later: break
        case .broken: fail(index)
        }
    }

    // MARK: answers

    private func wait(_ nanoseconds: Int64) throws(LoadFault) {
        let room = 256
        let count = withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: room) { events in
            var time = timespec(tv_sec: 0, tv_nsec: Int(max(nanoseconds, Self.breath)))
            let count = epoll_pwait2(poller, events.baseAddress, Int32(room), &time, nil)
            for event in events.prefix(Int(max(count, 0))) {
                let index = Int(event.data.u32)
                if event.events & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { read(index) }
                if event.events & EPOLLOUT.rawValue != 0, connections[index].socket >= 0 { write(index) }
            }
            return count
        }
        if count < 0, errno != EINTR { throw LoadFault("epoll_wait", errno) }
    }

    private func read(_ index: Int) {
        while connections[index].socket >= 0 {
            let count = recv(connections[index].socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                buffer.withUnsafeBytes {
                    connections[index].reader.append(UnsafeRawBufferPointer(rebasing: $0.prefix(count)))
                }
                guard answered(index) else { return }
                if count < buffer.count { return }
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == EAGAIN {
                return
            } else {
                return fail(index)
            }
        }
    }

    /// False when the connection is gone after it.
    private func answered(_ index: Int) -> Bool {
        switch connections[index].reader.next() {
        case .incomplete: return true
        case .malformed:
            result.malformed += 1
            if let number = connections[index].order { noteFailure(number) }
            drop(index)
            return false
        case .answer(let answer):
            guard let number = connections[index].order else {
                drop(index)
                return false
            }
            count(answer, number)
            guard !answer.closes else {
                drop(index)
                return false
            }
            connections[index].order = nil
            open -= 1
            idle.append(index)
            return true
        }
    }

    private func count(_ answer: AnswerReader.Answer, _ number: Int) {
        switch answer.status {
        case 201:
            guard let id = textMember("order_id", in: answer.body) else { return result.malformed += 1 }
            result.accepted += 1
            let took = Self.clock(CLOCK_MONOTONIC) - start - plan.due(number)
            record.record(took)
            second.record(took)
            if took > Self.inTime { late += 1 }
            placed.append(PlacedOrder(id: id, due: wallStart + plan.due(number)))
        case 429, 503: result.refused += 1
        case 500...599: result.failed += 1
        default: result.unexpected += 1
        }
        if answer.status != 201 { noteFailure(number) }
    }

    private func fail(_ index: Int) {
        if let number = connections[index].order {
            result.reset += 1
            noteFailure(number)
        }
        drop(index)
    }

    private func noteFailure(_ number: Int) {
        let due = wallStart + plan.due(number)
        firstFailure = min(firstFailure ?? due, due)
    }

    /// Closes a connection; what it had in hand was counted.
    private func drop(_ index: Int) {
        if connections[index].order != nil { open -= 1 }
        connections[index].close()
        idle.removeAll { $0 == index }
        closed.append(index)
    }

    private func endLate(_ now: Int64) {
        let patience = Int64(plan.patience.components.seconds) * 1_000_000_000
        for index in connections.indices {
            guard let number = connections[index].order, now - plan.due(number) > patience else { continue }
            result.timedOut += 1
            noteFailure(number)
            drop(index)
        }
    }

    private func tell(_ now: Int64, _ progress: (Progress) -> Void) {
        progress(
            Progress(
                elapsed: Double(now) / 1e9, scheduled: next, accepted: result.accepted,
                other: next - result.accepted - open - waiting.count, waiting: open + waiting.count,
                p99: second.quantile(0.99), late: late, failures: firstFailure.map { [$0] } ?? []))
        firstFailure = nil
        second = LatencyRecord()
    }

    private static func clock(_ which: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(which, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
