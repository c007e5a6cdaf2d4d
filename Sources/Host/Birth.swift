import CHost
public import Contracts
import Glibc

/// The descriptors with which every process of the cluster is born.
public enum BirthDescriptor {
    /// To read: the secret as 64 hexadecimal digits and a newline, then the end.
    public static let secret: Int32 = 3
    /// To write: `ready` and a newline, once.
    public static let readiness: Int32 = 4
    /// To read: it ends when the guardian is gone.
    public static let lifeline: Int32 = 5
    /// The first listening socket.
    public static let firstListener: Int32 = 6
}

/// Why a process could not read how it was born.
public enum BirthFault: Error, CustomStringConvertible {
    case noBirth
    case bad(variable: String, expected: String, found: String?)
    case badSecret
    case closed(descriptor: Int32, purpose: String)

    public var description: String {
        switch self {
        case .noBirth:
            "this process was not started by Kintsugi's guardian (KINTSUGI_SLOT is not set); "
                + "start the cluster with `kintsugi up`"
        case .bad(let variable, let expected, let found):
            "\(variable): expected \(expected), found \(found.map { "\"\($0)\"" } ?? "nothing")"
        case .badSecret:
            "descriptor \(BirthDescriptor.secret): expected the birth secret, 64 hexadecimal digits and a newline"
        case .closed(let descriptor, let purpose): "descriptor \(descriptor) (\(purpose)) is not open"
        }
    }
}

/// What a process learns from its parent at birth: who it is, by what it proves it, and what it inherits.
public struct Birth: Sendable {
    public let slot: SlotName
    /// The number of this process; each process of a cluster has a higher one than those before.
    public let spawn: UInt64
    /// 64 hexadecimal digits.
    public let secret: String
    /// The listening sockets by name.
    public let listeners: [Listener]
    public let data: String
    public let run: String
    public let config: String
    public let portOffset: Int
    /// Readable when the guardian is gone.
    public let lifeline: Descriptor
    private let readiness: Descriptor

    public struct Listener: Sendable {
        public let name: String
        public let descriptor: Descriptor
    }

    /// Reads it, once in a process's life: the secret is gone after that, and the descriptors have an owner.
    public static func read() throws -> Birth {
        try read(firstDescriptor: BirthDescriptor.secret) { name in getenv(name).map { String(cString: $0) } }
    }

    /// The same from other descriptors and variables, so that a test can be parent and child at once.
    static func read(firstDescriptor: Int32, variable: (String) -> String?) throws -> Birth {
        guard let slot = variable("KINTSUGI_SLOT") else { throw BirthFault.noBirth }
        guard let name = SlotName(slot) else {
            throw BirthFault.bad(variable: "KINTSUGI_SLOT", expected: "a slot such as orders@local.1", found: slot)
        }
        func number<Number: LosslessStringConvertible>(_ name: String, default standard: String?) throws -> Number {
            let text = variable(name) ?? standard
            guard let number = text.flatMap({ Number($0) }) else {
                throw BirthFault.bad(variable: name, expected: "a number", found: text)
            }
            return number
        }
        func path(_ name: String) throws -> String {
            guard let value = variable(name), !value.isEmpty else {
                throw BirthFault.bad(variable: name, expected: "a path", found: nil)
            }
            return value
        }
        let offset = firstDescriptor - BirthDescriptor.secret
        let secretPipe = try inherit(BirthDescriptor.secret + offset, "the secret")
        return Birth(
            slot: name, spawn: try number("KINTSUGI_SPAWN", default: nil), secret: try readSecret(from: secretPipe),
            listeners: try readListeners(variable("KINTSUGI_LISTEN") ?? ""), data: try path("KINTSUGI_DATA"),
            run: try path("KINTSUGI_RUN"), config: variable("KINTSUGI_CONFIG") ?? "",
            portOffset: try number("KINTSUGI_PORT_OFFSET", default: "0"),
            lifeline: try inherit(BirthDescriptor.lifeline + offset, "the lifeline"),
            readiness: try inherit(BirthDescriptor.readiness + offset, "readiness"))
    }

    /// Tells the parent that this process serves.
    public func announceReady() throws { _ = try readiness.write("ready\n".utf8) }

    /// The inherited socket of that name.
    public func listener(named name: String) -> Descriptor? {
        listeners.first { $0.name == name }?.descriptor
    }

    /// Takes over an inherited descriptor; what this process starts shall not have it.
    private static func inherit(_ number: Int32, _ purpose: String) throws(BirthFault) -> Descriptor {
        guard host_fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else { throw .closed(descriptor: number, purpose: purpose) }
        return Descriptor(owning: number)
    }

    private static func readSecret(from pipe: Descriptor) throws -> String {
        var bytes: [UInt8] = []
        // Not until the end: it is no fault of the child if somebody else still holds the other side open.
        while bytes.count < 65, let part = try pipe.read(upTo: 65), !part.isEmpty { bytes += part }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasSuffix("\n"), ClusterKey(hex: String(text.dropLast())) != nil else { throw BirthFault.badSecret }
        return String(text.dropLast())
    }

    private static func readListeners(_ text: String) throws -> [Listener] {
        try text.split(separator: ",").map { entry in
            let parts = entry.split(separator: "=")
            guard parts.count == 2, let number = Int32(parts[1]), number >= BirthDescriptor.firstListener else {
                throw BirthFault.bad(
                    variable: "KINTSUGI_LISTEN", expected: "name=descriptor pairs such as http=6", found: text)
            }
            return Listener(name: String(parts[0]), descriptor: try inherit(number, "the listener \(parts[0])"))
        }
    }
}
