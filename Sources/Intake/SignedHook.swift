import CSodium
import Contracts

/// The signature of a generic webhook: `X-Kintsugi-Signature: t=SECONDS,v1=HEX`.
///
/// HEX is the HMAC-SHA256, by the secret of the hook, of SECONDS, a full stop and the bytes of the body as they are sent.
/// Several `v1` may stand there, so that a secret can be changed while senders know either.
public enum HookSignature {
    /// Seconds that a signature is good for, and as far as clocks may differ.
    public static let tolerance: Int64 = 300

    /// Refuses what nobody who knows the secret sent, or sent too long ago.
    public static func check(
        _ header: String?, _ body: [UInt8], secret: [UInt8]?, now: Int64
    ) throws(IntakeRefusal) {
        guard let header, header.utf8.count <= 2_048 else {
            throw IntakeRefusal(401, "Sign the body: X-Kintsugi-Signature: t=SECONDS,v1=HEX.")
        }
        var time: Int64?
        var signatures: [[UInt8]] = []
        for part in header.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            let name = pair[0].drop { $0 == " " }
            if name == "t", time == nil { time = seconds(pair[1]) }
            if name == "v1", signatures.count < 8, let bytes = Digest(pair[1].lowercased())?.bytes {
                signatures.append(bytes)
            }
        }
        guard let time, !signatures.isEmpty else {
            throw IntakeRefusal(401, "The signature is not t=SECONDS,v1=HEX with 64 hexadecimal digits.")
        }
        // A hook that is not known takes as long to refuse as one that is.
        let right = sign(body, at: time, secret: secret ?? [])
        var isRight = false
        for given in signatures where given.count == right.count && sodium_memcmp(given, right, right.count) == 0 {
            isRight = true
        }
        guard isRight, secret?.isEmpty == false else {
            throw IntakeRefusal(401, "The signature does not fit the body and the secret of this hook.")
        }
        // Only who knows the secret is told about the clock.
        let age = now / 1_000_000_000 - time
        guard abs(age) <= tolerance else {
            throw IntakeRefusal(
                401,
                "The signature is \(age) s old by this clock, at most \(tolerance) s: sign each time that it is sent.")
        }
    }

    /// Digits alone; a number that no clock shows is none.
    private static func seconds(_ text: Substring) -> Int64? {
        guard (1...12).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }

    /// The signature of a body.
    public static func sign(_ body: [UInt8], at seconds: Int64, secret: [UInt8]) -> [UInt8] {
        var state = crypto_auth_hmacsha256_state()
        var signature = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        let head = Array("\(seconds).".utf8)
        crypto_auth_hmacsha256_init(&state, secret, secret.count)
        crypto_auth_hmacsha256_update(&state, head, UInt64(head.count))
        crypto_auth_hmacsha256_update(&state, body, UInt64(body.count))
        crypto_auth_hmacsha256_final(&state, &signature)
        return signature
    }
}

/// The body of a generic webhook: one alert, a list of them, or an object with `alerts`.
///
/// `name` must be there; `fingerprint`, `service`, `severity`, `status` (firing or resolved), `text`, `began`, `ended`,
/// `labels` and `link` may be.
public enum HookIntake {
    /// Reads a body of the hook of a name.
    public static func read(
        _ bytes: [UInt8], hook: String, _ words: IntakeWords, now: Int64
    ) throws(IntakeRefusal) -> IntakeResult {
        let body = try JSONTree.read(bytes, words.limits)
        let items = body.list ?? body["alerts"]?.list ?? (body.members == nil ? nil : [body])
        guard let items, !items.isEmpty else {
            throw IntakeRefusal(
                400, "Expected an alert, a list of alerts, or an object with alerts, found \(body.kind).")
        }
        guard items.count <= words.limits.alerts else {
            throw IntakeRefusal(413, "Send at most \(words.limits.alerts) alerts at a time; these are \(items.count).")
        }
        var gathering = Gathering()
        for (index, item) in items.enumerated() {
            gathering.take(index) { gathering throws(IntakeRefusal) in try alert(item, hook, words, now, &gathering) }
        }
        return try gathering.result()
    }

    private static func alert(
        _ item: JSONTree, _ hook: String, _ words: IntakeWords, _ now: Int64, _ gathering: inout Gathering
    ) throws(IntakeRefusal) -> RaisedAlert {
        guard let name = item["name"]?.text else {
            throw IntakeRefusal(422, "expected a name, found \(item["name"]?.kind ?? item.kind)")
        }
        let status = item["status"]?.text ?? "firing"
        guard status == "firing" || status == "resolved" else {
            throw IntakeRefusal(422, "expected status firing or resolved, found \(item["status"]?.kind ?? "none")")
        }
        let labels = try LabelReading(item["labels"], words.limits, &gathering)
        let began = try Instant.read(optional: item["began"], "began")
        let ended = try Instant.read(optional: item["ended"], "ended")
        if let began, let ended, ended < began { throw IntakeRefusal(422, "expected ended after began") }
        let node = item["service"]?.text ?? labels.first(of: words.nodeLabels) ?? ""
        let about = item["fingerprint"]?.word.map { ["named", $0] } ?? [name, node, labels.fingerprint]
        let bytes = ([hook] + about).flatMap { Array("\($0.utf8.count):\($0)".utf8) }
        let severity = item["severity"]?.word ?? labels.first(of: words.severityLabels) ?? ""
        let isFiring = status == "firing"
        return RaisedAlert(
            .webhook, fingerprint: "hook/" + Digest("kintsugi hook 1", of: bytes).description.prefix(32),
            name: name.cut(256), node: node.cut(256), severity: SeverityWords.read(severity),
            state: isFiring ? .firing : .resolved, labels: labels.kept,
            text: (item["text"]?.text ?? "").cut(words.limits.textBytes),
            began: began ?? (isFiring ? now : ended ?? now),
            ended: isFiring ? nil : ended ?? now, isBeginningTold: began != nil,
            link: item["link"]?.text.map { $0.cut(2_048) }, sender: "hook \(hook)")
    }
}
