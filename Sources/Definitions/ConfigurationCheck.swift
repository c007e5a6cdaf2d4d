import Glibc
public import Settings
public import Supervision

/// Whether a whole folder of configuration can be run: everything that is read from it is read here first, so that nothing is
/// half applied.
public enum ConfigurationCheck {
    /// All that is wrong in it, in the order of the files; empty where it is right.
    public static func mistakes(in folder: String) -> [Mistake] {
        var found: [Mistake] = []
        func look(_ read: () throws(ConfigurationError) -> Void) {
            do throws(ConfigurationError) { try read() } catch { found += error.mistakes }
        }
        look { () throws(ConfigurationError) in _ = try ClusterFile.read(path: "\(folder)/cluster.yaml") }
        look { () throws(ConfigurationError) in _ = try AccessFile.read(path: "\(folder)/acl.yaml") }
        if isThere("\(folder)/slo") { found += Definitions.objectives(in: "\(folder)/slo").mistakes }
        if isThere("\(folder)/canaries") { found += Definitions.canaries(in: "\(folder)/canaries").mistakes }
        if isThere("\(folder)/runbooks") { found += Definitions.runbooks(in: "\(folder)/runbooks").mistakes }
        if isThere("\(folder)/policy") { found += Definitions.policy(in: "\(folder)/policy").mistakes }
        if isThere("\(folder)/people.yaml") { found += Definitions.people(files: ["\(folder)/people.yaml"]).mistakes }
        if isThere("\(folder)/calibration") {
            found += Definitions.calibration(in: "\(folder)/calibration").mistakes
        }
        if isThere("\(folder)/triage") { found += Definitions.triage(in: "\(folder)/triage").mistakes }
        if isThere("\(folder)/comms") { found += Definitions.comms(in: "\(folder)/comms").mistakes }
        look { () throws(ConfigurationError) in _ = try Definitions.forge(file: "\(folder)/forge.yaml") }
        if isThere("\(folder)/pipeline.yaml") {
            look { () throws(ConfigurationError) in _ = try Definitions.pipeline(path: "\(folder)/pipeline.yaml") }
        }
        found += wellFormed("\(folder)/roles")
        return found
    }

    /// The plan of a folder that is right; nil for another.
    public static func plan(in folder: String) -> ClusterPlan? {
        try? ClusterFile.read(path: "\(folder)/cluster.yaml")
    }

    /// What a role can be told is known to its process alone; that it is YAML at all is seen here.
    private static func wellFormed(_ folder: String) -> [Mistake] {
        guard isThere(folder), let files = try? YAMLFolder.files(folder) else { return [] }
        return files.flatMap { path -> [Mistake] in
            do throws(ConfigurationError) { _ = try Document(path: path) } catch { return error.mistakes }
            return []
        }
    }

    private static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
