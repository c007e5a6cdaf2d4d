/// What `--help` says.
enum Help {
    /// The help for the last command of a chain that begins with the program.
    static func text(for chain: [Command]) -> String {
        let command = chain[chain.count - 1]
        let line = chain.map(\.name).joined(separator: " ")
        var parts = ["\(line): \(command.summary)", "Usage: \(usage(command, line))"]
        if !command.details.isEmpty { parts.append(command.details) }
        parts += [
            section("Commands", command.commands.map { ($0.name, $0.summary) }),
            section("Arguments", command.arguments.map { ($0.name, described($0)) }),
            section("Options", command.options.map { (shown($0), described($0)) }),
            section(
                chain.count > 1 ? "Everywhere" : "And always",
                (chain.dropLast().flatMap(\.options) + [Parser.help, Parser.version]).map { (shown($0), described($0)) }
            ),
        ].compactMap { $0 }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func usage(_ command: Command, _ line: String) -> String {
        let below = command.commands.isEmpty ? "" : command.actsAlone ? " [COMMAND]" : " COMMAND"
        let arguments = command.arguments.map { argument in
            let name = argument.name + (argument.isRepeated ? "…" : "")
            return argument.isRequired ? " \(name)" : " [\(name)]"
        }.joined()
        return "\(line)\(below)\(arguments) [options]"
    }

    private static func section(_ title: String, _ rows: [(String, String)]) -> String? {
        guard !rows.isEmpty else { return nil }
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { name, text in
            "  \(name)\(String(repeating: " ", count: width - name.count))  \(text)"
        }
        return "\(title):\n" + lines.joined(separator: "\n")
    }

    private static func shown(_ option: Option) -> String {
        let letter = option.letter.map { "-\($0), " } ?? ""
        return letter + "--\(option.name)" + (option.value.map { " \($0.name)" } ?? "")
    }

    private static func described(_ option: Option) -> String {
        var text = option.summary
        if case .choice(let words)? = option.value?.kind { text += ": \(words.joined(separator: ", "))" }
        return text + (option.standard.map { " (otherwise \($0))" } ?? "")
    }

    private static func described(_ argument: Argument) -> String {
        if case .choice(let words) = argument.kind { return "\(argument.summary): \(words.joined(separator: ", "))" }
        return argument.summary
    }
}
