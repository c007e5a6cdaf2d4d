/// How a process ended, exactly as the kernel told it.
public enum ProcessExit: Codable, Sendable, Hashable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32, core: Bool)

    /// As a person would say it: "exited with code 78", "killed by signal 11 (SEGV), core dumped".
    public var description: String {
        switch self {
        case .code(let code): "exited with code \(code)"
        case .signal(let signal, let core):
            "killed by signal \(Self.describe(signal))\(core ? ", core dumped" : "")"
        }
    }

    /// The exit code by which a process says that its configuration is wrong (EX_CONFIG of sysexits).
    public static let misconfigured: Int32 = 78

    /// A signal with its name, "9 (KILL)"; the number alone when it has none.
    public static func describe(_ signal: Int32) -> String {
        guard names.indices.contains(Int(signal)) else { return "\(signal)" }
        return "\(signal) (\(names[Int(signal)]))"
    }

    /// The number of a signal by its name, with or without SIG in front.
    public static func signal(named name: String) -> Int32? {
        let upper = name.uppercased()
        let bare = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        guard bare != "0" else { return nil }
        return names.firstIndex(of: bare).map { Int32($0) }
    }

    // Linux's numbers, the same on x86-64 and arm64; index 0 is no signal.
    private static let names = [
        "0", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]
}
