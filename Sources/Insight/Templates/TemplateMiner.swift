/// Finds the templates of a stream of log lines: which lines are of one kind, and what they have in common.
///
/// A line is cut into pieces whose variables are known by their look. A shape that was seen before costs one look-up. A
/// new one is compared with the templates of as many pieces: where enough lines differ in one word alone, that word is
/// a variable, and what were several templates becomes one. Memory is bounded by the limits, whatever comes.
public struct TemplateMiner: Sendable {
    /// How much the miner may keep.
    public struct Limits: Sendable {
        /// Beyond it the template that was out of use for longest is forgotten.
        public var templates = 8_192
        /// The same for this much memory, about.
        public var bytes = 16 << 20
        /// Shapes whose template is remembered; a power of two.
        public var shapes = 16_384

        public init() {}
    }

    private var shape = LineShape()
    private var cache: ShapeCache
    private var forest: TemplateForest
    /// Lines so far.
    public private(set) var lines = 0
    /// Lines whose end was too far away to be read.
    public private(set) var cutLines = 0

    public init(limits: Limits = Limits()) {
        cache = ShapeCache(capacity: limits.shapes)
        forest = TemplateForest(limit: limits.templates, bytes: limits.bytes)
    }

    /// Which template a line is of; ask `settled` later, since templates may turn out to be one.
    @discardableResult public mutating func add(_ line: String) -> Int {
        var line = line
        return line.withUTF8 { add(bytes: $0) }
    }

    /// The same for the bytes of a line, in UTF-8 or what was meant to be.
    @discardableResult public mutating func add(bytes: UnsafeBufferPointer<UInt8>) -> Int {
        lines += 1
        shape.read(bytes)
        if shape.isCut { cutLines += 1 }
        if let known = cache.find(shape.hash), forest.count(known, line: lines) { return known.id }
        let reference = forest.place(shape.pieces, bytes, line: lines)
        cache.put(shape.hash, reference)
        return reference.id
    }

    /// What a template is part of by now.
    public func settled(_ id: Int) -> Int { forest.settled(id) }

    /// All templates, in the order of first occurrence.
    public var templates: [Template] { forest.all }

    /// How many templates were forgotten for want of room.
    public var forgotten: Int { forest.forgotten }

    /// One template, unless it was forgotten.
    public func template(_ id: Int) -> Template? { forest.template(forest.settled(id)) }
}
