import Glibc
import Settings

/// The YAML files of a folder.
enum YAMLFolder {
    /// In the order of their names; a file is itself.
    static func files(_ path: String) throws(ConfigurationError) -> [String] {
        guard let folder = opendir(path) else {
            let code = errno
            if code == ENOTDIR { return [path] }
            throw ConfigurationError([
                Mistake(place: path, text: "expected a readable folder, found: \(String(cString: strerror(code)))")
            ])
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix("."), name.hasSuffix(".yaml") || name.hasSuffix(".yml") { names.append(name) }
        }
        return names.sorted().map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }
}
