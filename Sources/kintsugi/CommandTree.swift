import Commands

/// The command line of `kintsugi`, as help, completion and the parser read it.
enum CommandTree {
    /// For completion only: a cluster's configuration may name others.
    static let roles = [
        "broker", "supervisor", "orders", "inventory", "triage", "telemetry", "remediation", "risk", "comms", "carrier",
    ]

    static let root = Command(
        "kintsugi", "a cluster that mends itself, and keeps the seams",
        options: [
            .value(
                "data", "DIR", kind: .folder, "which cluster (otherwise $KINTSUGI_DATA, or .kintsugi in this folder)"),
            .flag("json", "answer in JSON, for programs"),
        ],
        commands: [
            up, down, status, restart, scale, roll, logs, kill, seed, order, load, audit, deadLetters, backup, restore,
            door, alert, incident, journal, postmortem, replay, backtest, kpi, knowledge, slo, canary, policy, risk,
            signals, trace, investigate,
            capacity, keys,
            insight,
            bench, simulate,
            pull, configuration,
            console,
            chaos, runbook, demo, pipeline,
            completion,
        ])

    private static let role = Argument("ROLE", "which role, such as orders", suggestions: roles)
    private static let roleOrSlot = Argument(
        "ROLE[.SLOT]", "a role, or one worker of it such as orders.2", suggestions: roles)

