/// Elements that leave one by one.
protocol Lane: Sendable {
    associatedtype Element: Sendable

    init()
    var isEmpty: Bool { get }
    mutating func popFirst() -> Element?
}

/// First in, first out. Taking off costs the same however many wait.
struct Line<Element: Sendable>: Lane {
    private var elements: [Element?] = []
    /// The place of the first one: what comes before has left.
    private var head = 0

    init() {}

    var isEmpty: Bool { head == elements.count }
    var count: Int { elements.count - head }
    var first: Element? { head < elements.count ? elements[head] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        // Each element moves once at most.
        if head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    mutating func popLast() -> Element? {
        isEmpty ? nil : elements.removeLast()
    }

    /// What waits, the first one first.
    var all: [Element] { elements[head...].compactMap(\.self) }

    /// Shows what waits, the first one first, for as long as `body` asks for more.
    func visit(_ body: (Element) -> Bool) {
        for element in elements[head...] {
            guard let element else { continue }
            guard body(element) else { return }
        }
    }

    /// Takes off what fulfils a condition.
    mutating func remove(where condition: (Element) -> Bool) {
        elements = all.filter { !condition($0) }
        head = 0
    }
}

/// Lanes that are served in turn: each time the next one gives its first element. However long one
/// lane is, the others wait for one element of it at most.
struct Turns<Key: Hashable & Sendable, Inner: Lane>: Lane {
    private var lanes: [Key: Inner] = [:]
    private var order = Line<Key>()

    init() {}

    var isEmpty: Bool { lanes.isEmpty }

    /// The keys of lanes that are not empty, the next one first.
    var keys: [Key] { order.all }

    /// The lane of a key, unless it is empty.
    subscript(key: Key) -> Inner? { lanes[key] }

    mutating func popFirst() -> Inner.Element? {
        guard let key = order.popFirst() else { return nil }
        let element = lanes[key]?.popFirst()
        if lanes[key]?.isEmpty == true {
            lanes[key] = nil
        } else {
            order.append(key)
        }
        return element
    }

    /// Changes the lane of a key: one that was empty comes last, one that is empty afterwards is gone.
    mutating func change<Result>(_ key: Key, _ body: (inout Inner) -> Result) -> Result {
        let wasEmpty = lanes[key] == nil
        let result = body(&lanes[key, default: Inner()])
        let isEmpty = lanes[key]?.isEmpty ?? true
        if isEmpty { lanes[key] = nil }
        if wasEmpty, !isEmpty { order.append(key) }
        if !wasEmpty, isEmpty { order.remove { $0 == key } }
        return result
    }
}
