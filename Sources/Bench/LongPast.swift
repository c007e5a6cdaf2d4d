/// Gives triage a long past: copies its first incident, while nobody else has the file.
public enum LongPast {
    /// So many copies, each an incident that has ended.
    public static func fill(_ path: String, incidents count: Int) throws {
        let file = try BareFile(path, [])
        for start in stride(from: 0, to: count, by: 10_000) {
            try file.transaction { file in
                try file.run(
                    """
                    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
                    INSERT INTO incidents (number, stage, open, opened, ended, summary, body)
                    SELECT 1000000 + ? + n, 'resolved', 0, opened, opened, summary, body
                    FROM numbers, (SELECT * FROM incidents ORDER BY number LIMIT 1)
                    """, .integer(Int64(min(10_000, count - start))), .integer(Int64(start)))
            }
        }
    }
}
