import Contracts

/// Pull requests for people.
enum PullReport {
    static func list(_ pulls: [Pull], _ paint: Paint) -> String {
        guard !pulls.isEmpty else { return "There is no pull request.\n" }
        var table = Table(["N", "STATE", "BY", "INCIDENT", "SAID", "CHECKS", "CHANGED", "TITLE"], rightAligned: [0])
        table.rows = pulls.map { pull in
            [
                "\(pull.number)", pull.state.rawValue, pull.author, pull.incident ?? "-", said(pull), checks(pull),
                TimeWords.date(pull.changed), pull.title,
            ]
        }
        return table.text(paint) { row, column in column == 1 ? colour(pulls[row].state) : nil }
    }

    /// One line, for who has just done something.
    static func line(_ pull: Pull, _ paint: Paint) -> String {
        let state = paint(pull.state.rawValue, colour(pull.state))
        var line = "pull request \(pull.number) is \(state), \(said(pull)): \(harmless(pull.title))"
        if let merged = pull.merged { line += " (main has it as \(merged.prefix(10)))" }
        return line + "\n"
    }

    static func whole(_ pull: Pull, _ paint: Paint) -> String {
        var rows: [(String, String)] = [
            ("state", paint(pull.state.rawValue, colour(pull.state))), ("by", harmless(pull.author)),
            ("branch", harmless(pull.branch)), ("commit", pull.head), ("made on", pull.base),
        ]
        if let merged = pull.merged {
            rows.append(("merged", "\(merged) by \(harmless(pull.mergedBy ?? "nobody known"))"))
        }
        if let incident = pull.incident { rows.append(("incident", harmless(incident))) }
        if let plan = pull.plan { rows.append(("plan", harmless(plan))) }
        rows += [("opened", TimeWords.date(pull.created)), ("changed", TimeWords.date(pull.changed))]
        var text = paint("#\(pull.number) \(harmless(pull.title))", .bold) + "\n\n"
        for (name, value) in rows { text += "  \(name)\(String(repeating: " ", count: 10 - name.count))\(value)\n" }
        if !pull.text.isEmpty { text += "\n" + indented(pull.text) }
        for check in pull.checks {
            text += "\n  \(paint(check.state.rawValue, colour(check.state)))  \(harmless(check.name))"
            text += check.text.isEmpty ? "\n" : ": \(harmless(check.text))\n"
        }
        for review in pull.reviews {
            let old = review.head.isEmpty || review.head == pull.head ? "" : " (of \(review.head.prefix(10)))"
            text +=
                "\n  \(paint(harmless(review.by), .bold)) \(word(review.verdict))\(old), \(TimeWords.date(review.at))\n"
            if !review.text.isEmpty { text += indented(review.text) }
        }
        return text
    }

    /// A patch, in colours where there are any.
    static func diff(_ text: String, _ paint: Paint) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let shown = harmlessLine(line)
            if line.hasPrefix("+++") || line.hasPrefix("---") || line.hasPrefix("diff ") { return paint(shown, .bold) }
            if line.hasPrefix("+") { return paint(shown, .green) }
            if line.hasPrefix("-") { return paint(shown, .red) }
            return line.hasPrefix("@@") ? paint(shown, .cyan) : shown
        }.joined(separator: "\n")
    }

    /// Tabs are no danger, and a patch without them does not fit.
    static func harmlessLine(_ line: Substring) -> String {
        line.split(separator: "\t", omittingEmptySubsequences: false).map { harmless(String($0)) }.joined(
            separator: "\t")
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { "    \(harmless(String($0)))\n" }.joined()
    }

    /// The latest words of persons, counted.
    private static func said(_ pull: Pull) -> String {
        var latest: [PullReview] = []
        for review in pull.reviews where review.verdict != .comment {
            latest.removeAll { $0.by == review.by }
            latest.append(review)
        }
        let rejections = latest.count { $0.verdict == .reject }
        let approvals = latest.count - rejections
        if rejections > 0 { return "rejected by \(rejections)" }
        return approvals > 0 ? "approved by \(approvals)" : "not judged"
    }

    private static func checks(_ pull: Pull) -> String {
        let own = pull.checks.filter { $0.head == pull.head }
        guard !own.isEmpty else { return "-" }
        if own.contains(where: { $0.state == .failed }) { return "failed" }
        return own.contains { $0.state == .pending } ? "pending" : "passed"
    }

    private static func word(_ verdict: PullReview.Verdict) -> String {
        switch verdict {
        case .approve: "approves"
        case .reject: "rejects"
        case .comment: "says"
        }
    }

    private static func colour(_ state: Pull.State) -> Paint.Colour {
        switch state {
        case .open: .yellow
        case .merged: .green
        case .closed: .grey
        }
    }

    private static func colour(_ state: PullCheck.State) -> Paint.Colour {
        switch state {
        case .pending: .yellow
        case .passed: .green
        case .failed: .red
        }
    }
}
