import Glibc

/// A system call that failed: what was to be done, and what the kernel said.
public struct SystemFault: Error, Equatable, CustomStringConvertible {
    public let doing: String
    public let code: Int32

    /// With the errno that the call has just left.
    public init(_ doing: String) { self.init(doing, code: errno) }

    public init(_ doing: String, code: Int32) {
        self.doing = doing
        self.code = code
    }

    public var description: String { "could not \(doing): \(String(cString: strerror(code))) (errno \(code))" }
}

/// The result of a system call, or its errno as an error that says what was to be done.
@discardableResult
func checked(_ result: Int32, _ doing: @autoclosure () -> String) throws(SystemFault) -> Int32 {
    guard result >= 0 else {
        let code = errno
        throw SystemFault(doing(), code: code)
    }
    return result
}
