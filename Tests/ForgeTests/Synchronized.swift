import Synchronization

/// A value that several threads change.
final class Synchronized<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
    var read: Value { value.withLock { $0 } }
    func change(_ body: (inout sending Value) -> Void) { value.withLock { body(&$0) } }
}
