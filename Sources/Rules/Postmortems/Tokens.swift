/// A sentence as the linter reads it: words, and what stands in quotes.
struct Tokens: Sendable {
    private(set) var words: [String] = []
    private(set) var quotes: [String] = []
    /// A quote that does not end, or an end without a beginning.
    private(set) var isBroken = false

    init(_ text: String) {
        var word = ""
        var quote: String?
        for letter in text {
            switch (letter, quote) {
            case ("“", nil):
                take(word)
                word = ""
                quote = ""
            case ("”", let open?):
                quotes.append(open)
                quote = nil
            case ("“", _), ("”", nil): isBroken = true
            case (_, .some(let open)): quote = open + String(letter)
            case (" ", nil), ("\n", nil), ("\t", nil):
                take(word)
                word = ""
            default: word.append(letter)
            }
        }
        take(word)
        if quote != nil { isBroken = true }
    }

    private mutating func take(_ word: String) {
        var letters = word[...]
        while let last = letters.last, ".,;:)%".contains(last) { letters = letters.dropLast() }
        while let first = letters.first, first == "(" { letters = letters.dropFirst() }
        if !letters.isEmpty { words.append(String(letters)) }
    }
}
