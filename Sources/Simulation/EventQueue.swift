/// A priority queue by time, then by order of insertion: the same seed gives the same order.
///
/// Events are large, so the heap orders their places and they stay where they are.
struct EventQueue<Event> {
    private struct Entry {
        let time: UInt64
        let sequence: UInt64
        let place: Int

        func precedes(_ other: Entry) -> Bool {
            time == other.time ? sequence < other.sequence : time < other.time
        }
    }

    private var heap: [Entry] = []
    private var events: [Event?] = []
    private var freePlaces: [Int] = []
    private var sequence: UInt64 = 0

    var nextTime: UInt64? { heap.first?.time }

    mutating func insert(_ event: Event, at time: UInt64) {
        sequence += 1
        heap.append(Entry(time: time, sequence: sequence, place: keep(event)))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popFirst() -> (time: UInt64, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        guard let event = events[first.place].take() else {
            preconditionFailure("an entry of the heap has an event")
        }
        freePlaces.append(first.place)
        return (first.time, event)
    }

    private mutating func keep(_ event: Event) -> Int {
        if let place = freePlaces.popLast() {
            events[place] = event
            return place
        }
        events.append(event)
        return events.count - 1
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var smallest = parent
            var child = 2 * parent + 1
            while child < min(heap.count, 2 * parent + 3) {
                if heap[child].precedes(heap[smallest]) { smallest = child }
                child += 1
            }
            if smallest == parent { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
