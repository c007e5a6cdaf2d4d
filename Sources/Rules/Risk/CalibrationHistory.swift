public import Contracts

extension Calibration {
    /// The table of two that were counted apart.
    public static func sum(_ one: CalibrationTable, _ other: CalibrationTable) -> CalibrationTable {
        var table = one
        for category in other.categories {
            let place = table.categories.firstIndex { $0.category >= category.category } ?? table.categories.count
            if place == table.categories.count || table.categories[place].category != category.category {
                table.categories.insert(CategoryCalibration(category: category.category), at: place)
            }
            for cell in category.cells { add(cell, to: &table.categories[place].cells) }
        }
        return table
    }

    private static func add(_ cell: CalibrationCell, to cells: inout [CalibrationCell]) {
        let place = cells.firstIndex { $0.twentieth >= cell.twentieth } ?? cells.count
        if place == cells.count || cells[place].twentieth != cell.twentieth {
            cells.insert(CalibrationCell(twentieth: cell.twentieth), at: place)
        }
        cells[place].count += cell.count
        cells[place].right += cell.right
        cells[place].confidence += cell.confidence
        cells[place].squares += cell.squares
    }

    /// The table of what was counted elsewhere and of lessons. Of several about one diagnosis a person's counts, and else
    /// the last.
    public static func table(prior: CalibrationTable, lessons: [CalibrationLesson]) -> CalibrationTable {
        let sorted = lessons.enumerated().sorted {
            ($0.element.incident, $0.element.generation, $0.offset)
                < ($1.element.incident, $1.element.generation, $1.offset)
        }
        var kept: [CalibrationLesson] = []
        for (_, lesson) in sorted {
            guard let last = kept.last, last.incident == lesson.incident, last.generation == lesson.generation else {
                kept.append(lesson)
                continue
            }
            if last.truth == .person, lesson.truth != .person { continue }
            kept[kept.count - 1] = lesson
        }
        return kept.reduce(prior) { adding($1.record, to: $0) }
    }
}
