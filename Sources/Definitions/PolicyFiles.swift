public import Contracts
import FoundationEssentials
public import Risk
public import Settings

extension Definitions {
    /// What a folder of policy files says.
    public struct PolicyFound: Sendable {
        /// nil where anything at all is wrong: half a policy is none.
        public var policy: Policy?
        public var mistakes: [Mistake] = []
        /// What is right, and may not be what its author meant.
        public var notes: [Mistake] = []
        /// The zones that the files name, in the order of their names: a verdict depends on their bytes, too.
        public var zones: [KeptFile] = []
    }

    /// Where the tz database stands on this host.
    public static let zoneFolder = "/usr/share/zoneinfo"

    /// Reads the policy of a folder, or of one file.
    public static func policy(in path: String, zones: String = zoneFolder) -> PolicyFound {
        do throws(ConfigurationError) {
            return policy(texts: try texts(in: path), at: path, zones: zones)
        } catch {
            return PolicyFound(mistakes: error.mistakes)
        }
    }

    /// The bytes of all YAML files of a folder, in the order of their names, each with its path.
    public static func texts(in path: String) throws(ConfigurationError) -> [(name: String, bytes: [UInt8])] {
        var texts: [(name: String, bytes: [UInt8])] = []
        for file in try YAMLFolder.files(path) { texts.append((file, try bytes(file))) }
        return texts
    }

    /// Reads the policy of some texts with the zones of this host.
    public static func policy(
        texts: [(name: String, bytes: [UInt8])], at place: String, zones: String = zoneFolder
    ) -> PolicyFound {
        policy(texts: texts, at: place) { name in try? bytes("\(zones)/\(name)") }
    }

    /// Reads the policy of some texts, each with how messages call it; `zone` gives the bytes of a zone by its name.
    public static func policy(
        texts: [(name: String, bytes: [UInt8])], at place: String, zone: @escaping (String) -> [UInt8]?
    ) -> PolicyFound {
        var found = PolicyFound()
        var reading = PolicyReading()
        // The bytes of the zones are part of what a verdict depends on.
        let heard = ZonesHeard()
        let reader = PolicyReader { name in heard.bytes(of: name, from: zone) }
        for text in texts {
            reading.digest(text.bytes)
            for result in Document.all(bytes: text.bytes, name: text.name) {
                do throws(ConfigurationError) {
                    let document = try result.get()
                    try reading.take(try reader.read(document), document.name)
                } catch {
                    found.mistakes += error.mistakes
                }
            }
        }
        for zone in heard.all { reading.digest(zone.bytes) }
        found.zones = heard.all
        if reading.policy == nil, found.mistakes.isEmpty {
            let text = "expected one file with a table of autonomy, found none: nothing will be done without a person"
            found.mistakes.append(Mistake(place: place, text: text))
        }
        found.notes = reading.notes
        if found.mistakes.isEmpty { found.policy = reading.whole }
        return found
    }

    /// Reads a policy as it was in force, with the zones of then: in every place and at every time the same.
    public static func policy(_ record: PolicyRecord) -> PolicyFound {
        policy(texts: record.files.map { ($0.name, $0.bytes) }, at: record.version) { name in
            record.zones.first { $0.name == name }?.bytes
        }
    }

    static func bytes(_ path: String) throws(ConfigurationError) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw ConfigurationError([Mistake(place: path, text: "expected a readable file, found: \(error)")])
        }
    }
}

/// The zones that were asked for while files were read, each once.
private final class ZonesHeard {
    private var kept: [KeptFile] = []

    func bytes(of name: String, from zone: (String) -> [UInt8]?) -> [UInt8]? {
        if let known = kept.first(where: { $0.name == name }) { return known.bytes }
        let bytes = zone(name)
        if let bytes { kept.append(KeptFile(name: name, bytes: bytes)) }
        return bytes
    }

    /// In the order of their names.
    var all: [KeptFile] { kept.sorted { $0.name < $1.name } }
}

/// The parts of a policy as they come.
private struct PolicyReading {
    private(set) var policy: Policy?
    private(set) var notes: [Mistake] = []
    private var place = ""
    private var windows: [Policy.Window] = []
    private var freezes: [Policy.Freeze] = []
    private var digests: [UInt8] = []

    mutating func digest(_ bytes: [UInt8]) { digests += Digest(of: bytes).bytes }

    mutating func take(_ part: PolicyReader.Part, _ file: String) throws(ConfigurationError) {
        windows += part.windows
        freezes += part.freezes
        notes += part.notes
        guard let found = part.policy else { return }
        guard policy == nil else {
            let text = "there is a table of autonomy in \(place) already: a cluster has one policy"
            throw ConfigurationError([
                Mistake(place: "\(file):\(part.line)", path: "autonomy", text: text, line: part.line)
            ])
        }
        policy = found
        place = "\(file):\(part.line)"
    }

    var whole: Policy? {
        guard var policy else { return nil }
        policy.windows = windows
        policy.freezes = freezes
        policy.digest = Digest("kintsugi policy 1", of: digests)
        return policy
    }
}
