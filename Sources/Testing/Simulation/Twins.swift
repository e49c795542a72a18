import Ledger

/// Twins, exhaustively: four validators of which one runs twice with one key, four views, and in each
/// view every way to part the five nodes in two. Which views the twins lead follows from their place.
package enum Twins {
    /// 4 places of the twins, 16 partitions (the first node's side is fixed) in each of 4 views.
    package static let cases: UInt64 = 4 * 16 * 16 * 16 * 16

    package static func scenario(_ number: UInt64) -> Scenario {
        let splits = (0..<4).map { view in (number / 4) >> (4 * UInt64(view)) & 15 }
        return Scenario(
            seed: number, validators: 4, faults: [.twins], views: 4, epochLength: 16,
            twins: TwinsCase(place: Int(number % 4), splits: splits))
    }
}

/// One case: who is twins, and the partition of each view as a bit for each node but the first.
package struct TwinsCase: Hashable, Sendable {
    package let place: Int
    package let splits: [UInt64]
}

extension Cluster {
    /// Parts the nodes as the case wants it in the view that was entered.
    func splitTwins() {
        guard let twins = scenario.twins, !isHealed else { return }
        let split = twins.splits[min(views, twins.splits.count) - 1]
        network.nodeSides = nodes.map { node in
            // Nodes without a place among the four or their twin hear all.
            node.id == 0 ? 0 : node.place >= 4 ? nil : Int(split >> UInt64(node.id - 1) & 1)
        }
    }
}
