import Commands

/// The part of the command line that speaks of the shop.
extension CommandTree {
    private static let files = ["orders", "inventory", "telemetry", "triage", "risk"]
    private static let service = Argument("SERVICE", "which service's file", kind: .choice(files))
    private static let letter = Argument("LETTER", "which one, such as orders/12")

    static let seed = Command(
        "seed", "fills the shop with products, stock and customers",
        details: "Doing it again changes only the stock.",
        options: [
            .value("products", "N", kind: .wholeNumber(1...1_000_000), otherwise: "100", "how many products"),
            .value(
                "stock", "N", kind: .wholeNumber(0...1_000_000_000_000), otherwise: "1000000",
                "how many of each are on hand"),
            .value("customers", "N", kind: .wholeNumber(1...1_000_000), otherwise: "100", "how many customers"),
        ])
    static let order = Command(
        "order", "places one order, and tells what became of it",
        arguments: [Argument("SKU", "which product (otherwise the first that seed made)", isRequired: false)],
        options: [
            .value("quantity", "N", kind: .wholeNumber(1...1_000_000), otherwise: "1", "how many of it"),
            .value("customer", "N", kind: .wholeNumber(1...1_000_000), otherwise: "1", "which of the seeded customers"),
        ])
    static let load = Command(
        "load", "places many orders on schedule, and measures what comes back",
        details: "Orders leave whether or not answers come, and the time of each counts from when it was due. "
            + "None is sent twice.",
        options: [
            .value("rate", "R", kind: .wholeNumber(1...100_000), otherwise: "100", "orders a second"),
            .value("seconds", "S", kind: .wholeNumber(1...86_400), otherwise: "10", "for how long"),
            .value(
                "customers", "N", kind: .wholeNumber(1...1_000_000), otherwise: "100", "among how many seeded customers"
            ),
            .value(
                "products", "N", kind: .wholeNumber(1...1_000_000), otherwise: "100", "among how many seeded products"),
            .value("skew", "Z", otherwise: "1", "how much oftener the first are chosen: 0 for all alike"),
            .value(
                "seed", "N", kind: .wholeNumber(0...Int.max / 2), otherwise: "1", "the same seed places the same orders"
            ),
            .value("ids", "FILE", "write the ids of accepted orders there, for the audit"),
        ])
    static let audit = Command(
        "audit", "checks what must always hold",
        commands: [
            Command(
                "shop", "checks the tables of orders, inventory and carrier against each other",
                details: "It waits until nothing is on its way. It exits with 1 when something does not hold.",
                options: [
                    .value(
                        "patience", "S", kind: .wholeNumber(0...86_400), otherwise: "30",
                        "how long to wait until nothing is on its way"),
                    .value("ids", "FILE", "orders that were accepted and must be there, one id a line"),
                ]),
            verifyJournal,
        ])
    static let deadLetters = Command(
        "dead-letters", "shows the messages that services gave up, and decides about them",
        commands: [
            Command(
                "list", "lists them",
                arguments: [
                    Argument("SERVICE", "only this service's", kind: .choice(DeadLetters.services), isRequired: false)
                ], options: [.flag("all", "also those about which somebody decided")]),
            Command("show", "shows one with all that is known of it", arguments: [letter]),
            Command("redrive", "sends one again", arguments: [letter]),
            Command(
                "drop", "gives one up for good", arguments: [letter],
                options: [.value("reason", "TEXT", "why, for whoever reads it later")]),
        ])
    static let backup = Command(
        "backup", "copies a service's file while it runs, and checks the copy",
        arguments: [service, Argument("FILE", "where the copy goes")])
    static let restore = Command(
        "restore", "puts a copy in the place of a service's file; the service must be stopped",
        arguments: [service, Argument("FILE", "the copy")])
}
