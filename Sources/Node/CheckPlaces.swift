/// Places of the mempool that are spoken for by transactions under check, and what each sender has
/// of them: no one address or validator fills the queue of checks for the others.
package struct CheckPlaces: Sendable {
    package private(set) var count = 0
    private var bySource: [String: Int] = [:]

    package init() {}

    /// Whether the sender may have one more transaction under check.
    package func hasRoom(for source: String) -> Bool {
        bySource[source, default: 0] < NodeLimits.checksPerSource
    }

    package mutating func take(_ source: String) {
        count += 1
        bySource[source, default: 0] += 1
    }

    package mutating func release(_ source: String) {
        guard let taken = bySource[source] else { return }
        count -= 1
        bySource[source] = taken > 1 ? taken - 1 : nil
    }
}
