public import Contracts
import Glibc
import Risk
public import Settings

extension Definitions {
    /// What files of counts of earlier runs say.
    public struct CalibrationFound: Sendable {
        /// Empty where anything at all is wrong: half a record is none.
        public var table = CalibrationTable()
        public var mistakes: [Mistake] = []
        /// How each file was measured, in its own words.
        public var measured: [String] = []
    }

    /// Reads the counts of a folder, or of one file. A folder that is not there says nothing.
    public static func calibration(in path: String) -> CalibrationFound {
        guard access(path, F_OK) == 0 else { return CalibrationFound() }
        do throws(ConfigurationError) {
            return calibration(try YAMLFolder.files(path).flatMap { Document.all(path: $0) })
        } catch {
            return CalibrationFound(mistakes: error.mistakes)
        }
    }

    /// Reads the counts of a text; `name` is how messages call it.
    public static func calibration(text: String, name: String) -> CalibrationFound {
        calibration(Document.all(bytes: Array(text.utf8), name: name))
    }

    private static func calibration(_ documents: [Result<Document, ConfigurationError>]) -> CalibrationFound {
        var found = CalibrationFound()
        var seen: [(category: String, twentieth: Int)] = []
        for result in documents {
            do throws(ConfigurationError) {
                try result.get().read { top in
                    _ = top.required("version", .wholeNumber(in: 1...1))
                    found.measured.append(top.required("measured", .text(length: 10...2_000)))
                    for category in top.sections("categories", atMost: 100, { category($0, &seen) }) {
                        var table = CalibrationTable()
                        table.categories = [category]
                        found.table = Calibration.sum(found.table, table)
                    }
                }
            } catch {
                found.mistakes += error.mistakes
            }
        }
        if !found.mistakes.isEmpty { found.table = CalibrationTable() }
        return found
    }

    private static func category(
        _ section: Section, _ seen: inout [(category: String, twentieth: Int)]
    ) -> CategoryCalibration {
        var category = CategoryCalibration(category: section.required("category", .text(length: 1...100)))
        category.cells = section.sections("cells", atMost: 20) { row in
            let cell = cell(row)
            if seen.contains(where: { $0 == (category.category, cell.twentieth) }) {
                row.refuse("from", "expected each twentieth of a category once, found it a second time")
            }
            seen.append((category.category, cell.twentieth))
            return cell
        }
        if category.cells.isEmpty { section.refuse("cells", "expected at least one row of counts, found none") }
        return category
    }

    /// One row. The mean confidence and the mean squared distance must be such as its counts can have: a slip of the pen
    /// in a table that opens doors is to be seen.
    private static func cell(_ row: Section) -> CalibrationCell {
        let from = row.required("from", .number(in: 0...0.95))
        var cell = CalibrationCell(twentieth: Calibration.twentieth(from) ?? 0)
        let low = Double(cell.twentieth) / 20
        let high = low + 0.05
        if abs(from - low) > 1e-9 { row.refuse("from", "expected a multiple of 0.05, found \(from)") }
        cell.count = row.required("count", .wholeNumber(in: 1...10_000_000))
        cell.right = row.required("right", .wholeNumber(in: 0...10_000_000))
        if cell.right > cell.count { row.refuse("right", "expected at most the count of \(cell.count)") }
        let stated = row.required("stated", .number(in: 0...1))
        let brier = row.required("brier", .number(in: 0...1))
        if stated < low - 0.0005 || stated > high + 0.0005 {
            row.refuse("stated", "expected a mean within the row's own twentieth, found \(stated)")
        }
        let (right, wrong) = (Double(cell.right), Double(cell.count - min(cell.right, cell.count)))
        let count = Double(cell.count)
        let least = (right * (1 - high) * (1 - high) + wrong * low * low) / count
        let most = (right * (1 - low) * (1 - low) + wrong * high * high) / count
        if brier < least - 0.001 || brier > most + 0.001 {
            row.refuse("brier", "expected a figure that these counts can have, found \(brier)")
        }
        cell.confidence = stated * count
        cell.squares = brier * count
        return cell
    }
}
