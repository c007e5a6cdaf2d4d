import Commands
import FoundationEssentials
import Glibc
import Testing

@testable import kintsugi

@Suite final class InsightCasesTests {
    private let folder: String

    init() throws {
        var path = Array("/tmp/kintsugi-cases-XXXXXX".utf8CString)
        _ = path.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } }
        folder = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func write(_ text: String, to name: String) throws {
        let path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(atPath: Rankings.folder(of: path), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private struct Entry: Decodable {
        var node: String
        var score: Double
        var because: [String]
    }

    private func rank(onlyMetrics: Bool = false) throws -> [String: [Entry]] {
        let text = try Rankings.text(cases: "\(folder)/cases.json", onlyMetrics: onlyMetrics)
        return try JSONDecoder().decode([String: [Entry]].self, from: Data(text.utf8))
    }

    private func wobble(_ row: Int, _ column: Int) -> Double { Double((row * 7 + column * 13) % 11) / 100 }

    /// One table of two services; the processor of one is busier from the 60th second on.
    private func wide(busy: Bool) -> String {
        "t,shop_cpu,shop-db_mem,front_cpu\n"
            + (0..<100).map { row in
                "\(row),\((busy && row >= 60 ? 80 : 10) + wobble(row, 1)),\(50 + wobble(row, 2)),\(20 + wobble(row, 3))"
            }.joined(separator: "\n") + "\n"
    }

    @Test("a single table is split by itself; a part called -db belongs to its service; a quiet one has an empty list")
    func oneTable() throws {
        try write(wide(busy: true), to: "hurt.csv")
        try write(wide(busy: false), to: "calm.csv")
        try write(#"[{"case": "a", "file": "hurt.csv"}, {"case": "b", "file": "calm.csv"}]"#, to: "cases.json")
        let answers = try rank()
        #expect(answers["a"]?.first?.node == "shop")
        #expect(answers["a"]?.first?.because.first?.contains("cpu") == true)
        #expect(answers["b"]?.isEmpty == true)
        #expect(answers["a"]?.contains { $0.node == "shop-db" } == false)
    }

    @Test("two tables and a call graph: the deepest of the slow ones is the cause")
    func twoTables() throws {
        func table(_ rows: Range<Int>, slow: Double) -> String {
            "time,front|latency|mean,front|requests|sum,shop|latency|mean,shop|requests|sum\n"
                + rows.map { row in
                    "\(row * 300),\(1 + wobble(row, 1) + slow),100,\(0.5 + wobble(row, 2) + slow),100"
                }.joined(separator: "\n")
        }
        try write(table(0..<100, slow: 0), to: "normal.csv")
        try write(table(200..<205, slow: 3), to: "hurt.csv")
        try write(table(200..<205, slow: 0), to: "calm.csv")
        try write("caller,callee\nfront,shop\n", to: "graph.csv")
        func record(_ name: String) -> String {
            """
            {"case": "\(name)", "abnormal": "\(name).csv", "normal": null, "normal_substitute": "normal.csv",
             "graph": "graph.csv", "target": {"node": "front", "metric": "latency", "agg": "mean", "timestamp": 60000}}
            """
        }
        try write("[\(record("hurt")), \(record("calm"))]", to: "cases.json")
        let answers = try rank()
        #expect(answers["hurt"]?.first?.node == "shop")
        #expect(answers["calm"]?.isEmpty == true)
    }

    private func writeDay() throws {
        let metrics = (0..<20).flatMap { minute in
            ["front", "shop"].map { "10:\(minute < 10 ? "0" : "")\(minute):30,\($0),\($0)-1,\(5 + wobble(minute, 1))" }
        }
        try write("time,service,pod,CpuUsage(m)\n" + metrics.joined(separator: "\n"), to: "day/metrics.csv.gz")
        try write(#"{"normal_trace": ["normal"], "normal_log": [], "clean_minutes": []}"#, to: "day/system.json")
        func spans(wait: Int) -> String {
            "trace,span,parent,service,operation,start_us,duration_us\n"
                + (0..<20).map { number in
                    "\(number),\(number)a,0,front,GET,0,\(wait + 1_000)\n\(number),\(number)b,\(number)a,shop,GET,10,900"
                }.joined(separator: "\n")
        }
        try write(spans(wait: 100), to: "day/traces/normal.csv.gz")
        try write(spans(wait: 90_000), to: "day/traces/10_18.csv.gz")
        try write(spans(wait: 90_000), to: "day/traces/10_30.csv.gz")
        try write(
            "time_ms,service,trace,message\n1,shop,1,ERROR connection refused by 1\n", to: "day/logs/10_18.csv.gz")
        try write(
            """
            [{"case": "d", "dir": "day", "alert_time": "2030-01-01T10:18:00Z",
              "traces": ["10_18", "10_30"], "logs": ["10_18"]}]
            """, to: "cases.json")
    }

    @Test("a day's folder: spans show at whose door calls wait, and nothing after the alarm is read")
    func day() throws {
        try writeDay()
        let first = try #require(try rank()["d"]?.first)
        #expect(first.node == "shop")
        #expect(first.because.contains { $0.hasPrefix("traces") } && first.because.contains { $0.hasPrefix("logs") })
        // What is later than the alarm is not even opened.
        try write("no spans", to: "day/traces/10_30.csv.gz")
        #expect(try rank()["d"]?.first?.node == "shop")
        #expect(try rank(onlyMetrics: true)["d"]?.contains { $0.because.contains { $0.hasPrefix("traces") } } == false)
    }

    @Test("what cannot be read is named with its file, its line, what was expected and what was found")
    func badInput() throws {
        func failure(_ cases: String) throws -> Failure {
            try write(cases, to: "cases.json")
            do {
                _ = try rank()
            } catch let failure as Failure {
                return failure
            }
            return Failure("nothing failed")
        }
        #expect(try failure("[{]").exit == ExitCode.data)
        #expect(try failure(#"[{"file": "x.csv"}]"#).error.contains("expected the field \"case\""))
        let absent = try failure(#"[{"case": "a", "file": "absent.csv"}]"#)
        #expect(absent.exit == ExitCode.noInput && absent.error.contains("absent.csv"))
        #expect(try failure(#"[{"case": "a"}]"#).error.contains("expected one of the fields file, abnormal or dir"))
        try write("t,shop_cpu\n1,2\n2,many\n", to: "odd.csv")
        let odd = try failure(#"[{"case": "a", "file": "odd.csv"}]"#)
        #expect(odd.exit == ExitCode.data)
        #expect(odd.error.contains("odd.csv: line 3: expected a number in the column shop_cpu, found \"many\""))
        #expect(
            try failure(#"[{"case": "a", "dir": "x", "alert_time": "soon"}]"#).error.contains("alert_time, found soon"))
        try write("\u{1F}", to: "cut.csv")
        try Data([0x1F, 0x8B, 8, 0, 0]).write(to: URL(fileURLWithPath: "\(folder)/cut.csv"))
        #expect(try failure(#"[{"case": "a", "file": "cut.csv"}]"#).exit == ExitCode.data)
    }

    @Test("alerts close in time share an incident, lone ones have none, and the reasons are written where asked for")
    func groups() throws {
        let table = CommaSeparated(
            Array(
                """
                id,time,name,host,severity
                a,0,slow,shop,critical
                b,10,errors,front,warning
                c,5000,disk,store,warning

                """.utf8))
        #expect(try AlertGroups.text(table, topology: [], explained: false) == "id,incident\na,1\nb,1\nc,\n")
        #expect(try AlertGroups.text(table, topology: [], explained: true).contains("slow was not heard of late"))
        let odd = CommaSeparated(Array("time,name\nnever,x\n".utf8))
        let mistake = #expect(throws: CommaSeparated.Mistake.self) {
            try AlertGroups.text(odd, topology: [], explained: false)
        }
        #expect(mistake?.description == "line 2: expected a time in the column time, found \"never\"")
    }

    @Test("rows know their lines, though fields in quotes may hold line ends")
    func lines() {
        let table = CommaSeparated(Array("a\n\"1\n2\"\n3\n".utf8))
        #expect(table.lines == [2, 4])
    }

    @Test("a ranking is measured without any data, and what is skipped is said")
    func bench() throws {
        let result = try InsightBench(data: "\(folder)/none", scorers: nil, python: "python3", rankings: 1).run { _ in }
        #expect(result.skipped == ["no data at \(folder)/none"] && result.lines.isEmpty)
        #expect(result.ranking.isRight && result.ranking.series == 5_000)
        #expect(InsightBenchReport.text(result).hasPrefix("skipped: no data at \(folder)/none\n"))
    }
}
