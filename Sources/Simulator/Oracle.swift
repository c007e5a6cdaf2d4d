import Contracts
import Routing

/// Watches the broker from outside, and knows what it may do. It shares no code with the rules that it watches.
final class Oracle {
    struct Broken: Equatable {
        var promise: String
        var detail: String
    }
    struct Key: Hashable {
        var route: UInt32
        var correlation: UInt64
    }
    struct Hand {
        var call: Int
        var row: Int?
        var again: Bool
        var deaths: UInt8
        var pinned: Bool
        var holder: UInt64?
        var abandoned = false
    }
    struct Life {
        var route: UInt32
        var slot: String
        var window: Int
        var held: [Key] = []
        var isDrained = false
    }
    struct Pair: Hashable {
        var route: UInt32
        var incarnation: UInt64
        var pinned: Bool
    }

    let queueLimit: Int
    let isStream: Bool
    private(set) var broken: Broken?
    private var hands: [Key: Hand] = [:]
    private var lives: [UInt64: Life] = [:]
    private var lifeOfRoute: [UInt32: UInt64] = [:]
    private var lifeOfSlot: [String: UInt64] = [:]
    private var windows: [UInt32: Int] = [:]
    private var lastSent: [Pair: Int] = [:]
    private var deathsOfRow: [Int: Int] = [:]
    private var lastIncarnation: UInt64 = 0

    init(queueLimit: Int, isStream: Bool) {
        self.queueLimit = queueLimit
        self.isStream = isStream
    }

    private func demand(_ holds: Bool, _ promise: String, _ detail: @autoclosure () -> String) {
        guard !holds, broken == nil else { return }
        broken = Broken(promise: promise, detail: detail())
    }

    func call(_ route: UInt32, _ correlation: UInt64) -> Int {
        hands[Key(route: route, correlation: correlation)]?.call ?? 0
    }
    func deaths(ofRow row: Int) -> Int { deathsOfRow[row] ?? 0 }

    /// A new broker knows nothing; incarnations rise all the same.
    func brokerStarted() {
        hands.removeAll()
        lives.removeAll()
        lifeOfRoute.removeAll()
        lifeOfSlot.removeAll()
    }

    func windowIs(_ window: Int, _ route: UInt32) { windows[route] = window }

    /// A frame has reached the broker.
    func brokerHears(_ frame: Frame, _ route: UInt32, _ now: Moment) {
        let key = Key(route: route, correlation: frame.header.correlation)
        guard let life = lifeOfRoute[route] else { return }
        switch frame.header.kind {
        case .call:
            demand(
                !isStream || frame.header.deaths >= frame.knownDeaths, "the count of deaths outlives the broker",
                "call \(frame.call) comes with \(frame.header.deaths) of \(frame.knownDeaths)")
            guard hands[key]?.holder == nil else { return }
            hands[key] = Hand(
                call: frame.call, row: frame.row, again: frame.header.idempotent || frame.header.delivery,
                deaths: frame.header.deaths, pinned: !frame.header.slot.isEmpty)
        case .cancel: if hands[key]?.holder != nil { hands[key]?.abandoned = true }
        case .credit: lives[life]?.window = Int(frame.header.number)
        case .reply:
            let call = Key(
                route: UInt32(truncatingIfNeeded: frame.header.number), correlation: frame.header.correlation)
            guard frame.header.incarnation == life, hands[call]?.holder == life else { return }
            lives[life]?.held.removeAll { $0 == call }
            hands[call]?.holder = nil
        default: break
        }
    }

