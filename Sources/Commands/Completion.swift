/// Completion scripts for shells, made from the tree of commands.
public enum Completion {
    /// What can follow at one command of the tree.
    private struct Place {
        /// The names from the first command on, each with a space before it; empty at the program itself.
        let path: String
        let commands: [Command]
        let options: [Option]
        let arguments: [Argument]
    }

    private static func places(_ command: Command, path: String = "", above: [Option] = []) -> [Place] {
        let options = above + command.options
        let place = Place(
            path: path, commands: command.commands, options: options + [Parser.help, Parser.version],
            arguments: command.arguments)
        return [place] + command.commands.flatMap { places($0, path: "\(path) \($0.name)", above: options) }
    }

    private static func words(_ kind: ValueKind, _ suggestions: [String] = []) -> [String] {
        if case .choice(let words) = kind { words } else { suggestions }
    }

    /// For bash: `source <(kintsugi completion bash)`.
    public static func bash(_ root: Command) -> String {
        """
        # bash completion of \(root.name); load it with: source <(\(root.name) completion bash)
        _\(root.name)() {
            local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
            local place="" words="" index
            for ((index = 1; index < COMP_CWORD; index++)); do
                case "$place ${COMP_WORDS[index]}" in
        \(descent(root, indent: 12))
                esac
            done
            case "$place $previous" in
        \(values(root, indent: 8) { "COMPREPLY=($(compgen -W \"\($0)\" -- \"$current\")); return" }
            folder: { "COMPREPLY=($(compgen -d -- \"$current\")); return" })
            esac
            case "$place" in
        \(followers(root, indent: 8) { "words=\"\($0.joined(separator: " "))\"" })
            esac
            COMPREPLY=($(compgen -W "$words" -- "$current"))
        }
        complete -F _\(root.name) \(root.name)

        """
    }

    /// For zsh: `source <(kintsugi completion zsh)`, or a file `_kintsugi` in `fpath`.
    public static func zsh(_ root: Command) -> String {
        """
        #compdef \(root.name)
        # zsh completion of \(root.name); load it with: source <(\(root.name) completion zsh)
        _\(root.name)() {
            local place="" index previous=${words[CURRENT-1]}
            local -a follow
            for ((index = 2; index < CURRENT; index++)); do
                case "$place ${words[index]}" in
        \(descent(root, indent: 12))
                esac
            done
            case "$place $previous" in
        \(values(root, indent: 8) { "compadd -- \($0); return" } folder: { "_files -/; return" })
            esac
            case "$place" in
        \(followers(root, indent: 8) { "follow=(\($0.joined(separator: " ")))" })
            esac
            compadd -a follow
        }
        if [[ ${funcstack[1]} == _\(root.name) ]]; then
            _\(root.name) "$@"
        else
            compdef _\(root.name) \(root.name)
        fi

        """
    }

    private static func descent(_ root: Command, indent: Int) -> String {
        lines(indent, places(root).dropFirst().map { "\"\($0.path)\") place=\"\($0.path)\" ;;" })
    }

    private static func values(
        _ root: Command, indent: Int, words offer: (String) -> String, folder: () -> String
    ) -> String {
        let cases = places(root).flatMap { place in
            place.options.compactMap { option -> String? in
                guard let kind = option.value?.kind else { return nil }
                let names = ["--\(option.name)"] + (option.letter.map { ["-\($0)"] } ?? [])
                let pattern = names.map { "\"\(place.path) \($0)\"" }.joined(separator: "|")
                // A value that only a person knows is offered nothing, rather than the options.
                return "\(pattern)) \(kind == .folder ? folder() : offer(words(kind).joined(separator: " "))) ;;"
            }
        }
        return lines(indent, cases)
    }

    private static func followers(_ root: Command, indent: Int, _ offer: ([String]) -> String) -> String {
        let cases = places(root).map { place in
            let arguments = place.arguments.flatMap { words($0.kind, $0.suggestions) }
            let all = place.commands.map(\.name) + arguments + place.options.map { "--\($0.name)" }
            return "\"\(place.path)\") \(offer(all)) ;;"
        }
        return lines(indent, cases)
    }

    private static func lines(_ indent: Int, _ lines: [String]) -> String {
        lines.map { String(repeating: " ", count: indent) + $0 }.joined(separator: "\n")
    }
}
