/// What went wrong in a store: what was expected, what was found, what to do.
public enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// SQLite refused or failed.
    case engine(EngineFault)
    /// More writes or reads wait than the store takes; nothing was done.
    case overloaded(waiting: Int)
    /// Another process holds the lease of the file.
    case leaseHeld(file: String, holder: String)
    /// This process is not the writer of the file, and was given no way to forward.
    case notTheWriter(file: String)
    /// The file was written by a later version of this service.
    case newerFile(file: String, found: Int, known: Int)
    /// A migration that was applied reads otherwise now.
    case changedHistory(file: String, migration: Int, name: String)
    /// The numbers of the migrations do not count up from one.
    case unorderedMigrations(expected: Int, found: Int)
    /// Another file stands under the name of the one that is open.
    case replaced(file: String)
    /// A column holds another type than was asked for.
    case column(index: Int, expected: String, found: String, sql: String)
    /// No write command of this name is registered.
    case unknownCommand(String)
    /// A forwarded write was refused by the writer; nothing was done.
    case refused(command: String, reason: String)
    /// A forwarded write was not answered in time: it may have taken effect or not.
    case unanswered(command: String, reason: String)
    /// An id that was seen before came with another body.
    case differentBody(source: String, id: String)
    /// There is no dead letter of this number that waits for a decision.
    case noDeadLetter(Int64)
    /// A file could not be opened, copied, moved or synchronised.
    case file(path: String, doing: String, code: Int32)
    case closed(file: String)

    public var description: String {
        switch self {
        case .engine(let fault): fault.description
        case .overloaded(let waiting): "\(waiting) requests wait already: try again later"
        case .leaseHeld(let file, let holder):
            "\(file) is written by process \(holder): stop it first, or send the write to it"
        case .notTheWriter(let file): "this process does not write \(file): send the write to the one that does"
        case .newerFile(let file, let found, let known):
            "\(file) is of version \(found), this program knows versions up to \(known): run the newer program, or "
                + "restore a backup of version \(known)"
        case .changedHistory(let file, let migration, let name):
            "migration \(migration) (\(name)) was applied to \(file) with another text: leave applied migrations as "
                + "they were and add a new one"
        case .unorderedMigrations(let expected, let found):
            "expected migration \(expected), found \(found): number migrations from 1 without gaps"
        case .replaced(let file):
            "another file stands at \(file) than the one that is open: restart the service to use it, or put the old "
                + "one back"
        case .column(let index, let expected, let found, let sql):
            "expected \(expected) in column \(index), found \(found): \(sql)"
        case .unknownCommand(let name):
            "no write command \"\(name)\" is registered: register it before the store is used, in every version"
        case .refused(let command, let reason): "the writer refused \(command): \(reason)"
        case .unanswered(let command, let reason):
            "no answer to \(command), which may have taken effect: \(reason); ask for its result before repeating it"
        case .differentBody(let source, let id):
            "\(id) from \(source) came before with another body: give a new message a new id"
        case .noDeadLetter(let number): "no dead letter \(number) waits here: list them to see which do"
        case .file(let path, let doing, let code): "could not \(doing) \(path): \(systemText(code)) (errno \(code))"
        case .closed(let file): "the store \(file) is closed"
        }
    }
}

extension StoreError {
    /// Whether nothing was done and the same may succeed later, without a change to it.
    public static func passes(_ error: any Error) -> Bool {
        switch error as? StoreError {
        case .overloaded, .closed, .notTheWriter, .replaced, .newerFile, .file, .leaseHeld, .unanswered: true
        case .engine(let fault): [.full, .readOnly, .unreadable, .busy, .missing, .damaged].contains(fault.kind)
        default: false
        }
    }
}

/// A result code of SQLite, with the SQL it belongs to; never the values.
public struct EngineFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What the code means for whoever must act.
    public enum Kind: String, Sendable {
        case constraint, full, readOnly, damaged, unreadable, missing, busy, interrupted, misuse, other
    }

    /// The extended result code.
    public let code: Int32
    public let message: String
    public let sql: String?
    public let file: String

    public var kind: Kind {
        switch code & 0xFF {
        case 19: .constraint
        case 13: .full
        case 8: .readOnly
        case 11, 26: .damaged
        case 10: .unreadable
        case 14: .missing
        case 5, 6: .busy
        case 9: .interrupted
        case 21, 25: .misuse
        default: .other
        }
    }

    public var description: String {
        let what = "\(file): \(message) (SQLite \(code))"
        let statement = sql.map { ", in: \($0)" } ?? ""
        return what + statement + advice
    }

    private var advice: String {
        switch kind {
        case .full: "; free space on its file system, writes then go on by themselves"
        case .readOnly: "; make the file and its folder writable for this user"
        case .damaged: "; restore a backup"
        case .unreadable: "; look at the disk (dmesg), writes go on by themselves once it works"
        case .missing: "; check that the folder is there and may be entered"
        case .constraint, .busy, .interrupted, .misuse, .other: ""
        }
    }
}
