/// A file as it was.
public struct KeptFile: Codable, Sendable, Equatable {
    public var name: String
    public var bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// A policy as it was in force, with all that it is made of, whatever the files say by now.
public struct PolicyRecord: Codable, Sendable, Equatable {
    public var version: String
    /// In the order in which they were read.
    public var files: [KeptFile]
    /// The time zones that they name.
    public var zones: [KeptFile]

    public init(version: String, files: [KeptFile], zones: [KeptFile]) {
        self.version = version
        self.files = files
        self.zones = zones
    }
}
