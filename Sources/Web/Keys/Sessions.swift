/// What a browser shows instead of a key, and what it has to show beside it where something is changed.
public struct Session: Sendable, Equatable {
    public var caller: Caller
    /// What the header `x-kintsugi-session` must repeat when something is changed: another site's page can make a browser send
    /// its cookie, and cannot read this.
    public var word: String

    public init(name: String, roles: [String], word: String) {
        caller = Caller(name: name, roles: roles)
        self.word = word
    }
}

/// How people in browsers are known.
public struct SessionDoor: Sendable {
    /// The cookie's name.
    public var cookie: String
    /// Whose session a cookie is; nil for one that is none any more. Asked on the server's thread, so it must not wait.
    public var find: @Sendable (_ value: String) -> Session?
    /// Requests a second, and at once, of one person.
    public var rate = 50
    public var burst = 200

    public init(cookie: String, find: @escaping @Sendable (_ value: String) -> Session?) {
        self.cookie = cookie
        self.find = find
    }

    /// The header in which a change repeats the session's word.
    static let header = "x-kintsugi-session"

    /// The value of the cookie among all that a browser sends; nil where it is not there, or twice.
    func value(in cookies: [UInt8]) -> String? {
        let name = Array(cookie.utf8)
        let found = cookies.split(separator: UInt8(ascii: ";")).compactMap { part -> [UInt8]? in
            let pair = part.drop { $0 == UInt8(ascii: " ") }
            guard pair.count > name.count, pair.starts(with: name),
                pair[pair.startIndex + name.count] == UInt8(ascii: "=")
            else { return nil }
            return Array(pair.dropFirst(name.count + 1))
        }
        guard found.count == 1 else { return nil }
        return String(validating: found[0], as: UTF8.self)
    }
}
