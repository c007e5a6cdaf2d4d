import Commands

/// The part of the command line that speaks of the risk agent.
extension CommandTree {
    static let risk = Command(
        "risk", "shows the risk agent: the policy in force, the record of diagnoses, what waits for people")

    static let personKey = Command(
        "person", "a key by which a person answers for plans",
        details: "The secret stays in a file of this user's alone; the lines shown are for config/people.yaml.",
        arguments: [Argument("NAME", "whose key it is, as people.yaml names them")],
        options: [.value("out", "FILE", "where the secret goes (otherwise NAME.key)")])
    static let riskKey = Command(
        "risk", "the key by which capabilities are signed: which ones doors believe",
        options: [.flag("rotate", "make another one; that of before is believed until the next change")])
}
