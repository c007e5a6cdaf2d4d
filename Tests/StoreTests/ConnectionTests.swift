import Testing

@testable import Store

@Suite struct ConnectionTests {
    private func connection(_ folder: Folder) throws -> Connection {
        let connection = try Connection(folder.file, .writer)
        try connection.run("CREATE TABLE things (a ANY, b ANY) STRICT")
        return connection
    }

    @Test("every type comes back as it went in, empty and missing values too")
    func values() throws {
        let folder = try Folder()
        let connection = try connection(folder)
        let none: String? = nil
        let pairs: [(any StoredValue, any StoredValue)] = [
            (Int64.min, 1.5), ("", "é\0x"), ([UInt8](), [UInt8]([0, 255])), (none, Int?.some(7)),
        ]
        for pair in pairs { try connection.run("INSERT INTO things VALUES (?, ?)", pair.0, pair.1) }
        func read<A: StoredValue, B: StoredValue>(_ row: Int, _: A.Type, _: B.Type) throws -> (A, B)? {
            try connection.first("SELECT a, b FROM things WHERE rowid = ?", row) { (try $0.value(0), try $0.value(1)) }
        }
        #expect(try read(1, Int64.self, Double.self).map { $0 == (.min, 1.5) } == true)
        #expect(try read(2, String.self, String.self).map { $0 == ("", "é\0x") } == true)
        #expect(try read(3, [UInt8].self, [UInt8].self).map { $0 == ([], [0, 255]) } == true)
        #expect(try read(4, String?.self, Int?.self).map { $0 == (nil, 7) } == true)
    }

    @Test("a column of another type, and one that is not there, is an error that says what was found")
    func columns() throws {
        let folder = try Folder()
        let connection = try connection(folder)
        try connection.run("INSERT INTO things VALUES (1, NULL)")
        let sql = "SELECT a, b FROM things"
        #expect(throws: StoreError.column(index: 0, expected: "text", found: "an integer", sql: sql)) {
            try connection.first(sql) { try $0.value(0, as: String.self) }
        }
        #expect(throws: StoreError.column(index: 1, expected: "an integer", found: "NULL", sql: sql)) {
            try connection.first(sql) { try $0.value(1, as: Int64.self) }
        }
        #expect(throws: StoreError.column(index: 2, expected: "text or NULL", found: "only 2 columns", sql: sql)) {
            try connection.first(sql) { try $0.value(2, as: String?.self) }
        }
    }

    @Test("a fault has the extended code and the statement, and none of the values")
    func faults() throws {
        let folder = try Folder()
        let connection = try connection(folder)
        try connection.run("CREATE TABLE unique_things (a TEXT PRIMARY KEY) STRICT")
        try connection.run("INSERT INTO unique_things VALUES (?)", "secret")
        do {
            try connection.run("INSERT INTO unique_things VALUES (?)", "secret")
            Issue.record("a second row of one key was taken")
        } catch StoreError.engine(let fault) {
            #expect(fault.code == 1_555)
            #expect(fault.kind == .constraint)
            #expect(fault.sql == "INSERT INTO unique_things VALUES (?)")
            #expect(!"\(fault)".contains("secret"))
        }
        #expect(throws: StoreError.self) { try connection.run("INSERT INTO unique_things VALUES (?)") }
    }

    @Test("more statements than the cache holds work as before, also inside each other's rows")
    func cache() throws {
        let folder = try Folder()
        let connection = try connection(folder)
        try connection.run("INSERT INTO things VALUES (1, 1)")
        var seen = 0
        try connection.each("SELECT a FROM things", []) { _ in
            for number in 0..<(Connection.mostStatements * 2) {
                seen += try connection.first("SELECT \(number)") { try $0.value(0, as: Int.self) } == number ? 1 : 0
            }
            return true
        }
        #expect(seen == Connection.mostStatements * 2)
        #expect(throws: StoreError.self) {
            try connection.each("SELECT a FROM things", []) { _ in
                try connection.each("SELECT a FROM things", []) { _ in true }
                return true
            }
        }
    }
}
