import Settings
import Worker

/// Whether a cluster could run from a folder.
enum ConfigurationCheck {
    /// Everything that is wrong in it; empty where nothing is.
    static func mistakes(in folder: String) -> [Mistake] {
        readers.flatMap { reader -> [Mistake] in
            do {
                try reader(folder)
                return []
            } catch let error as ConfigurationError {
                return error.mistakes
            } catch {
                return [Mistake(place: folder, text: "\(error)")]
            }
        }
    }

    /// Each reads a part and throws what is wrong in it.
    private static let readers: [@Sendable (String) throws -> Void] = [
        { _ = try ClusterFile.read(path: "\($0)/cluster.yaml") },
        { _ = try AccessFile.read(path: "\($0)/acl.yaml") },
    ]
}
