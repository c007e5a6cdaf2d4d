import Carrying
import Contracts
import Delivery
import Inventory
import Orders

/// Everything that exists in one run of the shop. What its services do are its extensions.
final class ShopWorld {
    let seed: UInt64
    let options: ShopOptions
    var chance: Chance
    var now = Moment(nanoseconds: 1_000_000_000)
    var queue = EventQueue<ShopEvent>()
    var tally = ShopTally()
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    var events: [String] = []
    var violation: Violation?
    var oracle = ShopOracle()

    let orders = ShopNode(.orders, "orders")
    let inventory = ShopNode(.inventory, "inventory")
    var tables = ShopTables()
    /// Messages of the transaction under way: they are written with it.
    var drafts: [ShopLetter] = []
    /// Every message that was ever committed, to be delivered once more at the end.
    var history: [ShopLetter] = []
    var sendings: [ShopSending] = []
    var pieces: [ShopPiece] = []
    var wishes: [ShopWish] = []
    var carrier = ShopCarrier()
    var lastMessage = 0
    var lastOrder = 0

    // Faults.
    var isFaulty = true
    /// One crash in so many labelled steps.
    let crashOdds: Int
    /// One message in so many is lost, doubled, refused.
    let lossOdds: Int
    /// One message in so many kills its receiver.
    let deadlyOdds: Int
    let wishLimit: Int
    var healedAt = Moment.never
    /// What was there before everything was delivered again.
    var before: ShopSnapshot?

    static let patience: Int64 = .milliseconds(250)

    init(seed: UInt64, options: ShopOptions) {
        self.seed = seed
        self.options = options
        var chance = Chance(seed: seed)
        crashOdds = [0, 150, 40][Int.random(in: 0..<3, using: &chance)]
        lossOdds = [0, 20, 8][Int.random(in: 0..<3, using: &chance)]
        deadlyOdds = [0, 60, 15][Int.random(in: 0..<3, using: &chance)]
        wishLimit = Int.random(in: 8...20, using: &chance)
        self.chance = chance
    }

    func run() -> ShopOutcome {
        begin()
        while violation == nil, let next = queue.pop() {
            if now < next.moment { now = next.moment }
            if case .looks = next.event, isFinished() { break }
            step(next.event)
            if tally.steps > 200_000 { violate("the run ends", "200,000 steps") }
        }
        count()
        return ShopOutcome(seed: seed, violation: violation, tally: tally, digest: digest, events: events)
    }

    private func begin() {
        stockUp()
        start(orders)
        start(inventory)
        queue.push(.wants, at: now.adding(.milliseconds(5)))
        queue.push(.fault, at: now.adding(.milliseconds(20)))
        queue.push(.heals, at: now.adding(.milliseconds(options.faultyMilliseconds)))
    }

    private func step(_ event: ShopEvent) {
        tally.steps += 1
        digest = (digest ^ now.nanoseconds) &* 0x100_0000_01B3
        digest = (digest ^ event.number) &* 0x100_0000_01B3
        handle(event)
        oracle.look(at: tables, carrier)
        if violation == nil, let broken = oracle.broken { violate(broken.promise, broken.detail) }
    }

    private func handle(_ event: ShopEvent) {
        switch event {
        case .starts(let node): start(node)
        case .sweeps(let node, let life): if node.isUp, node.life == life { sweep(node) }
        case .ticks(let node, let life): if node.isUp, node.life == life { tick(node) }
        case .carriesOut(let node, let life, let effect):
            if node.isUp, node.life == life { carryOut(effect, node) }
        case .arrives(let piece): arrive(piece)
        case .ends(let piece, let outcomes): end(piece, outcomes)
        case .expires(let piece): expire(piece)
        case .reachesCarrier(let piece): reachCarrier(piece)
        case .replies(let piece, let reply): hear(piece, reply)
        case .wants: want()
        case .asks(let wish): ask(wish)
        case .requestArrives(let wish): request(wish)
        case .answerArrives(let wish, let answer): answered(wish, answer)
        case .fault: makeFault()
        case .heals: heal()
        case .looks: queue.push(.looks, at: now.adding(.milliseconds(20)))
        }
    }

    private func count() {
        tally.virtualNanoseconds = now.nanoseconds
        tally.orders = tables.orders.count
        tally.confirmed = tables.orders.count { $0.order.status == .confirmed }
        tally.cancelled = tables.orders.count { $0.order.status == .cancelled }
        tally.deleted = tables.orders.count { $0.order.status == .deleted }
    }

