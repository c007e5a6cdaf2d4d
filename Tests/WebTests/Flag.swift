import Synchronization

/// Something that a test says to what runs beside it.
final class Flag: Sendable {
    private let state = Atomic(false)
    var value: Bool { state.load(ordering: .acquiring) }
    func set(_ value: Bool) { state.store(value, ordering: .releasing) }
}
