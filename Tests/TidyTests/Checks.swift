/// A rule of the house that a file breaks.
struct Untidiness: CustomStringConvertible, Equatable {
    let path: String
    let line: Int
    let text: String

    var description: String { "\(path):\(line): \(text)" }
}

/// What may be found by reading one file, or the files of one library, alone.
enum Checks {
    /// The floor of each room; a room may import what stands below it.
    static let floors: [String: Int] = [
        "CZeroMQ": 0, "CYAML": 0, "CHost": 0, "CSodium": 0, "CMicroHTTPD": 0, "CSQLite": 0,
        "CZlib": 0, "CCurl": 0,
        "Contracts": 1, "Routing": 1, "Supervision": 1, "Delivery": 1, "Signals": 1, "Settings": 1, "Commands": 1,
        "Threads": 1, "Insight": 1, "Orders": 1, "Inventory": 1, "Carrying": 1,
        "Capabilities": 1, "Risk": 1, "Incidents": 1, "Remedies": 1, "Alerting": 1,
        "Doorkeeping": 1, "Notices": 1,
        "Postmortems": 1, "Archive": 2, "Chronicling": 3,
        "Reckoning": 1, "Replaying": 3, "Knowledge": 3,
        "Bus": 2, "Host": 2, "OTLP": 2, "Senses": 2, "Web": 2, "WebClient": 2, "Store": 2, "Load": 2, "Simulator": 2,
        "ConsoleFiles": 2, "Definitions": 2, "Diagnosing": 2, "Triaging": 2, "Intake": 2,
        "Worker": 3, "Service": 3, "Audit": 3, "Canaries": 3, "Listening": 3, "AlertDoors": 3, "Bench": 4,
        "ActionDoors": 3, "Channels": 3, "Dispatching": 3,
        "OMSActor": 4, "IMSActor": 4, "CarrierSimulator": 4, "TelemetryAgent": 4, "RiskAgent": 4, "TriageAgent": 4,
        "RemediationAgent": 4, "CommsAgent": 4,
        "Forge": 3, "ForgeSample": 4,
        "Faults": 1, "Chaos": 4,
        "Building": 3,
        "Broker": 4, "Supervisor": 4, "EchoActor": 4, "StoreHelper": 4, "WebSample": 4, "ChannelSample": 4,
        "kintsugi": 5,
    ]

    static let mostLines = 400

    static func all(_ files: [SourceFile]) -> [Untidiness] {
        let checks = [imports, length, unexplained, forbidden, sleeps, leftovers]
        let found = files.flatMap { file in checks.flatMap { $0(file) } }
        return found + unorderedIteration(in: files.filter { isRule($0) })
    }

    /// Rules, and algorithms that rules rest on: the same input must give the same decision in every process.
    static func isRule(_ file: SourceFile) -> Bool {
        file.path.hasPrefix("Sources/Rules/") || file.path.hasPrefix("Sources/Insight/")
    }

