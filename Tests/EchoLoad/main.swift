import Bus
import Commands
import Contracts
import Glibc
import Host

// Offers a steady load of calls to the role `echo` as the operator, and counts how they end.
let root = Command(
    "EchoLoad", "offers calls to the role echo at a steady rate, and counts how they end",
    options: [
        .value("run", "DIR", kind: .folder, "the cluster's run folder"),
        .value("rate", "N", kind: .wholeNumber(1...100_000), otherwise: "200", "calls a second"),
        .value("seconds", "N", kind: .wholeNumber(1...86_400), "for how long; without it, until SIGTERM"),
        .flag("plain", "calls that are carried out once at most"),
        .flag("idempotent", "calls that may be carried out again"),
        .flag("deliver", "deliveries"),
        .value("patience", "N", kind: .wholeNumber(1...600_000), otherwise: "5000", "milliseconds to wait for each"),
        .value("work", "N", kind: .wholeNumber(0...60_000), otherwise: "0", "milliseconds that each call takes"),
        .flag("live", "one line a second as well"),
    ])

/// Says why it cannot work, and ends.
func leave(_ reason: String, _ code: Int32) -> Never {
    Output.write("EchoLoad: \(reason)\n", to: STDERR_FILENO)
    exit(code)
}

do {
    let wish = try Parser(root, suggest: { _, _ in nil }).parse(Array(CommandLine.arguments.dropFirst()))
    guard case .run(let invocation) = wish else {
        if case .help(let text) = wish { Output.write(text, to: STDOUT_FILENO) }
        exit(0)
    }
    guard let run = invocation.text("run") else { leave("--run is missing: the cluster's run folder", 64) }
    // Before the first thread: only then do all of them leave the signals to the descriptor.
    let signals = try SignalReader([SIGTERM, SIGINT])
    signal(SIGPIPE, SIG_IGN)
    guard let secret = ProcessFiles.text("\(run)/operator.secret")?.split(separator: "\n").first,
        let slot = SlotName(role: "operator", host: "load-\(getpid())", number: 1)
    else { leave("\(run)/operator.secret: expected the secret of a running cluster", 69) }
    let bus = BusSystem(
        BusConfiguration(
            endpoints: BusEndpoints(run: run), credentials: .secret(user: "operator", secret: String(secret)),
            slot: slot, window: 0))
    try bus.start()
    // The main thread keeps the schedule and never waits for the pool; so the code here is not asynchronous.
    let joined = try Descriptor.bell()
    Task.detached {
        for await event in bus.standing {
            if case .joined = event { joined.ring() }
            if event == .rejected { leave("the broker does not accept the secret in \(run)", 77) }
        }
    }
    guard Poll.readable(joined.number, within: .seconds(10)) else { leave("the broker does not answer", 69) }
    try Generator(bus: bus, offer: Offer(invocation), signals: signals).run()
    exit(0)
} catch let error as UsageError {
    leave(error.message, 64)
} catch { leave("\(error)", 70) }
