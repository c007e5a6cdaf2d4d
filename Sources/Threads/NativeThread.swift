import CHost
import Glibc

/// A thread of the system's own, for work that may block or that owns something.
public final class NativeThread: Sendable {
    private let name: String
    private let body: @Sendable () -> Void

    public init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    public func start() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 1 << 20)
        // Signals are read elsewhere: no thread of ours is interrupted by one.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { pointer in
                let thread = Unmanaged<NativeThread>.fromOpaque(pointer!).takeRetainedValue()
                host_name_thread(String(thread.name.prefix(15)))
                thread.body()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        pthread_attr_destroy(&attributes)
        precondition(code == 0, "the system gave no thread for \(name): \(String(cString: strerror(code)))")
    }
}
