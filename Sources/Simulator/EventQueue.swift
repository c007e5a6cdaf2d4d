import Contracts

/// Events in the order of their time; those of one moment in the order in which they were made.
struct EventQueue<Event> {
    private struct Place {
        var time: UInt64
        var number: UInt64
        var index: Int

        func isBefore(_ other: Place) -> Bool {
            time != other.time ? time < other.time : number < other.number
        }
    }
    private var heap: [Place] = []
    private var events: [Event?] = []
    private var free: [Int] = []
    private var made: UInt64 = 0

    mutating func push(_ event: Event, at moment: Moment) {
        let index: Int
        if let reused = free.popLast() {
            index = reused
            events[index] = event
        } else {
            index = events.count
            events.append(event)
        }
        made += 1
        heap.append(Place(time: moment.nanoseconds, number: made, index: index))
        rise(heap.count - 1)
    }

    mutating func pop() -> (moment: Moment, event: Event)? {
        guard let first = heap.first, let event = events[first.index] else { return nil }
        events[first.index] = nil
        free.append(first.index)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (Moment(nanoseconds: first.time), event)
    }

    private mutating func rise(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left].isBefore(heap[least]) { least = left }
            if left + 1 < heap.count, heap[left + 1].isBefore(heap[least]) { least = left + 1 }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
