import Glibc
import Testing

@testable import Commands

private let tree = Command(
    "pot", "mends pots", options: [.value("data", "DIR", kind: .folder, "where"), .flag("json", "in JSON")],
    commands: [
        Command(
            "glue", "glues a pot", arguments: [Argument("POT", "which", suggestions: ["vase", "bowl"])],
            options: [.value("with", "WHAT", letter: "w", kind: .choice(["gold", "silver"]), "the glue")]),
        Command("show", "shows pots", commands: [Command("all", "every one"), Command("one", "a single one")]),
    ])

/// What bash, with the script loaded, offers for the last of `words`.
private func offered(_ words: [String]) throws -> [String] {
    let line = (["pot"] + words).map { "'\($0)'" }.joined(separator: " ")
    let script = """
        \(Completion.bash(tree))
        complete -p pot >/dev/null || exit 1
        COMP_WORDS=(\(line)) COMP_CWORD=\(words.count)
        _pot
        printf '%s\\n' "${COMPREPLY[@]}"
        """
    return try shell("bash", script).split(separator: "\n").map(String.init)
}

private func shell(_ name: String, _ script: String, arguments: String = "") throws -> String {
    let path = "/tmp/completion-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    let file = try #require(fopen(path, "w"))
    fputs(script, file)
    fclose(file)
    defer { unlink(path) }
    let pipe = try #require(popen("\(name) \(arguments) \(path)", "r"))
    var text = ""
    var line = [CChar](repeating: 0, count: 4_096)
    while fgets(&line, Int32(line.count), pipe) != nil {
        text += String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    #expect(pclose(pipe) == 0)
    return text
}

@Suite struct CompletionTests {
    @Test("bash offers commands, arguments, options and their values at every level")
    func bash() throws {
        #expect(try offered(["g"]) == ["glue"])
        #expect(try offered([""]) == ["glue", "show", "--data", "--json", "--help", "--version"])
        #expect(try offered(["show", ""]).prefix(2) == ["all", "one"])
        #expect(try offered(["glue", "v"]) == ["vase"])
        #expect(try offered(["glue", "vase", "--w"]) == ["--with"])
        #expect(try offered(["glue", "vase", "--with", ""]) == ["gold", "silver"])
        #expect(try offered(["glue", "-w", "s"]) == ["silver"])
        #expect(try offered(["glue", "--data", "/us"]) == ["/usr"])
        #expect(try offered(["--data", "/us"]) == ["/usr"])
    }

    @Test("zsh can read its script", .enabled(if: access("/usr/bin/zsh", X_OK) == 0))
    func zsh() throws {
        #expect(try shell("zsh", Completion.zsh(tree), arguments: "-n").isEmpty)
    }

    @Test("the script for zsh has a place for every command")
    func zshPlaces() {
        let script = Completion.zsh(tree)
        #expect(script.hasPrefix("#compdef pot\n"))
        for line in [
            "\" show\") follow=(all one", "\" glue --with\"|\" glue -w\") compadd -- gold silver; return", "_files -/",
        ] {
            #expect(script.contains(line), "\(line)")
        }
    }
}
