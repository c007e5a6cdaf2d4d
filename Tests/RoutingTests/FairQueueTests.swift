import Testing

@testable import Routing

/// SplitMix64: the same inputs in every run and on every machine.
struct SeededChance: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct FairQueueTests {
    private struct Item: Equatable {
        var caller: UInt32
        var number: Int
        var bytes: Int
    }

    @Test("what is asked of a queue keeps to its bounds, its order and its sums, whatever is asked")
    func model() {
        for seed in 1...60 as ClosedRange<UInt64> {
            var chance = SeededChance(state: seed)
            var queue = FairQueue<Item>(countLimit: 12, byteLimit: 300)
            var inside: [Item] = []
            var requeued = 0
            for number in 1...400 {
                step(number, &chance, &queue, &inside, &requeued)
                #expect(queue.count == inside.count)
                #expect(queue.bytes == inside.reduce(0) { $0 + $1.bytes })
                #expect(queue.count <= 12 + requeued)
                #expect(queue.isEmpty == (queue.peek() == nil))
            }
        }
    }

    private func step(
        _ number: Int, _ chance: inout SeededChance, _ queue: inout FairQueue<Item>, _ inside: inout [Item],
        _ requeued: inout Int
    ) {
        let item = Item(
            caller: UInt32.random(in: 1...4, using: &chance), number: number,
            bytes: Int.random(in: 1...60, using: &chance))
        switch Int.random(in: 0..<8, using: &chance) {
        case 0...3: admit(item, &queue, &inside)
        case 4...5:
            let next = queue.peek()
            let popped = queue.pop()
            #expect(popped == next)
            guard let popped else { return }
            // Of one caller nobody is overtaken, but by what a death gave back.
            let first = inside.first { $0.caller == popped.caller && $0.number > 0 }
            #expect(popped.number < 0 || popped == first)
            inside.removeAll { $0 == popped }
            if popped.number < 0 { requeued -= 1 }
        case 6:
            let back = Item(caller: item.caller, number: -number, bytes: item.bytes)
            queue.requeue(back, caller: back.caller, bytes: back.bytes)
            inside.append(back)
            requeued += 1
        default:
            let removed = queue.remove { $0.caller == item.caller }
            #expect(removed.allSatisfy { $0.caller == item.caller })
            #expect(removed.count == inside.count { $0.caller == item.caller })
            inside.removeAll { $0.caller == item.caller }
            requeued = inside.count { $0.number < 0 }
        }
    }

    private func admit(_ item: Item, _ queue: inout FairQueue<Item>, _ inside: inout [Item]) {
        switch queue.admit(item, caller: item.caller, bytes: item.bytes) {
        case .queued: inside.append(item)
        case .displaced(let other):
            #expect(other.caller != item.caller && other.number > 0)
            #expect(inside.last { $0.caller == other.caller && $0.number > 0 } == other)
            inside.removeAll { $0 == other }
            inside.append(item)
        case .refused: #expect(inside.count >= 12 || queue.bytes + item.bytes > 300)
        }
    }

    @Test("each caller gets its turn in each round")
    func turns() {
        var queue = FairQueue<UInt32>(countLimit: 100, byteLimit: 1_000)
        for caller in [1, 1, 1, 2, 2, 3] as [UInt32] { _ = queue.admit(caller, caller: caller, bytes: 1) }
        var order: [UInt32] = []
        while let next = queue.pop() { order.append(next) }
        #expect(order == [1, 2, 3, 1, 2, 1])
    }

    @Test("a deque keeps its elements through growth and tidying")
    func deque() {
        var deque = Deque<Int>()
        var model: [Int] = []
        var chance = SeededChance(state: 5)
        for number in 0..<5_000 {
            switch Int.random(in: 0..<5, using: &chance) {
            case 0...2:
                deque.append(number)
                model.append(number)
            case 3: #expect(deque.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            default: #expect(deque.popLast() == model.popLast())
            }
            #expect(deque.count == model.count && deque.first == model.first && deque.last == model.last)
        }
    }
}
