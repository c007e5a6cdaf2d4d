import Contracts
import Signals
import Store

/// A carrier that books parcels, well or badly.
///
/// Isolates how it behaves for now, and how many batches it let in within this second.
actor Carrier {
    private let store: Store
    private let bookBatch: WriteCommand<[ParcelRequest], [ParcelAnswer]>
    private let cancelBatch: WriteCommand<[ParcelRequest], [ParcelAnswer]>
    private var chance: Chance
    private var window = (second: Int64(0), batches: 0)
    private(set) var behaviour = Behaviour()

    /// How long every answer is on its way.
    nonisolated let distance: Duration

    static let batchesPerSecond = 10

    init(_ store: Store, seed: UInt64, distance: Duration = .zero) {
        self.store = store
        self.distance = distance
        chance = Chance(seed: seed)
        bookBatch = store.register("carrier.book") { context, requests in
            try requests.map { try CarrierTables.book($0, context) }
        }
        cancelBatch = store.register("carrier.cancel") { context, requests in
            try requests.map { try CarrierTables.cancel($0, context) }
        }
    }

    func behave(_ behaviour: Behaviour) { self.behaviour = behaviour }

    func book(_ requests: [ParcelRequest]) async throws -> [ParcelAnswer] { try await bookBatch(requests) }
    func cancel(_ requests: [ParcelRequest]) async throws -> [ParcelAnswer] { try await cancelBatch(requests) }

    func parcels(after: Int64, limit: Int) async throws -> [Parcel] {
        try await store.read { try CarrierTables.parcels(after: after, limit: limit, $0) }
    }

    /// How the next request is treated.
    func treatment() -> Behaviour.Mode {
        guard Int.random(in: 0..<100, using: &chance) < behaviour.share else { return .good }
        guard behaviour.mode == .limiting else { return behaviour.mode }
        let second = WallTime.now.nanoseconds / 1_000_000_000
        if window.second != second { window = (second, 0) }
        window.batches += 1
        return window.batches > Self.batchesPerSecond ? .limiting : .good
    }

    /// Right answers, made wrong in one of several ways.
    func spoilt(_ answers: [ParcelAnswer]) -> [ParcelAnswer]? {
        var answers = answers
        switch Int.random(in: 0..<5, using: &chance) {
        case 0: return nil
        case 1: return []
        case 2: answers.removeLast()
        case 3: answers.append(answers[0])
        default: answers[0].key += "-other"
        }
        return answers
    }
}