    func violate(_ promise: String, _ detail: String) {
        guard violation == nil else { return }
        violation = Violation(promise: promise, detail: detail, step: tally.steps, nanoseconds: now.nanoseconds)
        write("VIOLATED: \(promise): \(detail)")
    }

    func write(_ text: @autoclosure () -> String) {
        guard options.trace else { return }
        let micros = now.nanoseconds / 1_000
        events.append("\(tally.steps) \(micros / 1_000).\(String(micros % 1_000 + 1_000).dropFirst()) ms  \(text())")
        if events.count > 40_000 { events.removeFirst(20_000) }
    }

    // MARK: chance

    func chance(oneIn odds: Int) -> Bool { odds > 0 && Int.random(in: 0..<odds, using: &chance) == 0 }

    /// The same while faults are made, and never afterwards.
    func fails(oneIn odds: Int) -> Bool { isFaulty && chance(oneIn: odds) }

    func pick(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &chance) }

    /// A wait with a tail: now and then ten or a hundred times as long.
    func delay(_ usual: Int64) -> Int64 {
        let tail: Int64 = fails(oneIn: 12) ? (chance(oneIn: 5) ? 100 : 10) : 1
        return pick(usual / 2...usual) * tail
    }

    // MARK: processes

    func node(of target: String) -> ShopNode { target == orders.name ? orders : inventory }

    func start(_ node: ShopNode) {
        guard !node.isUp else { return }
        node.life += 1
        node.isUp = true
        node.tickAt = .never
        var limits = OutboxRelay.Limits()
        (limits.batch, limits.sendings, limits.window, limits.attempts) = (4, 2, 16, 4)
        limits.refused = Patience(base: .milliseconds(20), longest: .milliseconds(200))
        limits.unavailable = Patience(base: .milliseconds(10), longest: .milliseconds(100))
        node.relay = OutboxRelay(limits: limits, seed: chance.next())
        var breaker = CircuitBreaker.Limits()
        (breaker.failures, breaker.fewest) = (3, 8)
        (breaker.shortest, breaker.longest) = (.milliseconds(40), .milliseconds(300))
        (breaker.probePatience, breaker.longestPause) = (.milliseconds(500), .milliseconds(400))
        node.breaker = CircuitBreaker(limits: breaker, seed: chance.next())
        write("\(node.name) starts, life \(node.life)")
        sweep(node)
    }

    /// Ends a process at a labelled step, now and then; true when it is dead.
    func crashes(_ node: ShopNode, at label: StaticString) -> Bool {
        guard fails(oneIn: crashOdds) else { return false }
        write("\(node.name) crashes: \(label)")
        crash(node)
        return true
    }

    func crash(_ node: ShopNode) {
        guard node.isUp else { return }
        tally.crashes += 1
        node.isUp = false
        queue.push(.starts(node), at: now.adding(delay(.milliseconds(20))))
    }

    /// Does something and writes the messages that it causes, all of it or nothing; false when the process is dead.
    func transaction(_ node: ShopNode, _ body: () -> Void) -> Bool {
        if crashes(node, at: "before its commit") { return false }
        drafts.removeAll(keepingCapacity: true)
        body()
        oracle.hasNews = true
        if options.mutation == .writesOutboxApart, crashes(node, at: "between two commits") { return false }
        let targets = write(drafts, node)
        if crashes(node, at: "after its commit, before its messages leave") { return false }
        // Word of a commit is only a hint.
        if !targets.isEmpty, !fails(oneIn: 20) { give(node, .committed(targets: targets)) }
        return true
    }

    /// The targets that the messages are for.
    private func write(_ drafts: [ShopLetter], _ node: ShopNode) -> [String] {
        var targets: [String] = []
        for var letter in drafts {
            node.lastSeq += 1
            letter.row.seq = node.lastSeq
            node.outbox.append(letter)
            history.append(letter)
            tally.messages += 1
            if !targets.contains(letter.target) { targets.append(letter.target) }
            write("\(node.name) commits message \(letter.id) for \(letter.target): \(letter.order) \(letter.body)")
        }
        return targets
    }

    /// Adds a message to the transaction under way.
    func send(_ body: ShopBody, _ order: String, to target: String) {
        lastMessage += 1
        let key = options.mutation == .ignoresKeyOrder ? "" : order
        drafts.append(
            ShopLetter(
                id: lastMessage, order: order, target: target, body: body,
                isDeadly: target != "carrier" && fails(oneIn: deadlyOdds), row: .init(seq: 0, key: key)))
    }
}