    static func imports(_ file: SourceFile) -> [Untidiness] {
        guard let module = file.module, !file.isTest || floors[module] != nil else {
            return matches(
                #"\bimport Foundation\b"#, file, "Foundation is not imported: FoundationEssentials, or Glibc")
        }
        guard let floor = floors[module] else {
            return [Untidiness(path: file.path, line: 1, text: "the room \(module) has no floor in the table")]
        }
        let isRule = isRule(file)
        return matches(#"\bimport +(?:(?:struct|class|enum|func|protocol) +)?(\w+)"#, file) { imported in
            if imported == "Foundation" || imported == "FoundationNetworking" {
                return "\(imported) is not imported: FoundationEssentials, or Glibc"
            }
            guard let other = floors[imported], other >= floor, imported != module else { return nil }
            if isRule && imported == "Contracts" { return nil }
            return "\(module) stands on floor \(floor) and may not import \(imported) of floor \(other)"
        }
    }

    static func length(_ file: SourceFile) -> [Untidiness] {
        let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
        guard count > mostLines else { return [] }
        return [Untidiness(path: file.path, line: count, text: "\(count) lines, at most \(mostLines)")]
    }

    static func unexplained(_ file: SourceFile) -> [Untidiness] {
        guard file.module != nil else { return [] }
        var found = matches(
            #"@unchecked +Sendable|nonisolated\(unsafe\)"#, file, "without a comment above that says why it holds")
        if !file.isTest {
            found += matches(#"\bfatalError\("#, file, "fatalError without a comment above that says why")
        }
        return found.filter { !file.isExplained(line: $0.line) }
    }

    static func forbidden(_ file: SourceFile) -> [Untidiness] {
        guard file.module != nil else { return [] }
        return matches(#"\btry!"#, file, "try! ends the process on an error")
            + matches(#"\bdistributed +var\b"#, file, "a distributed var is not supported by the compiler: use a func")
    }

    static func sleeps(_ file: SourceFile) -> [Untidiness] {
        guard file.isTest else { return [] }
        let found = matches(#"\b(?:u|nano|clock_nano)?sleep\("#, file, "a test waits for a condition, not for time")
        // What polls for a condition, and what stands for slow work, says so once.
        return found.filter { !file.isExplained(line: $0.line) }
    }

    static func leftovers(_ file: SourceFile) -> [Untidiness] {
        file.lines.enumerated().compactMap { index, line in
            // Spelt so that this very line is none.
            let words = ["TO" + "DO", "FIX" + "ME"]
            guard let word = words.first(where: { line.contains($0) }) else { return nil }
            return Untidiness(path: file.path, line: index + 1, text: "\(word) is left in the file")
        }
    }

    /// Iteration over what is declared as a Dictionary or a Set anywhere in the same library.
    static func unorderedIteration(in files: [SourceFile]) -> [Untidiness] {
        var names: [String: Set<String>] = [:]
        for file in files {
            names[file.module ?? "", default: []].formUnion(unorderedNames(in: file.code))
        }
        return files.flatMap { file in
            let text = "a Dictionary or a Set is iterated: its order differs from process to process; sort first"
            let harmless = #"(?!\s*\.(?:sorted|count|contains|isEmpty|allSatisfy)\b)"#
            var found = matches(#"\.(?:keys|values)\b(?!\s*:)"# + harmless, file, text)
            let known = names[file.module ?? "", default: []].sorted()
            if !known.isEmpty {
                let any = "(?:" + known.joined(separator: "|") + ")"
                let subscripted = #"(?:\[[^\]\n]*\][?!]?)?"#
                let calls = "(?:map|compactMap|flatMap|forEach|reduce|first|enumerated|min|max|randomElement|popFirst)"
                found += matches(#"\bin +(?:\w+[?!]?\.)*"# + any + #"(?: +where\b[^{]*)? *\{"#, file, text)
                found += matches(#"\b"# + any + #"\s*\."# + calls + #"\b"#, file, text)
                found += matches(
                    #"\b(?:Array|zip|ContiguousArray)\((?:\w+\.)*"# + any + subscripted + #"[,)]"#, file, text)
            }
            return found.sorted { $0.line < $1.line }
        }
    }

    /// The names that a text declares as a Dictionary or a Set.
    static func unorderedNames(in code: String) -> Set<String> {
        let type = #"(?:\[[^\[\]:,()]+:[^\n]+\]|Dictionary<|Set<)"#
        return Set(captures(#"\b(\w+)\s*:\s*(?:inout +)?"# + type, in: code).map(\.word))
            .union(captures(#"\b(?:let|var) +(\w+)\s*=\s*"# + type + #".*\(\)"#, in: code).map(\.word))
            .union(captures(#"\b(?:let|var) +(\w+)\s*=\s*(?:Set|Dictionary)\("#, in: code).map(\.word))
    }

    // MARK: - Searching

    private static func matches(_ pattern: String, _ file: SourceFile, _ text: String) -> [Untidiness] {
        matches(pattern, file) { _ in text }
    }

    private static func matches(_ pattern: String, _ file: SourceFile, _ judge: (String) -> String?) -> [Untidiness] {
        captures(pattern, in: file.code).compactMap { found in
            judge(found.word).map { Untidiness(path: file.path, line: found.line, text: $0) }
        }
    }

    /// What the first group of a pattern (or else all of it) matched, and on which lines.
    private static func captures(_ pattern: String, in text: String) -> [(word: String, line: Int)] {
        guard let regex = try? Regex(pattern) else { preconditionFailure("not a pattern: \(pattern)") }
        // By the standard's default, `Task.sleep` would be one word.
        return text.matches(of: regex.wordBoundaryKind(.simple)).map { match in
            let group = match.output.count > 1 ? match.output[1].substring : nil
            let line = text[..<match.range.lowerBound].utf8.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
            return (String(group ?? text[match.range]), line)
        }
    }
}
