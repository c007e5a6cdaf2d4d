import Glibc
import Host
import Synchronization
import WebClient

/// Sends requests with the token, which nothing else sees.
final class GitHubSender: Sendable {
    let place: GitHubPlace
    let requests: GitHubRequests
    private let client: WebClient
    private let login = Mutex<String?>(nil)

    private static let mostPages = 20

    init(_ place: GitHubPlace, client: WebClient) {
        self.place = place
        requests = GitHubRequests(place: place)
        self.client = client
    }

    /// Whose the token is.
    func own() async throws(ForgeFault) -> String {
        if let known = place.login ?? login.withLock({ $0 }) { return known }
        let found = try await answer(GitHubAnswer.User.self, to: requests.user).login
        login.withLock { $0 = found }
        return found
    }

    func answer<Value: Decodable>(_ type: Value.Type, to request: GitHubRequest) async throws(ForgeFault) -> Value {
        try GitHubReading.value(type, of: await response(to: request), to: request, now: Self.now())
    }

    /// The body of a success, whatever it is.
    @discardableResult
    func body(of request: GitHubRequest) async throws(ForgeFault) -> [UInt8] {
        let response = try await response(to: request)
        try GitHubReading.checked(response, to: request, now: Self.now())
        return response.body
    }

    /// All pages of a list, until `enough` says so.
    func all<Value: Decodable>(
        _ type: Value.Type, _ request: (Int) -> GitHubRequest, until enough: (Value) -> Bool = { _ in false }
    ) async throws(ForgeFault) -> [Value] {
        var found: [Value] = []
        for page in 1...Self.mostPages {
            let next = try await answer([Value].self, to: request(page))
            found += next
            guard next.count == GitHubRequests.pageLength, !next.contains(where: enough) else { break }
        }
        return found
    }

    private func response(to request: GitHubRequest) async throws(ForgeFault) -> ClientResponse {
        var sent = ClientRequest(request.method, place.url + request.path)
        sent.headers = [
            ("Accept", request.accept), ("X-GitHub-Api-Version", "2022-11-28"), ("User-Agent", "kintsugi"),
            ("Authorization", "Bearer \(try token())"),
        ]
        if let body = request.body {
            sent.headers.append(("Content-Type", "application/json"))
            sent.body = body
        }
        sent.deadline = place.deadline
        sent.mostBytes = 32 << 20
        do throws(ClientFault) {
            return try await client.send(sent)
        } catch {
            throw GitHubReading.fault(error, request, within: place.deadline)
        }
    }

    func token() throws(ForgeFault) -> String {
        let text = ProcessFiles.text(place.tokenFile).map { CommitNote.line($0) } ?? ""
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && !$0.isWhitespace }) else {
            throw .unauthorised("expected a token in \(place.tokenFile), found none")
        }
        return text
    }

    private static func now() -> Int64 { Int64(time(nil)) }
}
