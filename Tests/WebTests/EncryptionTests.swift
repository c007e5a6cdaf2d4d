import Glibc
import Testing
import WebClient

@testable import Web

/// A certificate for 127.0.0.1 that lives as long as the test.
private final class Certificate: Sendable {
    let folder: String
    var certificate: String { folder + "/certificate.pem" }
    var key: String { folder + "/key.pem" }

    init() throws {
        var name = Array("/tmp/kintsugi-web-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&name).map { String(cString: $0) })
        let status = system(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test "
                + "-addext subjectAltName=IP:127.0.0.1 -keyout \(folder)/key.pem -out \(folder)/certificate.pem 2>/dev/null"
        )
        try #require(
            status == 0, "the program openssl makes the certificate of this test; scripts/setup.sh installs it")
    }

    deinit { _ = system("rm -rf \(folder)") }
}

@Suite("TLS", .serialized) struct EncryptionTests {
    @Test("who trusts the certificate is served over TLS, who does not is told, and plain HTTP is not spoken")
    func encrypted() async throws {
        let files = try Certificate()
        let encryption = try Encryption(certificateFile: files.certificate, keyFile: files.key)
        let hall = try Hall({ $0.encryption = encryption })
        let url = "https://127.0.0.1:\(hall.port)"
        let trusting = WebClient(authorities: files.certificate)
        var request = ClientRequest.json(
            .post, url + "/echo", Array((#"{"text":""# + String(repeating: "x", count: 100_000) + #""}"#).utf8))
        // Other tests may hold all threads that handlers need for longer than a client would wait.
        request.deadline = .seconds(60)
        request.headers.append(("x-api-key", Hall.keys.guest.key))
        for _ in 0..<3 {
            let answer = try await trusting.send(request)
            #expect(answer.status == 200 && answer.body == request.body)
        }
        await #expect { try await WebClient().send(ClientRequest(.get, url + "/open")) } throws: { error in
            if case .notTrusted = error as? ClientFault { true } else { false }
        }
        let wire = hall.wire()
        wire.send(Hall.request("GET /open", key: nil))
        #expect(await wire.isEnded())
        await hall.server.stop()
    }

    @Test("files that are no certificate, or do not belong together, are refused with their names")
    func badFiles() throws {
        let (one, other) = (try Certificate(), try Certificate())
        #expect(throws: ServerFault.badPEM("/nowhere")) {
            _ = try Encryption(certificateFile: "/nowhere", keyFile: one.key)
        }
        #expect(throws: ServerFault.badPEM("/proc/self/exe")) {
            _ = try Encryption(certificateFile: one.certificate, keyFile: "/proc/self/exe")
        }
        let mixed = try Encryption(certificateFile: one.certificate, keyFile: other.key)
        #expect(throws: ServerFault.libraryRefused("the certificate or its key")) {
            _ = try Hall({ $0.encryption = mixed })
        }
    }
}
