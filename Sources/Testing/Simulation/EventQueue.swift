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
        let entry = Entry(time: time, sequence: sequence, place: keep(event))
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry.precedes(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    mutating func popFirst() -> (time: UInt64, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty { siftDown(last) }
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

    /// Puts an entry where the first one was and lets it sink to its place.
    private mutating func siftDown(_ entry: Entry) {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(entry) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = entry
    }
}
