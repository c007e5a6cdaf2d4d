/// Why the forge did not do what it was asked: what was expected, what was found, and what to do.
public enum ForgeFault: Error, Sendable, Equatable {
    // This host.
    /// There is no git where it was looked for.
    case noGit(searched: String)
    /// Git is older than what is needed of it.
    case oldGit(found: String)
    case diskFull(String)
    /// A git command took too long and was killed, or a forge did not answer in time.
    case deadline(doing: String, within: Duration)
    /// An answer has more bytes than it may have.
    case tooLarge(doing: String, most: Int)

    // The repository.
    case noRepository(String)
    /// Something is there where something new was to be made.
    case occupied(String)
    /// Objects or references are missing or broken.
    case corrupt(String)
    /// Another git holds a reference.
    case locked(String)
    /// The branch is elsewhere by now.
    case moved(now: String)
    case missing(String)
    case conflict(files: [String])
    /// A change that does not fit what it is to be made on.
    case mismatch(files: [String], text: String)
    case nothingChanged
    /// What was asked cannot be.
    case invalid(String)
    /// Git failed in a way that has no name here.
    case failed(doing: String, text: String)

    // Pull requests.
    /// The pull request's commit is another by now.
    case headMoved(now: String)
    case notOpen(number: Int, state: String)
    case rejected(by: String, text: String)
    case failedCheck(name: String, text: String)
    case notMergeable(String)

    // A forge elsewhere.
    case unauthorised(String)
    /// It takes no more requests for now; after so many seconds it does.
    case rateLimited(seconds: Int)
    case unreachable(String)
    case unavailable(status: Int, text: String)
    case unexpected(String)

    /// Whether the same may be tried again soon, without any change.
    public var isPassing: Bool {
        switch self {
        case .deadline, .locked, .rateLimited, .unreachable, .unavailable: true
        default: false
        }
    }
}

extension ForgeFault: CustomStringConvertible {
    public var description: String { ofHost ?? ofRepository ?? ofPulls ?? ofElsewhere ?? "" }

    private var ofHost: String? {
        switch self {
        case .noGit(let searched):
            "expected the program git, found none in \(searched): install git, or name its folder in PATH"
        case .oldGit(let found): "expected git 2.38 or later, found \(found): install a newer one"
        case .diskFull(let text): "the disk is full: \(text): free some space, then try again"
        case .deadline(let doing, let within):
            "\(doing) was not done within \(within): try again; if it stays so, look at the disk or the forge"
        case .tooLarge(let doing, let most): "\(doing) gave more than \(most) bytes: ask for less"
        default: nil
        }
    }

    private var ofRepository: String? {
        switch self {
        case .noRepository(let path):
            "expected a git repository at \(path), found none: `kintsugi up` makes it, or clone one there with --bare"
        case .occupied(let path): "expected nothing at \(path), found something: choose another place, or remove it"
        case .corrupt(let text):
            "the repository is damaged: \(text): look with `git fsck`, and fetch what is missing from a clone"
        case .locked(let path):
            "another git works on the repository and holds \(path): try again when it is done"
        case .moved(let now): "expected the branch where it was, found it at \(now): read it again and try again"
        case .missing(let what): "expected \(what), found nothing of that name"
        case .conflict(let files):
            "others changed the same in \(Self.names(files)): make the change anew on the present main"
        case .mismatch(let files, let text):
            "the change does not fit" + (files.isEmpty ? "" : " \(Self.names(files))")
                + ": \(text): make it anew on this base"
        case .nothingChanged: "expected a change, found none: the files are so already"
        case .invalid(let text): text
        case .failed(let doing, let text): "git could not \(doing): \(text)"
        default: nil
        }
    }

    private var ofPulls: String? {
        switch self {
        case .headMoved(let now):
            "the pull request was changed: its commit is \(now) by now: look at it again before it is merged"
        case .notOpen(let number, let state): "expected pull request \(number) to be open, found it \(state)"
        case .rejected(let who, let text):
            "\(who) rejects it" + (text.isEmpty ? "" : " (\(text))") + ": it can be merged when \(who) approves"
        case .failedCheck(let name, let text):
            "its check \(name) failed" + (text.isEmpty ? "" : " (\(text))") + ": it can be merged when that passes"
        case .notMergeable(let text): "it cannot be merged: \(text)"
        default: nil
        }
    }

    private var ofElsewhere: String? {
        switch self {
        case .unauthorised(let text): "the forge does not let us: \(text): look at the token and its rights"
        case .rateLimited(let seconds): "the forge takes no more requests for now: try again in \(seconds) s"
        case .unreachable(let text): "the forge cannot be reached: \(text): look at its URL and the network"
        case .unavailable(let status, let text): "the forge failed with status \(status): \(text): try again later"
        case .unexpected(let text): "the forge answered what was not expected: \(text)"
        default: nil
        }
    }

    private static func names(_ files: [String]) -> String { files.joined(separator: ", ") }
}
