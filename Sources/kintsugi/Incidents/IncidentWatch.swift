import Commands
import Contracts
import Glibc
import Host

extension Operator {
    /// Shows each change as it comes, until the incident's end; without one until Ctrl-C.
    func watch(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let asJSON = invocation.has("json")
        var pages: JournalPages
        if let id = invocation.text("INCIDENT") {
            _ = try incidentNamed(invocation, places)
            pages = JournalPages(self, places, incident: id, limit: 100)
        } else {
            pages = try fromNowOn(places)
        }
        var news = JournalNews()
        var trouble: Failure?
        while true {
            do {
                let page = try pages.next()
                trouble = nil
                for entry in page {
                    let line = try JournalLine(entry)
                    if news.take(line) { terminal.write(asJSON ? json(line) : line.text(terminal.paint)) }
                }
                if pages.query.incident != nil, news.isEnded { return }
                guard page.isEmpty else { continue }
            } catch {
                // Who watches wants to see an agent come back; the cluster's end is told once and for all.
                guard ControlClient(places: places).isRunning else { throw error }
                if trouble != error { terminal.write(asJSON ? json(error) : error.error + "\n", to: STDERR_FILENO) }
                trouble = error
            }
            // The pace of asking, and no wait for anything.
            poll(nil, 0, 1_000)
        }
    }

    /// Behind the journal's last entry; of what went before the latest incident nothing is read.
    private func fromNowOn(_ places: Places) throws(Failure) -> JournalPages {
        var latest = IncidentQuery()
        latest.limit = 1
        let query = latest
        var pages = JournalPages(self, places, incident: nil)
        if let id = try triage(places, { try await $0.incidents(query) }).first?.id {
            var first = JournalPages(self, places, incident: id, limit: 1)
            pages.query.after = try first.next().first?.sequence ?? 0
        }
        while try !pages.next().isEmpty {}
        return pages
    }
}

/// Which entries are news to somebody who watches.
struct JournalNews {
    private var standing: [String: String] = [:]
    /// Whether the last entry's incident has ended with it.
    private(set) var isEnded = false

    /// That time has passed is none, where nothing followed.
    mutating func take(_ line: JournalLine) -> Bool {
        let now = "\(line.result.stage.rawValue) \(line.result.generation) \(line.result.note)"
        let before = standing.updateValue(now, forKey: line.incident)
        isEnded = line.result.stage.isEnd
        switch line.event {
        case .tick, .claimed: return before != now
        default: return true
        }
    }
}
