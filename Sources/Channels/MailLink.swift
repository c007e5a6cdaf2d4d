import CSodium
public import Contracts

/// What a signed link in a mail lets one person do, once, until it expires.
///
/// Its signature binds incident, generation, plan, state, person, action, end and nonce. Getting the address shows a page
/// and changes nothing, since scanners of mail follow links; only the form of that page acts. That a nonce acts once is for
/// the table of whoever serves it.
public struct MailLink: Codable, Sendable, Equatable {
    public enum Action: String, Codable, Sendable, Equatable, CaseIterable { case approve, reject, acknowledge }

    /// Why a link does nothing.
    public enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case malformed
        case forged
        case expired(Int64)

        public var description: String {
            switch self {
            case .malformed: "expected a link of a mail as it was sent, found another address: open it whole"
            case .forged: "the link was not made here, or the secret was changed since: use the console"
            case .expired: "the link has expired: use the console, or wait for the next mail"
            }
        }
    }

    public var incident: String
    public var generation: Int
    public var plan: Digest?
    public var state: Digest?
    public var person: String
    public var action: Action
    /// Nanoseconds since 1970.
    public var expires: Int64
    public var nonce: String

    public init(
        _ action: Action, incident: String, generation: Int, plan: Digest?, state: Digest?, person: String,
        expires: Int64, nonce: String
    ) {
        self.action = action
        self.incident = incident
        self.generation = generation
        self.plan = plan
        self.state = state
        self.person = person
        self.expires = expires
        self.nonce = nonce
    }

    private static let kind = Array("kintsugi mail link 1\0".utf8)

    /// A nonce that is the same for the same message and action, so that a mail that is sent again acts once as well, and
    /// that nobody guesses.
    public static func nonce(_ key: String, _ action: Action, _ person: String, secret: [UInt8]) -> String {
        let words = [key, action.rawValue, person].map { Array("\($0.utf8.count):\($0)".utf8) }
        return Seal.hexadecimal(Array(Seal.sign([Array("kintsugi mail nonce 1\0".utf8)] + words, secret).prefix(16)))
    }

    /// The last part of the link's address: letters, digits, `-`, `_` and one full stop.
    public func token(secret: [UInt8]) throws -> String {
        let bytes = try Packed.encode(self)
        return Self.text(bytes) + "." + Self.text(Seal.sign([Self.kind, bytes], secret))
    }

    /// The link of a token, if it was made with this secret and has not expired.
    public static func open(_ token: String, secret: [UInt8], now: Int64) throws(Fault) -> MailLink {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count <= 2_048, parts.count == 2, let bytes = Self.bytes(parts[0]),
            let signature = Self.bytes(parts[1])
        else { throw .malformed }
        guard !secret.isEmpty, Seal.isSame(Seal.sign([kind, bytes], secret), signature) else { throw .forged }
        guard let link = try? Packed.decode(MailLink.self, from: bytes) else { throw .malformed }
        guard now < link.expires else { throw .expired(link.expires) }
        return link
    }

    /// The page that getting the address shows: it says what would be done, and does it by a form alone.
    public func page(token: String, title: String) -> String {
        let words: (String, String) =
            switch action {
            case .approve: ("Approve the plan", "Approve")
            case .reject: ("Reject the plan", "Reject")
            case .acknowledge: ("Say that you know of it", "I know of it")
            }
        let escape = MailMessage.escape
        let agreement = plan.map { "<p>Plan <code>\($0.brief)</code>, generation \(generation).</p>" } ?? ""
        let feedback =
            action == .reject
            ? "<p><label>What is wrong with it?<br><textarea name=\"feedback\" rows=\"5\" cols=\"60\"></textarea></label></p>"
            : ""
        return """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>\(escape(words.0))</title>\
            <meta name="referrer" content="no-referrer"></head><body><h1>\(escape(words.0))</h1>\
            <p>\(escape(incident)): \(escape(title))</p>\(agreement)<p>As \(escape(person)).</p>\
            <form method="post"><input type="hidden" name="token" value="\(escape(token))">\(feedback)\
            <button>\(escape(words.1))</button></form></body></html>
            """
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(
            decoding: Base64.encode(bytes).filter { $0 != UInt8(ascii: "=") }.map { letter in
                letter == UInt8(ascii: "+")
                    ? UInt8(ascii: "-") : letter == UInt8(ascii: "/") ? UInt8(ascii: "_") : letter
            }, as: UTF8.self)
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        // The usual two letters are no spelling of ours: there is one.
        guard !text.utf8.contains(UInt8(ascii: "+")), !text.utf8.contains(UInt8(ascii: "/")) else { return nil }
        var letters = text.utf8.map { letter in
            letter == UInt8(ascii: "-") ? UInt8(ascii: "+") : letter == UInt8(ascii: "_") ? UInt8(ascii: "/") : letter
        }
        while letters.count % 4 != 0 { letters.append(UInt8(ascii: "=")) }
        guard let bytes = Base64.decode(letters), Self.text(bytes) == text else { return nil }
        return bytes
    }
}
