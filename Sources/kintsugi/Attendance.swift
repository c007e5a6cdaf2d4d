import Bus
import Glibc
import Host
import Threads

/// Stays with a cluster that a person started at a terminal: shows what happens, and stops it at Ctrl-C.
///
/// The guardian is a process and a group of its own, so that the terminal's signals reach this process only.
struct Attendance {
    let places: Places
    let guardian: Int32
    let terminal: Terminal

    func run() throws(Failure) -> Int32 {
        terminal.write(
            """

            In another terminal: kintsugi status · kintsugi kill broker · kintsugi logs -f
            What happens from here on is shown below. Ctrl-C stops the cluster.


            """)
        do {
            let signals = try SignalReader([SIGINT, SIGTERM, SIGHUP])
            let process = try ProcessHandle(pid: guardian)
            showEvents()
            while true {
                let ready = Poll.wait(
                    [Poll.interest(signals.descriptor.number), Poll.interest(process.descriptor.number)], until: nil)
                if ready[1].revents != 0 {
                    terminal.write("The cluster has stopped.\n")
                    return ExitCode.success
                }
                if ready[0].revents != 0, !(try signals.take()).isEmpty {
                    terminal.write("\nStopping the cluster…\n")
                    _ = process.send(SIGTERM)
                }
            }
        } catch {
            throw Failure("the cluster runs, but cannot be watched from here: \(error) (stop it: kintsugi down)")
        }
    }

    /// What the guardian and the supervisor have to say, as it is written; the workers' logs are for `kintsugi logs`.
    private func showEvents() {
        let places = places
        let terminal = terminal
        NativeThread(name: "events") {
            var follower = LogFollower(places: places, role: nil)
            _ = try? follower.last(0)
            try? follower.follow { records in
                for record in records where record.origin.hasPrefix("guardian") || record.origin.hasPrefix("supervisor")
                {
                    terminal.write(record.pretty(originWidth: 12, paint: terminal.paint) + "\n")
                }
                return true
            }
        }.start()
    }
}
