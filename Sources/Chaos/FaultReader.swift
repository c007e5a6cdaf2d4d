import Contracts
public import Faults
import Host
public import Settings

/// A fault with the truth about it.
public struct KnownFault: Sendable {
    public var fault: Fault
    public var truth: GroundTruth
}

/// What a folder of faults says.
public struct FaultFolder: Sendable {
    /// In the order of their names; one that is there for each of several values is there once for each.
    public var faults: [KnownFault] = []
    public var mistakes: [Mistake] = []

    /// Reads a folder with a folder for each fault: `NAME/fault.yaml` says how, `NAME/truth.yaml` what is true.
    public static func read(_ path: String) -> FaultFolder {
        var found = FaultFolder()
        let names = ProcessFiles.entries(path).filter { !$0.hasPrefix(".") && $0 != "README.md" }.sorted()
        if names.isEmpty {
            found.mistakes.append(Mistake(place: path, text: "expected a folder for each fault, found none"))
        }
        for name in names {
            do throws(ConfigurationError) {
                found.faults += try FaultReader(folder: "\(path)/\(name)", name: name).read()
            } catch { found.mistakes += error.mistakes }
        }
        return found
    }
}

/// Reads one fault.
struct FaultReader {
    /// Stands for one of the values of `each`, in both files.
    static let placeholder = "$each"

    let folder: String
    let name: String

    func read() throws(ConfigurationError) -> [KnownFault] {
        let how = "\(folder)/fault.yaml"
        let what = "\(folder)/truth.yaml"
        let (text, known) = (try content(how), try content(what))
        let values = try Document(text: text, name: how).read { fault($0).each }
        var found: [KnownFault] = []
        for value in values.isEmpty ? [nil] : values.map(Optional.init) {
            func filled(_ text: String) -> String { value.map { text.replacing(Self.placeholder, with: $0) } ?? text }
            var one = try Document(text: filled(text), name: how).read { fault($0).fault }
            let truth = try Document(text: filled(known), name: what).read { TruthReader.truth($0, of: name) }
            guard truth.category == one.category else {
                throw ConfigurationError([
                    Mistake(
                        place: what, path: "metadata.labels.category",
                        text: "expected \(one.category) as in fault.yaml, found \(truth.category)")
                ])
            }
            if let value { one.name = "\(name)@\(value)" }
            found.append(KnownFault(fault: one, truth: truth))
        }
        return found
    }

    private func content(_ path: String) throws(ConfigurationError) -> String {
        guard let text = ProcessFiles.text(path) else {
            throw ConfigurationError([Mistake(place: path, text: "expected a readable file, found none")])
        }
        return text
    }

    private func fault(_ top: Section) -> (fault: Fault, each: [String]) {
        _ = top.required("version", .wholeNumber(in: 1...1))
        if top.required("name", .name) != name { top.refuse("name", "expected \(name), the name of its folder") }
        let known = Scalar<String>.matching(
            "one of \(Fault.categories.joined(separator: ", "))", standIn: Fault.control
        ) {
            Fault.categories.contains($0)
        }
        let rate = Scalar<Double>.number(in: 0...100_000)
        let span = Scalar<Duration>.duration(in: .seconds(1) ... .seconds(7_200))
        let traffic = top.section("traffic") { section in
            let before = section.required("before", rate)
            return Fault.Traffic(before: before, after: section.value("after", rate, otherwise: before))
        }
        let each = top.list("each", of: .name, atMost: 32)
        let category = top.required("category", known)
        let mark = top.required("marked", .choice(of: Fault.Mark.self))
        if category == Fault.control, mark != .nothing {
            top.refuse("marked", "expected nothing for a control, found \(mark.rawValue)")
        }
        let steps = top.sections("steps", atMost: 20) { step($0) }
        if steps.isEmpty, category != Fault.control { top.refuse("steps", "expected at least one step, found none") }
        let fault = Fault(
            name: name, about: top.required("about", .text(length: 1...300)), category: category, mark: mark,
            needs: top.list("needs", of: .name, atMost: 8), traffic: traffic,
            diskBytes: top.optional("disk", .size(in: (64 << 20)...(1 << 40))),
            baselineSeconds: top.value("baseline", span, otherwise: .seconds(90)).inSeconds,
            withinSeconds: top.value("within", span, otherwise: .seconds(300)).inSeconds,
            steps: steps)
        return (fault, each)
    }

