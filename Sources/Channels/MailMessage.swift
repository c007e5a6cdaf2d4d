import Contracts
import Notices

/// A mail as its bytes: text and HTML, in lines that no server breaks, with the headers that make one incident one thread.
struct MailMessage {
    var from: String
    var to: [String]
    var subject: String
    var text: String
    var html: String
    /// Nanoseconds since 1970.
    var at: Int64
    /// What makes it this mail, however often it is sent.
    var key: String
    /// The first mail of its incident.
    var thread: String?

    /// As in the headers, with its angle brackets.
    var id: String {
        let domain = from.split(separator: "@").last.map { String($0) } ?? "kintsugi"
        return "<\(Digest("kintsugi mail 1", of: Array(key.utf8)).description.prefix(40))@\(domain)>"
    }

    var bytes: [UInt8] {
        let boundary = "=_\(Digest("kintsugi mail part 1", of: Array(key.utf8)).description.prefix(40))"
        var lines = [
            "Date: \(Self.date(at))", "From: Kintsugi <\(from)>", "To: \(Self.folded(to))",
            "Subject: \(Self.encoded(subject, after: 9))", "Message-ID: \(id)",
        ]
        if let thread = thread.flatMap(Self.plainId) { lines += ["In-Reply-To: \(thread)", "References: \(thread)"] }
        lines += [
            "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
            "Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"", "",
        ]
        for (type, body) in [("plain", text), ("html", html)] {
            lines += [
                "--\(boundary)", "Content-Type: text/\(type); charset=utf-8",
                "Content-Transfer-Encoding: quoted-printable", "", Self.quoted(body),
            ]
        }
        return Array((lines + ["--\(boundary)--", ""]).joined(separator: "\r\n").utf8)
    }

    // MARK: headers

    /// Only what this room made itself may stand in a header as it is.
    private static func plainId(_ text: String) -> String? {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isPlain && text.hasPrefix("<") && text.hasSuffix(">") && text.utf8.count <= 250 ? text : nil
    }

    private static func folded(_ addresses: [String]) -> String {
        addresses.map { "<\($0.filter { $0 > " " && $0 <= "~" && $0 != "<" && $0 != ">" && $0 != "," })>" }
            .joined(separator: ",\r\n ")
    }

    /// As RFC 2047 has it where a short line of plain letters does not do: no line break of a text reaches a header.
    static func encoded(_ text: String, after used: Int) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !text.contains("=?")
        if isPlain, text.utf8.count + used <= 78 { return text }
        var words: [String] = []
        var part: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            // 12 letters around it, and 4 for each 3 bytes: at most 75.
            if part.count + bytes.count > 42 {
                words.append(word(part))
                part = []
            }
            part += bytes
        }
        return (words + [word(part)]).joined(separator: "\r\n ")
    }

    private static func word(_ bytes: [UInt8]) -> String {
        "=?UTF-8?B?\(String(decoding: Base64.encode(bytes), as: UTF8.self))?="
    }

    /// As RFC 5322 has it, in UTC.
    static func date(_ nanoseconds: Int64) -> String {
        let time = CivilTime(seconds: nanoseconds / 1_000_000_000)
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = [time.second / 3_600, time.second / 60 % 60, time.second % 60]
            .map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        return "\(days[time.weekday]), \(time.day) \(months[time.month - 1]) \(time.year) \(clock) +0000"
    }

    // MARK: bodies

    /// Quoted-printable (RFC 2045): lines of at most 76 letters, whatever the text has.
    static func quoted(_ text: String) -> String {
        var lines: [String] = []
        var line = ""
        let bytes = Array(text.utf8)
        for (place, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n") {
                lines.append(line)
                line = ""
                continue
            }
            let isLast = place + 1 == bytes.count || bytes[place + 1] == UInt8(ascii: "\n")
            let isSpace = byte == 0x20 || byte == 0x09
            let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=") || isSpace && !isLast
            let letter = isPlain ? String(UnicodeScalar(byte)) : "=" + Seal.hexadecimal([byte]).uppercased()
            if line.utf8.count + letter.utf8.count > 75 {
                lines.append(line + "=")
                line = ""
            }
            line += letter
        }
        return (lines + [line]).joined(separator: "\r\n")
    }

    /// So that no text is markup.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