    private static let up = Command(
        "up", "starts the cluster, and stays with it until Ctrl-C",
        options: [
            .flag("detach", letter: "d", "return as soon as every worker is ready"),
            .value("port-offset", "N", kind: .wholeNumber(0...40_000), otherwise: "0", "add N to every port"),
            .value(
                "config", "DIR", kind: .folder,
                "what main shall have (otherwise what it has, and in the beginning the folder config)"),
            .flag("unversioned", "run the folder as it stands, without a repository and without deploys"),
        ])
    private static let demo = Command(
        "demo", "a story of a minute: a change breaks the shop under load, and the cluster mends itself",
        options: [
            .flag("yes", letter: "y", "agree to the plan without being asked"),
            .value("port-offset", "N", kind: .wholeNumber(0...40_000), otherwise: "2000", "add N to every port"),
            .value("config", "DIR", kind: .folder, otherwise: "config", "the configuration to begin with"),
            .flag("keep", "leave the data where they are"),
        ])
    private static let console = Command(
        "console", "prints a link into the console, which is good for once",
        options: [
            .value("hours", "N", kind: .wholeNumber(1...12), otherwise: "12", "how long the session lasts"),
            .value("as", "NAME", "who signs in (otherwise this host's own user)"),
            .value("key", "FILE", "the key of who signs in"),
            .value("address", "URL", "where the browser reaches the console"),
        ])
    private static let down = Command("down", "stops the cluster, in the reverse order of its start")
    private static let status = Command(
        "status", "shows every worker: its state, its restarts and why, its load",
        options: [.flag("watch", letter: "w", "show it anew every second, until Ctrl-C")])
    private static let restart = Command(
        "restart", "stops and starts a role, or one worker of it", arguments: [roleOrSlot])
    private static let scale = Command(
        "scale", "sets how many workers a role has",
        arguments: [role, Argument("N", "how many", kind: .wholeNumber(0...64))])
    private static let roll = Command(
        "roll", "replaces the workers of a role one at a time, without dropping a request", arguments: [role])
    private static let logs = Command(
        "logs", "shows what the processes wrote, in the order of time",
        arguments: [Argument("ROLE", "only this role", isRequired: false, suggestions: roles)],
        options: [
            .flag("follow", letter: "f", "go on as more is written, until Ctrl-C"),
            .value(
                "lines", "N", letter: "n", kind: .wholeNumber(0...100_000), otherwise: "200",
                "begin with the last N lines"),
        ])
    private static let kill = Command(
        "kill", "sends a signal to the workers of a role, to see the cluster mend itself",
        arguments: [roleOrSlot],
        options: [.value("signal", "S", letter: "s", otherwise: "KILL", "which one, such as KILL, STOP or 15")])
    private static let keys = Command(
        "keys", "makes keys; the secret half is shown once and stored nowhere",
        commands: [
            Command("curve", "a pair for a worker or a client on another host"),
            Command(
                "api", "a key for a client of the HTTP interface",
                arguments: [Argument("NAME", "whose key it is, as the configuration names it")]),
            personKey, riskKey,
        ])
    private static let bench = Command(
        "bench", "measures this machine's cluster, beside the floor that it stands on",
        commands: [
            Command(
                "bus", "calls and publications, beside the same frames through zmq_proxy in C calls",
                options: [
                    .value(
                        "seconds", "S", kind: .wholeNumber(1...60), otherwise: "2", "how long each row is measured")
                ]),
            Command(
                "triage", "alerts to durable answers, incidents and a storm, beside the disk's own speed",
                options: [
                    .value("rate", "R", kind: .wholeNumber(1...100_000), otherwise: "2000", "alerts a second"),
                    .value("seconds", "S", kind: .wholeNumber(1...3_600), otherwise: "20", "for how long"),
                    .value(
                        "storm", "N", kind: .wholeNumber(100...10_000_000), otherwise: "100000", "alerts of the storm"),
                    .value(
                        "incidents", "N", kind: .wholeNumber(0...1_000_000), otherwise: "100000",
                        "incidents of the past beside which it is measured again"),
                    .value("config", "DIR", kind: .folder, otherwise: "config", "the configuration to run"),
                ]),
            Command(
                "shop", "orders from POST to CONFIRMED, beside their statements alone in a bare SQLite loop",
                options: [
                    .value("rate", "R", kind: .wholeNumber(1...100_000), otherwise: "5000", "orders a second"),
                    .value("seconds", "S", kind: .wholeNumber(1...3_600), otherwise: "60", "for how long"),
                    .value("config", "DIR", kind: .folder, otherwise: "config", "the configuration to run"),
                ]),
            Command(
                "knowledge", "searches beside many post-mortems",
                options: [
                    .value(
                        "documents", "N", kind: .wholeNumber(1...10_000_000), otherwise: "100000", "how many there are"),
                    .value("searches", "N", kind: .wholeNumber(1...1_000_000), otherwise: "200", "of each kind"),
                ]),
            Command(
                "restart", "from a worker's death to its replacement's first answer, beside a bare fork and exec",
                options: [
                    .value(
                        "kills", "N", kind: .wholeNumber(1...10_000), otherwise: "50", "how many workers are killed")
                ]),
            Command(
                "senses", "what the telemetry agent's senses cost: series, spans, log records, lines to templates",
                options: [
                    .value(
                        "series", "N", kind: .wholeNumber(1...1_000_000), otherwise: "10000",
                        "how many series, each with a reading a second"),
                    .value(
                        "seconds", "S", kind: .wholeNumber(1...86_400), otherwise: "3600",
                        "for how long, in the series' own time"),
                ]),
            Command(
                "insight", "the algorithms over public data, beside what others reach there; how long a ranking takes",
                details: "The data are in the folder that --data names; without them only the ranking is measured.",
                options: [
                    .value(
                        "scorers", "DIR", kind: .folder, "the scorers (otherwise the folder scorers beside the data)"),
                    .value("python", "P", otherwise: "python3", "which Python runs the scorers"),
                ]),
        ])
    private static let simulate = Command(
        "simulate",
        "runs the rules of the cluster and of the shop through crashes, broken connections and lost messages, under seeds",
        details: "Each seed is one run: faults, healing, and the demand that everything comes to its end.",
        options: [
            .value("seeds", "N", kind: .wholeNumber(1...100_000_000), otherwise: "1000", "how many seeds"),
            .value("from", "N", kind: .wholeNumber(0...Int.max / 2), otherwise: "1", "the first seed"),
            .value("seed", "N", kind: .wholeNumber(0...Int.max / 2), "this seed alone"),
            .value(
                "world", "NAME", kind: .choice(["bus", "shop", "incidents"]),
                "this alone: the bus with its broker and supervisor, or the shop with its carrier"),
            .flag("trace", "show every event of the last seed"),
            .flag("deaths", "instead: who dies at which step of an incident, as a table"),
        ])
    private static let completion = Command(
        "completion", "prints a script that completes command lines",
        details: "Load it with: source <(kintsugi completion bash)",
        arguments: [Argument("SHELL", "which shell", kind: .choice(["bash", "zsh"]))])
}
