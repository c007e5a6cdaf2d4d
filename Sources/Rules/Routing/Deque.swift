/// A queue that is cheap at both ends: an array with a moving start, tidied when half of it is spent.
struct Deque<Element> {
    private var storage: [Element?] = []
    private var start = 0

    var count: Int { storage.count - start }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : storage[start] }
    var last: Element? { isEmpty ? nil : storage[storage.count - 1] }

    mutating func append(_ element: Element) { storage.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = storage[start]
        storage[start] = nil
        start += 1
        if start == storage.count {
            storage.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 64, start * 2 > storage.count {
            storage.removeFirst(start)
            start = 0
        }
        return element
    }

    /// Changes the first that matches, and returns what it is now.
    mutating func change(where matches: (Element) -> Bool, _ body: (inout Element) -> Void) -> Element? {
        for index in start..<storage.count {
            guard var element = storage[index], matches(element) else { continue }
            body(&element)
            storage[index] = element
            return element
        }
        return nil
    }

    mutating func popLast() -> Element? {
        isEmpty ? nil : storage.removeLast()
    }
}
