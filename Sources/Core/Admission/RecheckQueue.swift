import Codec
import Ledger

/// In which order transactions of the mempool are judged again. Taking some costs what they are, not
/// what the mempool holds.
///
/// A transaction that gets a new place, or is gone, leaves its old place behind; whoever takes places
/// passes over those.
struct RecheckQueue: Sendable {
    private struct Place {
        let number: UInt64
        let id: Bytes32
        /// Nil: it is due whatever the time.
        let judged: Instant?
    }

    /// The places of one ballot style, or of all transactions that are no ballots.
    private struct Lane {
        var urgent = Line<Place>()
        /// In the order in which they were judged.
        var others = Line<Place>()

        var count: Int { urgent.count + others.count }
        var isEmpty: Bool { urgent.isEmpty && others.isEmpty }

        mutating func popFirst(before moment: Instant) -> Place? {
            if let place = urgent.popFirst() { return place }
            guard let judged = others.first?.judged, judged < moment else { return nil }
            return others.popFirst()
        }

        /// The number of the first place, which is the longest there.
        var number: UInt64 { (urgent.first ?? others.first)?.number ?? .max }
    }

    private var lanes: [StyleName?: Lane] = [:]
    private var nextNumber: UInt64 = 0

    /// All places, those that transactions left behind included.
    var count: Int { lanes.values.reduce(0) { $0 + $1.count } }

    /// Whether there is an urgent place, if only one that was left behind.
    var hasUrgent: Bool { lanes.values.contains { !$0.urgent.isEmpty } }

    /// Takes out all places. A number is not given twice all the same.
    mutating func removeAll() { lanes = [:] }

    /// Adds a place at the end, or before all that are not urgent; gives its number.
    ///
    /// - Parameter judged: when the transaction was judged, not before the one added last; nil if it is
    ///   urgent.
    mutating func add(_ id: Bytes32, of style: StyleName?, judged: Instant?) -> UInt64 {
        let place = Place(number: nextNumber, id: id, judged: judged)
        nextNumber += 1
        if judged == nil {
            lanes[style, default: Lane()].urgent.append(place)
        } else {
            lanes[style, default: Lane()].others.append(place)
        }
        return place.number
    }

    /// Takes places judged before `moment`, one of each style in turn, for as long as `body` asks for
    /// more.
    mutating func take(before moment: Instant, _ body: (UInt64, Bytes32) -> Bool) {
        var styles = lanes.map { (style: $0.key, number: $0.value.number) }
        styles.sort { $0.number < $1.number }
        while !styles.isEmpty {
            var left: [(style: StyleName?, number: UInt64)] = []
            for next in styles {
                guard let place = lanes[next.style]?.popFirst(before: moment) else { continue }
                if lanes[next.style]?.isEmpty == true {
                    lanes[next.style] = nil
                } else {
                    left.append(next)
                }
                guard body(place.number, place.id) else { return }
            }
            styles = left
        }
    }
}
