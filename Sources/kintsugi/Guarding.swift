import Definitions
import Glibc
import Host
import Settings
import Worker

/// Reads the configuration of `kintsugi up` and guards the cluster until its end; the exit code.
func guardian(_ request: UpRequest) -> Int32 {
    let terminal = Terminal()
    do {
        let config = realpath(request.configuration, nil).map { path in
            defer { free(path) }
            return String(cString: path)
        }
        guard let config else {
            terminal.write(
                "kintsugi: --config \(request.configuration): there is no such folder (expected one with cluster.yaml "
                    + "and acl.yaml)\n", to: STDERR_FILENO)
            return ExitCode.configuration
        }
        let plan = try ClusterFile.read(path: "\(config)/cluster.yaml")
        _ = try AccessFile.read(path: "\(config)/acl.yaml")
        var options = GuardianOptions(plan: plan, places: request.places)
        options.config = config
        options.portOffset = request.portOffset
        return try guardCluster(options)
    } catch let mistakes as ConfigurationError {
        terminal.write("\(mistakes)\n", to: STDERR_FILENO)
        return ExitCode.configuration
    } catch {
        terminal.write("kintsugi: \(error)\n", to: STDERR_FILENO)
        return ExitCode.unavailable
    }
}
