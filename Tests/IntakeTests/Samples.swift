import Contracts

@testable import Intake

/// 2030-01-31T12:00:00Z.
let now: Int64 = 1_896_091_200_000_000_000
let second: Int64 = 1_000_000_000
let words = IntakeWords()

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// As Alertmanager 0.28 sends it, with what newer ones have beside it.
let webhook = #"""
    {"receiver":"kintsugi","status":"firing","alerts":[
     {"status":"firing","labels":{"alertname":"HighLatency","service":"orders","severity":"critical","zone":"eu-1"},
      "annotations":{"summary":"slow","description":"p99 is 3 s"},"startsAt":"2030-01-31T11:58:00.123456789Z",
      "endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prometheus:9090/graph","fingerprint":"a1b2"},
     {"status":"resolved","labels":{"alertname":"DiskFull","job":"inventory","severity":"warning"},"annotations":{},
      "startsAt":"2030-01-31T10:00:00+01:00","endsAt":"2030-01-31T11:00:00Z","generatorURL":"","fingerprint":"c3"}],
     "groupLabels":{"service":"orders"},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am:9093",
     "version":"4","groupKey":"{}:{}","truncatedAlerts":3,"notificationReason":"new"}
    """#

/// As Prometheus posts it.
let posted = #"""
    [{"annotations":{"summary":"slow"},"endsAt":"2030-01-31T12:04:00Z","startsAt":"2030-01-31T11:58:00.123456789Z",
      "generatorURL":"http://prometheus:9090/graph",
      "labels":{"zone":"eu-1","severity":"critical","service":"orders","alertname":"HighLatency"}},
     {"labels":{"alertname":"DiskFull","job":"inventory"},"startsAt":"2030-01-31T10:00:00Z","endsAt":"2030-01-31T11:00:00Z"},
     {"labels":{"alertname":"Bare"}}]
    """#

let structured = #"""
    {"specversion":"1.0","id":"e-1","source":"/build/orders","type":"org.example.test.failed.triggered",
     "subject":"orders","time":"2030-01-31T11:59:00Z","datacontenttype":"application/json","extension":"x",
     "data":{"severity":"error","message":"a test fails","service":"orders","labels":{"branch":"main"}}}
    """#

let enqueued = #"""
    {"routing_key":"0123456789abcdef0123456789abcdef","event_action":"trigger","dedup_key":"disk/orders",
     "payload":{"summary":"the disk is full","source":"host-1","severity":"error","component":"orders",
     "timestamp":"2030-01-31T11:59:00.000Z","custom_details":{"free":0}},"client":"Monitoring"}
    """#

let hooked = #"""
    {"alerts":[{"name":"pipeline failed","service":"orders","severity":"high","text":"step 3","labels":{"run":17},
     "began":"2030-01-31T11:59:00Z"},{"name":"other","status":"resolved","fingerprint":"f"}]}
    """#

extension String {
    func replacing(_ part: String, with other: String) -> String {
        guard let range = range(of: part) else { return self }
        return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }

    private func range(of part: String) -> Range<String.Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(part) { return at..<index(at, offsetBy: part.count) }
            at = index(after: at)
        }
        return nil
    }
}

/// Reads a body as one of the formats does; what it says, or why not.
func read(_ format: String, _ body: [UInt8]) -> Result<[RaisedAlert], IntakeRefusal> {
    do throws(IntakeRefusal) {
        switch format {
        case "webhook": return .success(try AlertmanagerIntake.webhook(body, words, now: now, sender: "s").alerts)
        case "posted": return .success(try AlertmanagerIntake.postedAlerts(body, words, now: now, sender: "s").alerts)
        case "structured", "batch":
            let type = format == "batch" ? CloudEventIntake.batch : CloudEventIntake.structured
            return .success(
                try CloudEventIntake.read(body, contentType: type, headers: [], words, now: now, sender: "s").alerts)
        case "pagerduty":
            guard case .alert(let alert) = try PagerDutyEvent.read(body, words, now: now, sender: "s").action else {
                return .success([])
            }
            return .success([alert])
        default: return .success(try HookIntake.read(body, hook: "ci", words, now: now).alerts)
        }
    } catch {
        return .failure(error)
    }
}

let goldens: [(format: String, body: String)] = [
    ("webhook", webhook), ("posted", posted), ("structured", structured), ("batch", "[\(structured)]"),
    ("pagerduty", enqueued), ("hook", hooked),
]
