import FoundationEssentials
import Glibc
import Testing

@testable import Host
@testable import kintsugi

/// A folder of its own for one test, gone afterwards.
final class Folder {
    let path: String

    init() throws {
        var template = Array("/tmp/kintsugi-test-XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
    }

    func append(_ text: String, to name: String) throws {
        let file = try #require(fopen("\(path)/\(name)", "a"))
        fputs(text, file)
        fclose(file)
    }
}

private func line(_ second: Int, _ message: String) -> String {
    #"{"time":"2026-03-01T09:30:0\#(second).000000Z","level":"info","message":"\#(message)","pid":1}"# + "\n"
}

@Suite struct LogTests {
    @Test("a record is read from a line, and told to a person in one")
    func pretty() {
        let record = LogRecord(
            line: #"{"time":"2026-03-01T09:30:00.000250Z","level":"warning","role":"echo","message":"too slow","#
                + #""fields":{"method":"say","count":3,"late":true,"of":[1,null],"in":{"a":0.5}}}"#,
            origin: "echo.1", after: "")
        #expect(
            record.pretty(originWidth: 8, paint: .none)
                == "09:30:00.000  echo.1    warning  too slow  count=3  in={a: 0.5}  late=true  method=say  of=[1, null]"
        )
        #expect(record.json == record.line)
    }

    @Test("what is no JSON keeps its place in time, and becomes JSON for a program")
    func trace() {
        let record = LogRecord(line: "Fatal error: \u{1B}[31m", origin: "echo.1", after: "2026-03-01T09:30:00.000250Z")
        #expect(record.time == "2026-03-01T09:30:00.000250Z")
        #expect(
            record.json
                == #"{"level":"error","message":"Fatal error: \u001b[31m","origin":"echo.1","time":"2026-03-01T09:30:00.000250Z"}"#
        )
        #expect(!record.pretty(originWidth: 6, paint: .none).contains("\u{1B}"))
    }

    @Test("records of many files are put in the order of time, those of one file in its order")
    func merging() {
        func records(_ times: [String], _ origin: String) -> [LogRecord] {
            times.enumerated().map { LogRecord(line: "\(origin)\($0.offset)", origin: origin, after: $0.element) }
        }
        let all = merged([records(["1", "3", "3"], "a"), records(["2", "3"], "b")])
        #expect(all.map(\.line) == ["a0", "b0", "a1", "a2", "b1"])
    }

    @Test("the last lines are found, in older files too, and a line without its end waits for it")
    func last() throws {
        let folder = try Folder()
        try folder.append(line(1, "a") + line(2, "b"), to: "echo.1.log.1")
        try folder.append(line(3, "c") + #"{"time":"#, to: "echo.1.log")
        var tail = LogTail(path: "\(folder.path)/echo.1.log")
        #expect(tail.last(2).map(\.message) == ["b", "c"])
        #expect(tail.new().isEmpty)
        try folder.append(#""2026-03-01T09:30:04.000000Z","message":"d"}"# + "\n", to: "echo.1.log")
        #expect(tail.new().map(\.message) == ["d"])
        #expect(tail.role == "echo" && tail.origin == "echo.1")
    }

    @Test("nothing is missed when a file is rotated, by renaming or by copying", arguments: [true, false])
    func rotation(renames: Bool) throws {
        let folder = try Folder()
        let path = "\(folder.path)/echo.1.log"
        try folder.append(line(1, "a") + line(2, "b"), to: "echo.1.log")
        var tail = LogTail(path: path)
        #expect(tail.last(10).count == 2)
        try folder.append(line(3, "c"), to: "echo.1.log")
        if renames {
            rename(path, "\(path).1")
        } else {
            try folder.append(line(1, "a") + line(2, "b") + line(3, "c"), to: "echo.1.log.1")
            truncate(path, 0)
        }
        try folder.append(line(4, "d"), to: "echo.1.log")
        #expect(tail.new().map(\.message) == ["c", "d"])
    }

    @Test("following tells what is written, in files that are new as well")
    func follow() throws {
        let folder = try Folder()
        mkdir("\(folder.path)/log", 0o700)
        try folder.append(line(1, "a"), to: "log/echo.1.log")
        try folder.append(line(1, "x"), to: "log/risk.1.log")
        var follower = LogFollower(places: Places(data: folder.path), role: "echo")
        #expect(try follower.last(10).map(\.message) == ["a"])
        try folder.append(line(2, "b"), to: "log/echo.1.log")
        var seen: [String] = []
        var appended = true
        try follower.follow { records in
            seen += records.map { "\($0.origin) \($0.message)" }
            if seen.count == 1 {
                do { try folder.append(line(3, "c"), to: "log/echo.2.log") } catch { appended = false }
            }
            return seen.count < 2 && appended
        }
        #expect(seen == ["echo.1 b", "echo.2 c"])
    }

    @Test("no logs at all is said, and not an empty answer")
    func none() throws {
        let folder = try Folder()
        var follower = LogFollower(places: Places(data: folder.path), role: nil)
        let failure = #expect(throws: Failure.self) { try follower.last(1) }
        #expect(failure?.exit == 69)
    }
}
