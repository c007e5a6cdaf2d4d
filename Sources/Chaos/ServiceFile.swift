import CSQLite

/// Statements on a service's file, beside the service that writes it.
///
/// They are one transaction. This connection never checkpoints: that is its writer's alone.
enum ServiceFile {
    static func run(_ statements: [String], on file: String) throws(ChaosFault) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(file, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        defer { sqlite3_close_v2(opened) }
        guard code == SQLITE_OK, let opened else { throw .system("open \(file)", said(opened)) }
        _ = sqlite_configure(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        let script =
            "PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL; BEGIN IMMEDIATE; "
            + statements.joined(separator: "; ") + "; COMMIT"
        guard sqlite3_exec(opened, script, nil, nil, nil) == SQLITE_OK else {
            throw .system("change rows of \(file)", said(opened))
        }
    }

    private static func said(_ handle: OpaquePointer?) -> String {
        handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
    }
}
