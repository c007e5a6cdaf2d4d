import Contracts
import Incidents

/// The journal's links, followed entry by entry.
struct JournalProof {
    private var check: JournalCheck
    /// The digest of an entry that must be there.
    private let wanted: Digest?
    private var isFound: Bool
    private var last: Int64 = 0
    private var fault: JournalFault?

    init(isWhole: Bool, wanted: Digest? = nil) {
        check = JournalCheck(isWhole: isWhole)
        self.wanted = wanted
        isFound = wanted == nil
    }

    /// Takes the next entry; false at the first link that does not hold.
    mutating func take(_ entry: JournalEntry) -> Bool {
        fault = check.take(entry)
        guard fault == nil else { return false }
        last = entry.sequence
        if entry.digest == wanted { isFound = true }
        return true
    }

    var outcome: Outcome {
        var text = fault?.description
        if text == nil, !isFound, let wanted {
            text = "the entry with the digest \(wanted) is not there: the journal was cut off, or is another one"
        }
        return Outcome(holds: text == nil, entries: check.entries, last: last, head: check.head, fault: text)
    }

    /// What a program reads of it.
    struct Outcome: Encodable, Equatable {
        let holds: Bool
        /// How many held, up to the fault.
        let entries: Int
        /// The sequence and the digest of the last of them.
        let last: Int64
        let head: Digest?
        let fault: String?

        func text(_ paint: Paint) -> String {
            if let fault {
                return paint("The journal does not hold: ", .red) + harmless(fault) + "\n"
                    + "\(entries) entries before it hold together.\n"
            }
            guard let head else { return "The journal has no such entry yet.\n" }
            return paint("The journal holds: ", .green)
                + "\(entries) entries, each tied to the one before it. Its head is entry \(last):\n    \(head)\n"
        }
    }
}

/// A journal as lines of JSON, one entry a line.
enum JournalFile {
    static func line(_ entry: JournalEntry) throws -> String {
        String(decoding: try JSONText.unpack(try Packed.encode(entry)), as: UTF8.self) + "\n"
    }

    static func entry(_ line: some Sequence<UInt8>, number: Int, of file: String) throws(Failure) -> JournalEntry {
        do {
            return try Packed.decode(JournalEntry.self, from: try JSONText.pack(Array(line)))
        } catch {
            throw Failure(
                harmless("\(file):\(number): expected an entry of a journal, found none: \(error)"), exit: ExitCode.data
            )
        }
    }
}
