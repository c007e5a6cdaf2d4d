/// What git's sentences mean. They are asked for in English, and are the same in all versions since 2.38.
enum GitWords {
    static func fault(_ errors: String, status: Int32, repository: String?, doing: String) -> ForgeFault {
        let lines = errors.split(separator: "\n").map(String.init)
        let first = said(lines)
        func says(_ parts: String...) -> Bool { parts.contains { errors.contains($0) } }
        if says("not a git repository") { return .noRepository(repository ?? "(unknown)") }
        if says("No space left on device", "Disk quota exceeded") { return .diskFull(doing) }
        if says(".lock': File exists") { return .locked(quoted(in: errors, endingWith: ".lock") ?? "a lock") }
        if let now = word(in: errors, after: " is at ", before: " but expected ") { return .moved(now: now) }
        if says("reference already exists") { return .moved(now: "another commit") }
        if says("unable to resolve reference", "reference is missing") { return .moved(now: "no commit at all") }
        if says(
            "is corrupt", "object file", "missing blob", "missing tree", "missing commit", "broken link", "bad tree",
            "unable to read", "inflate:", "loose object", "bad object", "not a valid object", "invalid sha1 pointer",
            "hash mismatch", "failed to read", "ignoring broken ref", "nonexistent object", "could not parse commit",
            "unable to find", "Could not read", "missing object", ": bad file")
        {
            return .corrupt(first)
        }
        if says("Invalid path", "invalid path") { return .invalid(first) }
        let text = first.isEmpty ? "it ended with status \(status) and said nothing" : first
        return .failed(doing: doing, text: text)
    }

    /// The files that a patch does not fit.
    static func files(ofPatch errors: String) -> [String] {
        var files: [String] = []
        for line in errors.split(separator: "\n") where line.hasPrefix("error: ") {
            let rest = line.dropFirst("error: ".count)
            for end in [": patch does not apply", ": No such file", ": already exists", ": does not exist"] {
                guard let range = rest.firstRange(of: end) else { continue }
                let file = String(rest[..<range.lowerBound])
                if !files.contains(file) { files.append(file) }
            }
        }
        return files
    }

    /// The sentences that matter, on one line.
    static func said(_ lines: [String]) -> String {
        let marked = lines.compactMap { line in
            ["fatal: ", "error: "].first { line.hasPrefix($0) }.map { String(line.dropFirst($0.count)) }
        }
        return (marked.isEmpty ? lines : marked).prefix(3).joined(separator: "; ")
    }

    private static func word(in text: String, after: String, before: String) -> String? {
        guard let end = text.firstRange(of: before),
            let start = text[..<end.lowerBound].ranges(of: after).last
        else { return nil }
        return String(text[start.upperBound..<end.lowerBound])
    }

    /// The path in single quotes that ends so.
    private static func quoted(in text: String, endingWith end: String) -> String? {
        text.split(separator: "'").map(String.init).first { $0.hasSuffix(end) }
    }
}
