package import Codec

/// The transactions that tasks of this node judge at this moment, by id: a client's copy and a
/// validator's push of one transaction may be judged side by side, on different states.
///
/// A task stores what it admits before the driver takes it into the mempool, and all copies share
/// one place in the store. So one copy's refusal must not remove what another copy has stored: the
/// other would be promised, and a restart would lose it.
package struct ChecksUnderWay: Sendable {
    private var counts: [Bytes32: Int] = [:]

    package init() {}

    /// Notes that a copy is being judged; it may be stored from now on.
    package mutating func begin(_ id: Bytes32) { counts[id, default: 0] += 1 }

    /// Notes that the driver has a copy's judgement.
    package mutating func end(_ id: Bytes32) {
        let left = counts[id, default: 1] - 1
        counts[id] = left > 0 ? left : nil
    }

    /// Those of `ids` whose stored bytes nobody needs: no copy is in the mempool, and none is being
    /// judged. The last copy to be judged decides for all.
    package func unused(_ ids: [Bytes32], in mempool: Mempool) -> [Bytes32] {
        ids.filter { mempool[$0] == nil && counts[$0] == nil }
    }
}
