/// What a command line asks for.
public enum Wish: Sendable, Equatable {
    case run(Invocation)
    /// The help, ready to print.
    case help(String)
    case version
}

/// Reads a command line by a tree of commands.
public struct Parser: Sendable {
    public static let help = Option.flag("help", letter: "h", "show this help")
    public static let version = Option.flag("version", "show the version")

    private let root: Command
    private let suggest: @Sendable (_ word: String, _ candidates: [String]) -> String?

    /// - Parameter suggest: the candidate that a mistyped word was probably meant to be.
    public init(_ root: Command, suggest: @escaping @Sendable (_ word: String, _ candidates: [String]) -> String?) {
        self.root = root
        self.suggest = suggest
    }

    /// Understands `arguments`, without the path of the program.
    public func parse(_ arguments: [String]) throws(UsageError) -> Wish {
        var state = State(chain: [root])
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" && !state.onlyArguments {
                state.onlyArguments = true
            } else if word.hasPrefix("-") && word.count > 1 && !state.onlyArguments {
                if let wish = try takeOption(word, &rest, &state) { return wish }
            } else if let next = state.last.commands.first(where: { $0.name == word }), state.words.isEmpty {
                state.chain.append(next)
                state.invocation.path.append(next.name)
            } else {
                try takeArgument(word, &state)
            }
        }
        return try finish(&state)
    }

    /// How far the command line has been understood.
    private struct State {
        var chain: [Command]
        var invocation = Invocation()
        var words: [String] = []
        var onlyArguments = false

        var last: Command { chain[chain.count - 1] }
        var options: [Option] { chain.flatMap(\.options) + [Parser.help, Parser.version] }
    }

    /// Takes an option and its value; a wish when the option alone is one.
    private func takeOption(
        _ word: String, _ rest: inout ArraySlice<String>, _ state: inout State
    ) throws(UsageError) -> Wish? {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = state.options.first(where: { "--\($0.name)" == name || $0.letter.map { "-\($0)" } == name })
        else {
            let names = state.options.map { "--\($0.name)" }
            throw error("unknown option \(name)" + meant(name, names), state)
        }
        switch option.name {
        case "help": return .help(Help.text(for: state.chain))
        case "version": return .version
        default: break
        }
        guard let value = option.value else {
            guard parts.count == 1 else { throw error("--\(option.name) takes no value", state) }
            state.invocation.flags.insert(option.name)
            return nil
        }
        guard let given = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
            throw error("--\(option.name): expected \(value.kind.expected), found nothing", state)
        }
        try check(given, value.kind, name: "--\(option.name)", state)
        state.invocation.values[option.name] = given
        state.invocation.lists[option.name, default: []].append(given)
        return nil
    }

    private func takeArgument(_ word: String, _ state: inout State) throws(UsageError) {
        let repeated = state.last.arguments.last.flatMap { $0.isRepeated ? $0 : nil }
        guard state.words.count < state.last.arguments.count || repeated != nil else {
            let names = state.last.commands.map(\.name)
            if names.isEmpty { throw error("unexpected argument \"\(word)\"", state) }
            throw error("unknown command \"\(word)\"" + meant(word, names), state)
        }
        let argument = state.last.arguments[min(state.words.count, state.last.arguments.count - 1)]
        try check(word, argument.kind, name: argument.name, state)
        state.words.append(word)
        state.invocation.values[argument.name] = word
        if argument.isRepeated { state.invocation.lists[argument.name, default: []].append(word) }
    }

    private func finish(_ state: inout State) throws(UsageError) -> Wish {
        if !state.last.commands.isEmpty, !state.last.actsAlone {
            // Whoever names no command wants to know which there are.
            if state.chain.count == 1 && state.invocation == Invocation() { return .help(Help.text(for: state.chain)) }
            throw error("which command? one of \(state.last.commands.map(\.name).joined(separator: ", "))", state)
        }
        let missing = state.last.arguments.dropFirst(state.words.count).first(where: \.isRequired)
        if let missing { throw error("\(missing.name) is missing: \(missing.summary)", state) }
        for option in state.options where state.invocation.values[option.name] == nil {
            if let standard = option.standard { state.invocation.values[option.name] = standard }
        }
        return .run(state.invocation)
    }

    private func check(_ word: String, _ kind: ValueKind, name: String, _ state: State) throws(UsageError) {
        guard !kind.accepts(word) else { return }
        var near = ""
        if case .choice(let words) = kind { near = meant(word, words) }
        throw error("\(name): expected \(kind.expected), found \"\(word)\"\(near)", state)
    }

    private func meant(_ word: String, _ candidates: [String]) -> String {
        suggest(word, candidates).map { "; did you mean \($0)?" } ?? ""
    }

    private func error(_ message: String, _ state: State) -> UsageError {
        let line = state.chain.map(\.name).joined(separator: " ")
        return UsageError(message: "\(line): \(message)", help: "See: \(line) --help")
    }
}
