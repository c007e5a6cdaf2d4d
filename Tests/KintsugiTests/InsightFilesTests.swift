import Commands
import Testing

@testable import kintsugi

@Suite struct InsightFilesTests {
    private func table(_ text: String) -> CommaSeparated { CommaSeparated(Array(text.utf8)) }

    @Test("fields in quotes hold commas, quotes and line ends; lines end in one way or the other")
    func fields() {
        let read = table("LineId,Content\r\n1,\"a, \"\"b\"\"\nc\"\r\n\r\n2,d")
        #expect(read.header == ["LineId", "Content"])
        #expect(
            read.rows.map { $0.map { String(decoding: $0, as: UTF8.self) } } == [["1", "a, \"b\"\nc"], ["2", "d"]])
        #expect(CommaSeparated.quoted("a, \"b\"") == "\"a, \"\"b\"\"\"")
    }

    @Test("lines of one kind get one id and their template")
    func templates() throws {
        let written = try InsightFiles.templates(
            table("LineId,Content\n7,took 5 ms\n8,\"took 6, twice\"\n9,took 7 ms\n"))
        #expect(
            written
                == "LineId,EventId,EventTemplate\n7,0,took <*>\n8,1,\"took <*>, twice\"\n9,0,took <*>\n")
    }

    @Test("every row gets a score, gaps too")
    func anomalies() throws {
        let rows = (0..<60).map { "2030-01-01 00:\($0 < 10 ? "0" : "")\($0):00,\($0 == 30 ? "" : "5")" }
        let written = try InsightFiles.anomalies(
            table("timestamp,value\r\n" + rows.joined(separator: "\r\n") + "\r\nx,9"))
        let lines = written.split(separator: "\n")
        #expect(lines.count == 62 && lines[0] == "timestamp,anomaly_score" && lines[31].hasSuffix(":00,0.0"))
        #expect(Double(lines[61].dropFirst(2)).map { $0 > 0.6 } == true)
    }

    @Test("a missing column is named, with those that are there")
    func columns() {
        let mistake = #expect(throws: CommaSeparated.Mistake.self) { try InsightFiles.templates(table("a,b\n1,2\n")) }
        #expect(mistake?.description == "expected a column Content in the first line, found a, b")
    }

    @Test(
        "times are read as they are usually written",
        arguments: [
            ("1970-01-02 00:00:01", 86_401), ("2030-01-31T12:34:56Z", 1_896_093_296), ("2000-03-01 00:00", 951_868_800),
            ("12.5", 12.5),
        ])
    func times(stamp: String, seconds: Double) {
        #expect(InsightFiles.seconds(stamp) == seconds)
    }

    @Test("what is no time is none", arguments: ["", "soon", "2030-13-01 00:00:00", "nan", "2030-01-01"])
    func noTimes(stamp: String) {
        #expect(InsightFiles.seconds(stamp) == nil)
    }
}
