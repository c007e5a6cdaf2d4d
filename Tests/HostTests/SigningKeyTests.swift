import Testing

@testable import Host

private func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

@Suite("A signing key") struct SigningKeyTests {
    // The first and the third of the vectors of RFC 8032.
    @Test(
        "signs as Ed25519 does everywhere",
        arguments: [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0"
                    + "595bbe24655141438e7a100b"
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9"
                    + "716ed28dc027beceea1ec40a"
            ),
        ])
    func vectors(seed: String, open: String, message: String, signature: String) throws {
        let key = try SigningKey(seed: bytes(seed))
        #expect(key.publicKey == bytes(open))
        #expect(key.sign(bytes(message)) == bytes(signature))
        #expect(SigningKey.verify(bytes(message), bytes(signature), bytes(open)))
        #expect(!SigningKey.verify(bytes(message) + [0], bytes(signature), bytes(open)))
    }

    @Test("is another one each time, and needs a whole seed")
    func made() throws {
        let (one, other) = (try SigningKey.make(), try SigningKey.make())
        #expect(one.publicKey != other.publicKey)
        #expect(!SigningKey.verify([1], one.sign([1]), other.publicKey))
        #expect(try SigningKey(seed: one.seed).publicKey == one.publicKey)
        #expect(throws: SystemFault.self) { try SigningKey(seed: [1, 2, 3]) }
        #expect(!SigningKey.verify([1], [], one.publicKey) && !SigningKey.verify([1], one.sign([1]), []))
    }
}
