/// How many different words at one place, with all else alike, make that place a variable.
///
/// The more two lines share, the less likely is it that they differ in kind. And some words are names by their look
/// (`cache.daily`, `node_x`) or by what stands before them (`user`, `for`): those vary sooner.
enum Evidence {
    private static let ordinary = 5
    /// The first word mostly says what happened.
    private static let atTheBeginning = 8
    private static let afterBearer = 3
    private static let amongMuchAlike = 2
    private static let muchAlike = 5

    private static let bearers: [[UInt8]] = [
        "user", "username", "account", "login", "host", "hostname", "for", "from", "to", "by", "User", "Host",
    ].map { Array($0.utf8) }

    static func needed(for all: [TemplateWord], at place: Int, in words: [TemplateWord]) -> Int {
        let constants = words.count { $0.isWord && !$0.isVariable } - 1
        guard constants >= 1 else { return .max }
        let followsBearer = place > 0 && bearers.contains(words[place - 1].bytes)
        if constants >= muchAlike, followsBearer || all.allSatisfy({ looksLikeName($0.bytes) }) {
            return amongMuchAlike
        }
        if followsBearer { return afterBearer }
        return place == 0 ? atTheBeginning : ordinary
    }

    private static func looksLikeName(_ bytes: [UInt8]) -> Bool {
        bytes.dropLast().contains { ByteClass.table[Int($0)] & ByteClass.joint != 0 }
    }
}
