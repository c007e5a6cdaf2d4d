/// A path with places for parameters: `/orders/{id}`.
struct PathPattern: Sendable, Equatable {
    enum Segment: Sendable, Equatable {
        case fixed([UInt8])
        case parameter(String)
    }

    let text: String
    let segments: [Segment]

    init(_ text: String) {
        precondition(text.hasPrefix("/"), "a route's path begins with a slash, \(text) does not")
        self.text = text
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .parameter(String(part.dropFirst().dropLast())) : .fixed(Array(part.utf8))
        }
    }

    /// The parameters, in the order of the path.
    var names: [String] {
        segments.compactMap { segment in
            if case .parameter(let name) = segment { name } else { nil }
        }
    }

    /// The raw parameters of a path; nil when it is another one.
    func match(_ path: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        guard path.first == UInt8(ascii: "/") else { return nil }
        var captures: [ArraySlice<UInt8>] = []
        var start = path.startIndex + 1
        for (index, segment) in segments.enumerated() {
            let end = path[start...].firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
            // The last segment ends with the path, and no other does.
            guard (end == path.endIndex) == (index == segments.count - 1) else { return nil }
            switch segment {
            case .fixed(let letters): guard path[start..<end].elementsEqual(letters) else { return nil }
            case .parameter:
                guard end > start else { return nil }
                captures.append(path[start..<end])
            }
            start = min(end + 1, path.endIndex)
        }
        return captures
    }
}
