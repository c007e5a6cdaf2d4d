extension FailureOutlook {
    /// The seed of the episodes that the table below was counted from; any other holds it to the test.
    public static let countedSeed: UInt64 = 1
    /// How many they were.
    public static let countedEpisodes = 20_000

    /// What `kintsugi insight reliability` counted.
    public static let counted = FailureOutlook(
        cells: [
            [Cell(6824, of: 23653), Cell(558, of: 1620), Cell(58, of: 317), Cell(54, of: 500)],
            [Cell(917, of: 3824), Cell(1699, of: 4215), Cell(724, of: 2292), Cell(279, of: 2307)],
            [Cell(127, of: 1354), Cell(2116, of: 5116), Cell(3268, of: 7506), Cell(1001, of: 3736)],
            [Cell(19, of: 739), Cell(1095, of: 3005), Cell(3633, of: 7991), Cell(2338, of: 5258)],
            [Cell(7, of: 678), Cell(810, of: 3347), Cell(7946, of: 16990), Cell(15544, of: 27061)],
        ])
}