    // MARK: - Steps

    private enum Kind: String, CaseIterable, Sendable {
        case set, patch, remove, signal, fill, row, carrier, load, wait
    }

    private static let title = Scalar<String>.text(length: 1...100)
    private static let file = Scalar<String>.matching("a path below the folder, without ..", standIn: "file") { text in
        !text.isEmpty && text.utf8.count <= 200 && !text.hasPrefix("/")
            && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                $0 != ".." && $0 != "." && $0 != ""
            }
    }
    private static let brief = Scalar<Duration>.duration(in: .milliseconds(1) ... .seconds(7_200))

    private func step(_ section: Section) -> FaultStep {
        switch section.required("do", .choice(of: Kind.self)) {
        case .set:
            let values = section.list("values", of: .text(length: 1...500), atMost: 20)
            if values.isEmpty { section.refuse("values", "expected at least one FILE:PATH=VALUE, found none") }
            return .set(title: section.required("title", Self.title), values: values)
        case .patch:
            let path = section.required("file", Self.file)
            let text = ProcessFiles.text("\(folder)/\(path)") ?? ""
            if text.isEmpty {
                section.refuse("file", "expected a patch beside fault.yaml, found none of the name \(path)")
            }
            return .patch(title: section.required("title", Self.title), text: text)
        case .remove:
            return .remove(
                title: section.required("title", Self.title), file: section.required("file", Self.file),
                line: section.required("line", .text(length: 1...500)))
        case .signal: return .signal(signal(section))
        case .fill:
            let size = Scalar<Int>.size(in: 1...(1 << 40))
            return .fill(
                FillStep(
                    file: section.required("file", Self.file), bytesPerSecond: section.required("rate", size),
                    size: section.required("size", size)))
        case .row:
            let statements = section.list("sql", of: .text(length: 1...2_000), atMost: 20)
            let inverse = section.list("inverse", of: .text(length: 1...2_000), atMost: 20)
            if statements.isEmpty || inverse.isEmpty { section.refuse("sql", "expected statements, and their inverse") }
            return .row(RowStep(service: section.required("service", .name), statements: statements, inverse: inverse))
        case .carrier:
            let delay = section.value("delay", Self.brief, otherwise: .seconds(2)).inSeconds
            return .carrier(
                CarrierStep(
                    mode: section.required("mode", .name),
                    share: section.value("share", .wholeNumber(in: 0...100), otherwise: 100),
                    delayMilliseconds: Int(delay * 1_000)))
        case .load:
            return .load(
                LoadStep(
                    rate: section.required("rate", .number(in: 0.1...100_000)),
                    seconds: section.required("for", Self.brief).inSeconds))
        case .wait: return .wait(seconds: section.required("for", Self.brief).inSeconds)
        }
    }

    private static let signals = ["HUP", "INT", "QUIT", "ABRT", "KILL", "SEGV", "TERM", "STOP"]

    private func signal(_ section: Section) -> SignalStep {
        let known = Scalar<String>.matching("one of \(Self.signals.joined(separator: ", "))", standIn: "KILL") {
            Self.signals.contains($0)
        }
        // While the file is looked at for its values, the role is none yet.
        let role = Scalar<String>.matching("a role", standIn: "orders") { text in
            text == Self.placeholder
                || (1...32).contains(text.utf8.count) && text.allSatisfy { $0.isLetter || $0 == "-" }
        }
        let step = SignalStep(
            role: section.required("role", role), slot: section.optional("slot", .wholeNumber(in: 1...9_999)),
            signal: section.required("signal", known),
            everySeconds: section.optional("every", Self.brief)?.inSeconds,
            forSeconds: section.optional("for", Self.brief)?.inSeconds)
        if step.forSeconds != nil, step.signal != "STOP" {
            section.refuse("for", "expected it with STOP alone: nothing else can end, found \(step.signal)")
        }
        if let every = step.everySeconds, let part = step.forSeconds, part >= every {
            section.refuse("for", "expected less than every \(every) s, found \(part) s")
        }
        return step
    }
}
