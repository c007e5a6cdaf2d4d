import Testing

@testable import Commands

private let tree = Command(
    "pot", "mends pots",
    options: [
        .value("data", "DIR", kind: .folder, "where the pots stand"),
        .flag("json", "answer in JSON"),
    ],
    commands: [
        Command(
            "glue", "glues a pot", details: "With gold.",
            arguments: [
                Argument("POT", "which pot", suggestions: ["vase", "bowl"]),
                Argument("TIMES", "how often", kind: .wholeNumber(1...9), isRequired: false),
            ],
            options: [
                .value("with", "WHAT", letter: "w", kind: .choice(["gold", "silver"]), otherwise: "gold", "the glue"),
                .flag("fast", letter: "f", "do not wait"),
            ]),
        Command("show", "shows pots", commands: [Command("all", "every one"), Command("one", "a single one")]),
    ])

/// A word is near when it begins with the same letter: what is near is the caller's to decide.
private let parser = Parser(tree) { word, candidates in
    candidates.first { $0.drop { $0 == "-" }.first == word.drop { $0 == "-" }.first }
}

private func run(_ line: String) throws -> Invocation? {
    if case .run(let invocation) = try parser.parse(line.split(separator: " ").map(String.init)) {
        invocation
    } else {
        nil
    }
}

private func complaint(_ line: String) -> String {
    do {
        _ = try run(line)
        return ""
    } catch {
        return "\(error)"
    }
}

@Suite struct CommandsTests {
    @Test("commands, arguments and options are understood in any order")
    func understood() throws {
        for line in [
            "glue vase 3 --with silver -f --json", "--json glue -f --with=silver vase 3",
            "glue --json -f -w silver -- vase 3",
        ] {
            let found = try #require(try run(line))
            #expect(found.path == ["glue"])
            #expect(found.text("POT") == "vase" && found.number("TIMES") == 3 && found.text("with") == "silver")
            #expect(found.has("fast") && found.has("json") && !found.has("data"))
        }
        #expect(try run("show one")?.path == ["show", "one"])
    }

    @Test("what is not given has its default")
    func defaults() throws {
        let found = try #require(try run("glue vase"))
        #expect(found.text("with") == "gold" && found.number("TIMES") == nil && !found.has("fast"))
    }

    @Test("behind -- everything is an argument, even what looks like an option or a command")
    func onlyArguments() throws {
        #expect(try run("glue -- --json")?.text("POT") == "--json")
    }

    @Test(
        "a bad command line says what was meant",
        arguments: [
            ("gleu vase", "pot: unknown command \"gleu\"; did you mean glue?\nSee: pot --help"),
            ("zzz", "pot: unknown command \"zzz\"\nSee: pot --help"),
            ("glue vase --fats", "pot glue: unknown option --fats; did you mean --fast?\nSee: pot glue --help"),
            ("glue vase -x", "pot glue: unknown option -x\nSee: pot glue --help"),
            ("glue", "pot glue: POT is missing: which pot\nSee: pot glue --help"),
            (
                "glue vase 10",
                "pot glue: TIMES: expected a whole number from 1 to 9, found \"10\"\nSee: pot glue --help"
            ),
            ("glue vase 1 2", "pot glue: unexpected argument \"2\"\nSee: pot glue --help"),
            ("glue vase --with", "pot glue: --with: expected gold or silver, found nothing\nSee: pot glue --help"),
            (
                "glue vase --with=gilt",
                "pot glue: --with: expected gold or silver, found \"gilt\"; did you mean gold?\nSee: pot glue --help"
            ),
            ("glue vase --fast=yes", "pot glue: --fast takes no value\nSee: pot glue --help"),
            ("show", "pot show: which command? one of all, one\nSee: pot show --help"),
            ("--json", "pot: which command? one of glue, show\nSee: pot --help"),
        ])
    func complaints(line: String, expected: String) {
        #expect(complaint(line) == expected)
    }

    @Test("help is there at every level, and by itself where no command is named")
    func help() throws {
        #expect(try parser.parse([]) == parser.parse(["--help"]))
        #expect(try parser.parse(["glue", "--version"]) == .version)
        let text = """
            pot glue: glues a pot

            Usage: pot glue POT [TIMES] [options]

            With gold.

            Arguments:
              POT    which pot
              TIMES  how often

            Options:
              -w, --with WHAT  the glue: gold, silver (otherwise gold)
              -f, --fast       do not wait

            Everywhere:
              --data DIR  where the pots stand
              --json      answer in JSON
              -h, --help  show this help
              --version   show the version

            """
        #expect(try parser.parse(["glue", "vase", "-h"]) == .help(text))
    }
}
