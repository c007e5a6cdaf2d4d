/// Rows of text in columns, for a person.
struct Table {
    let titles: [String]
    /// Columns of numbers, which stand below each other at their ends.
    var rightAligned: Set<Int> = []
    var rows: [[String]] = []

    init(_ titles: [String], rightAligned: Set<Int> = []) {
        self.titles = titles
        self.rightAligned = rightAligned
    }

    /// The whole table; `colour` says how a row's cells are painted.
    func text(_ paint: Paint, colour: (_ row: Int, _ column: Int) -> Paint.Colour? = { _, _ in nil }) -> String {
        let cells = rows.map { $0.map(harmless) }
        let widths = titles.indices.map { column in
            ([titles] + cells).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        var lines = [paint(line(titles, widths) { $0 }, .bold)]
        for (index, row) in cells.enumerated() {
            var column = -1
            lines.append(
                line(row, widths) { cell in
                    column += 1
                    return paint(cell, colour(index, column))
                })
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ cells: [String], _ widths: [Int], _ painted: (String) -> String) -> String {
        let padded = cells.enumerated().map { column, text in
            let isLast = column == cells.count - 1
            let space = String(repeating: " ", count: max(0, widths[column] - text.count))
            if rightAligned.contains(column) { return painted(space + text) }
            return painted(isLast ? text : text + space)
        }
        return padded.joined(separator: "  ")
    }
}

/// A number with three figures that count.
func brief(_ number: Double?) -> String {
    guard let number, number.isFinite else { return "–" }
    let size = abs(number)
    if size >= 1e9 { return "\(tenths(number / 1e9)) G" }
    if size >= 1e6 { return "\(tenths(number / 1e6)) M" }
    if size >= 1e4 { return "\(tenths(number / 1e3)) k" }
    if size >= 100 || number == number.rounded() { return "\(Int(number.rounded()))" }
    if size >= 1 { return "\((number * 100).rounded() / 100)" }
    if size >= 1e-3 { return "\((number * 1e5).rounded() / 1e5)" }
    return "\(number)"
}

private func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