    /// The broker gives a call to a worker.
    func handsOut(_ route: UInt32, _ stamp: Router<Frame>.Stamp, _ frame: Frame) {
        let key = Key(route: UInt32(truncatingIfNeeded: stamp.number), correlation: frame.header.correlation)
        guard let life = lives[stamp.incarnation], lifeOfRoute[route] == stamp.incarnation else {
            return demand(false, "work goes only to lives that the broker holds", "call \(frame.call)")
        }
        let hand = hands[key]
        demand(!life.isDrained, "after the promise nothing more comes", "call \(frame.call) to \(life.slot)")
        demand(hand?.holder == nil, "a call is in one hand", "call \(frame.call)")
        demand(stamp.deaths < 3, "nothing is given out after its third death", "call \(frame.call)")
        if isStream {
            demand(
                stamp.deaths == hand?.deaths, "every death is counted",
                "call \(frame.call): \(stamp.deaths) instead of \(hand.map { "\($0.deaths)" } ?? "none")")
        }
        let pinned = hand?.pinned ?? false
        let most = pinned ? life.window * 2 : life.window
        demand(
            life.held.count < most, "a worker gets no more than its window",
            "\(life.slot) holds \(life.held.count) of \(life.window)")
        let besideSuspect = life.held.contains { (hands[$0]?.deaths ?? 0) >= 2 }
        demand(
            !besideSuspect && (stamp.deaths < 2 || life.held.isEmpty), "a suspect is alone in its worker's hands",
            "call \(frame.call) to \(life.slot)")
        hands[key]?.holder = stamp.incarnation
        lives[stamp.incarnation]?.held.append(key)
    }

    /// The broker passes an answer on.
    func passesReply(_ route: UInt32, _ frame: Frame) {
        demand(
            lives[frame.executedUnder] != nil, "no answer is taken from a life that is over",
            "call \(frame.call), life \(frame.executedUnder)")
        let hand = hands[Key(route: route, correlation: frame.header.correlation)]
        demand(
            hand?.abandoned != true, "an answer that nobody waits for is dropped", "call \(frame.call)")
        demand(hand?.call == frame.call, "a reply reaches only its own call", "call \(frame.call)")
    }

    /// A frame of the broker's own.
    func brokerSays(_ header: Header, _ route: UInt32) {
        guard header.kind == .drain, let life = lifeOfRoute[route], life == header.incarnation else { return }
        lives[life]?.isDrained = true
    }

    func reports(_ report: PeerReport, route: UInt32) {
        guard report.kind == .joined else { return buries(report) }
        demand(
            lifeOfSlot[report.slot] == nil, "a slot has one life at the broker",
            "\(report.slot): \(report.incarnation) beside \(lifeOfSlot[report.slot] ?? 0)")
        demand(
            report.incarnation > lastIncarnation, "incarnations rise", "\(report.incarnation) after \(lastIncarnation)")
        lastIncarnation = report.incarnation
        lives[report.incarnation] = Life(route: route, slot: report.slot, window: windows[route] ?? 0)
        lifeOfRoute[route] = report.incarnation
        lifeOfSlot[report.slot] = report.incarnation
    }

    private func buries(_ report: PeerReport) {
        guard let life = lives.removeValue(forKey: report.incarnation) else {
            return demand(false, "a life ends once", "\(report.slot): \(report.incarnation)")
        }
        if lifeOfRoute[life.route] == report.incarnation { lifeOfRoute[life.route] = nil }
        if lifeOfSlot[life.slot] == report.incarnation { lifeOfSlot[life.slot] = nil }
        for key in life.held {
            guard let hand = hands[key] else { continue }
            hands[key]?.holder = nil
            if let row = hand.row { deathsOfRow[row, default: 0] += 1 }
            guard hand.again, !hand.abandoned, lifeOfRoute[key.route] != nil else { continue }
            hands[key]?.deaths += 1
        }
    }

    func queueHolds(_ count: Int) {
        // What deaths give back comes on top: at most what was in hand.
        demand(count <= queueLimit + 128, "queues are bounded", "\(count) of \(queueLimit)")
    }

    /// A worker begins the work.
    func begins(_ frame: Frame, _ truth: CallTruth, _ now: Moment) {
        guard isStream, frame.header.deaths == 0 else { return }
        let pair = Pair(
            route: UInt32(truncatingIfNeeded: frame.header.number), incarnation: frame.header.incarnation,
            pinned: truth.isPinned)
        demand(
            frame.sent > lastSent[pair] ?? 0, "one caller's calls begin in order at one worker",
            "call \(frame.call), sent as \(frame.sent) after \(lastSent[pair] ?? 0)")
        lastSent[pair] = frame.sent
    }
}
