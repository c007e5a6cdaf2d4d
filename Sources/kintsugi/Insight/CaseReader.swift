import Insight

/// Makes a scene of a case.
struct CaseReader {
    let folder: CaseFolder
    /// Whether spans and logs are looked at, or the series and the call graph alone.
    let onlyMetrics: Bool

    func scene(_ record: CaseRecord) throws(Failure) -> Scene {
        do {
            switch try record.form() {
            case .oneTable(let file): return try oneTable(file)
            case .twoTables(let normal, let abnormal, let graph):
                return try twoTables(record, normal, abnormal, graph)
            case .day(let name, let alert):
                return try DayReader(folder: folder, name: name, alert: alert, onlyMetrics: onlyMetrics).scene(record)
            }
        } catch let mistake as CommaSeparated.Mistake {
            throw Failure(mistake.description, exit: ExitCode.data)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure("\(error)", exit: ExitCode.data)
        }
    }

    /// Columns are `SERVICE_METRIC`; the first is the time. What is called `SERVICE-db` is a part of SERVICE.
    private func oneTable(_ file: String) throws -> Scene {
        var scene = Scene()
        let table = try folder.tableOnce(file)
        let times = try column(0, of: table, file)
        for place in table.header.indices.dropFirst() {
            let parts = table.header[place].split(separator: "_", maxSplits: 1)
            guard parts.count == 2 else {
                throw CommaSeparated.Mistake(
                    description: "\(file): line 1: expected columns SERVICE_METRIC, found \(table.header[place])")
            }
            let owner = String(parts[0])
            let node = owner.hasSuffix("-db") ? String(owner.dropLast(3)) : owner
            let name = node == owner ? String(parts[1]) : table.header[place]
            scene.series.append(
                MetricSeries(node: node, name: name, times: times, measured: try column(place, of: table, file)))
        }
        return scene
    }

    /// Columns are `NODE|METRIC|STATISTIC`; the first is the time.
    private func twoTables(
        _ record: CaseRecord, _ normal: String, _ abnormal: String, _ graph: String?
    ) throws -> Scene {
        var scene = Scene()
        let (usual, now) = (try folder.table(normal), try folder.table(abnormal))
        let times = slice(try column(0, of: now, abnormal), record.abnormalRows)
        for place in now.header.indices.dropFirst() {
            let parts = now.header[place].split(separator: "|")
            guard parts.count >= 3 else {
                throw CommaSeparated.Mistake(
                    description: "\(abnormal): line 1: expected columns NODE|METRIC|STATISTIC, found "
                        + now.header[place])
            }
            let name = parts.suffix(2).joined(separator: "|")
            let reference = try usual.header.firstIndex(of: now.header[place]).map {
                slice(try column($0, of: usual, normal), record.normalRows)
            }
            // What was never seen while all was well has nothing to be compared with.
            guard let reference else { continue }
            scene.series.append(
                MetricSeries(
                    node: parts.dropLast(2).joined(separator: "|"), name: name, times: times,
                    measured: slice(try column(place, of: now, abnormal), record.abnormalRows), reference: reference))
        }
        if let graph { scene.calls = try Self.calls(try folder.table(graph), of: graph) }
        if let target = record.target {
            let metric = [target.metric, target.agg].compactMap { $0 }.joined(separator: "|")
            let kind = scene.series.first { $0.name == metric }?.kind
            scene.symptom = Symptom(
                node: target.node, metric: metric.isEmpty ? nil : metric, kind: kind, time: target.timestamp)
        }
        return scene
    }

    /// Who calls whom: two columns, whatever they are called, the caller first.
    static func calls(_ table: CommaSeparated) throws(CommaSeparated.Mistake) -> [Call] {
        guard table.header.count >= 2 else {
            throw .init(
                description: "line 1: expected the columns caller,callee, found \(table.header.joined(separator: ", "))"
            )
        }
        return table.rows.indices.map { Call(caller: table.text($0, 0), callee: table.text($0, 1)) }
    }

    static func calls(_ table: CommaSeparated, of file: String) throws(CommaSeparated.Mistake) -> [Call] {
        do {
            return try calls(table)
        } catch {
            throw CommaSeparated.Mistake(description: "\(file): \(error)")
        }
    }

    private func column(_ place: Int, of table: CommaSeparated, _ file: String) throws -> [Double] {
        do {
            var values: [Double] = []
            values.reserveCapacity(table.rows.count)
            for row in table.rows.indices { values.append(try table.number(row, place)) }
            return values
        } catch {
            throw CommaSeparated.Mistake(description: "\(file): \(error)")
        }
    }

    private func slice(_ values: [Double], _ rows: [Int]?) -> [Double] {
        guard let rows, rows.count == 2 else { return values }
        let first = max(0, min(rows[0], values.count))
        return Array(values[first..<max(first, min(rows[1], values.count))])
    }
}
