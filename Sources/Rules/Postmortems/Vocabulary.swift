/// The few words that the writer puts between what it found: none of them is a number, a name or an outcome.
enum Vocabulary {
    static func has(_ word: String) -> Bool { words.contains(word[...]) }

    private static let words = Set<Substring>(text.split(whereSeparator: { $0 == " " || $0 == "\n" }))

    private static let text = """
        A Against At Before For Have It Look Missing No Nothing On Risk Step The There Time UTC What Who a
        about acknowledged act after again agents alerts and approval asked at be began begun best blames by
        came carried cause change changes commented confidence declared did evidence execution far findings
        fired for force found from gave given h had has height in is it kinds later led left less likely
        lines log look looked may mended min no noise not note noticed now of offered on opened out over
        passed person plan plans policy priority reported result s says scored series showed so speaks stand
        still taken that the them there to told took trouble under up verdict verification was weighed went
        were what will with within wrong
        """
}
