/// How likely it is that users are hurt within the hour when something comes oftener than usual, by how many sigmas and
/// for how long. The numbers are counts: of how many simulated rises that looked like it failed (see
/// `kintsugi simulate ramps`), not of anybody's opinion.
public struct FailureOutlook: Sendable, Equatable {
    /// Upper bounds of the bands of sigmas, and of minutes; the last band of each has none.
    public static let sigmaBounds = [6.0, 10, 20, 40]
    public static let minuteBounds = [2.0, 10, 30]

    /// What became of rises that looked alike.
    public struct Cell: Sendable, Equatable {
        public var failed: Int
        public var seen: Int

        public init(_ failed: Int, of seen: Int) {
            self.failed = failed
            self.seen = seen
        }

        /// The share that failed; with nothing seen it is one half.
        public var probability: Double { Double(failed + 1) / Double(seen + 2) }
    }

    /// By band of sigmas, then by band of minutes.
    public var cells: [[Cell]]

    public init(cells: [[Cell]]) { self.cells = cells }

    /// Nothing seen yet.
    public static var empty: FailureOutlook {
        FailureOutlook(
            cells: Array(
                repeating: Array(repeating: Cell(0, of: 0), count: minuteBounds.count + 1),
                count: sigmaBounds.count + 1))
    }

    private static func band(_ value: Double, _ bounds: [Double]) -> Int {
        bounds.firstIndex { value < $0 } ?? bounds.count
    }

    /// The cell for a rise.
    public subscript(sigmas sigmas: Double, seconds seconds: Double) -> Cell {
        get { cells[Self.band(sigmas, Self.sigmaBounds)][Self.band(seconds / 60, Self.minuteBounds)] }
        set { cells[Self.band(sigmas, Self.sigmaBounds)][Self.band(seconds / 60, Self.minuteBounds)] = newValue }
    }

    /// How likely a failure within the hour is; nil where nothing is unusual.
    public func probability(_ watch: RateWatch) -> Double? {
        watch.isAlarming ? self[sigmas: watch.sigmas, seconds: watch.alarmingSeconds].probability : nil
    }
}
