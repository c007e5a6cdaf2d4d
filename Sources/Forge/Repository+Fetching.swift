import Contracts
import Host

extension Repository {
    /// Where the last fetched `main` of another repository is kept.
    static let fetched = "refs/kintsugi/fetched/main"

    /// Fetches `main` of another repository, by its URL or absolute path, and moves our own forward to it. The token goes
    /// to git in its environment, where only this user sees it. What our `main` is then.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func followMain(of url: String, token: String? = nil) throws(ForgeFault) -> String {
        guard ["https://", "http://", "/"].contains(where: { url.hasPrefix($0) }), !url.contains("\0") else {
            throw .invalid("expected a URL of https, or an absolute path, found \"\(url)\"")
        }
        var environment = ["GIT_ALLOW_PROTOCOL=https:http:file"]
        if let token {
            let word = String(decoding: Base64.encode(Array("x-access-token:\(token)".utf8)), as: UTF8.self)
            environment += [
                "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=http.extraHeader",
                "GIT_CONFIG_VALUE_0=Authorization: Basic \(word)",
                // Nobody else is told the token.
                "GIT_CONFIG_KEY_1=http.followRedirects", "GIT_CONFIG_VALUE_1=false",
            ]
        }
        let what = "+refs/heads/\(Self.mainBranch):\(Self.fetched)"
        do throws(ForgeFault) {
            _ = try call(
                ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", url, what], environment: environment,
                doing: "fetch main of \(url)")
        } catch .failed(let doing, let text) {
            throw .unreachable("git could not \(doing): \(text)")
        }
        guard let theirs = try tip(of: Self.fetched) else { throw .missing("a branch main at \(url)") }
        let ours = try main()
        if try isAncestor(theirs, of: ours) { return ours }
        guard try isAncestor(ours, of: theirs) else {
            throw .invalid("main at \(url) is \(theirs) and does not follow ours, \(ours): merge the two by hand")
        }
        try advanceMain(from: ours, to: theirs)
        return theirs
    }
}

extension GitHubForge {
    /// Brings what was merged on the forge into the cluster's own `main`; `url` is where the repository is cloned from.
    public func followMain(of url: String) async throws(ForgeFault) -> String {
        let token = try sender.token()
        return try await repository.aside { try $0.followMain(of: url, token: token) }
    }
}
