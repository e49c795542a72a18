import Chain
import Codec
import Ledger

/// A validator set and who of all validators that there are is in it.
final class SimulatedSet: Sendable {
    let validators: ValidatorSet
    let hash: Bytes32
    /// The validator at each index.
    let members: [Int]
    /// The index of each validator; nil for who is not in it.
    private let indices: [ValidatorIndex?]

    init(_ members: [Int], of all: Int) {
        self.members = members
        validators = SimulatedChain.validators(members)
        hash = validators.hash
        var indices: [ValidatorIndex?] = Array(repeating: nil, count: all)
        for (index, member) in members.enumerated() {
            indices[member] = ValidatorIndex(UInt16(index))
        }
        self.indices = indices
    }

    func index(of validator: Int) -> ValidatorIndex? { indices[validator] }
    func contains(_ validator: Int) -> Bool { indices[validator] != nil }
    func member(_ index: ValidatorIndex) -> Int? {
        let position = Int(index.rawValue)
        return position < members.count ? members[position] : nil
    }
}

/// Who validates, as the chain decides it: a change waits until a quorum of the new set is ready and
/// takes effect at the next end of an epoch (b.11).
struct SimulatedMembership: Sendable {
    struct Change: Sendable {
        let set: SimulatedSet
        var ready: Set<Int> = []
    }

    var current: SimulatedSet
    var pending: Change?
    /// The number of the last change that was ordered: none can be replayed.
    var serial: UInt8 = 0

    init(current: SimulatedSet) { self.current = current }

    /// The change that waits, as a node's machine sees it.
    var awaited: AwaitedValidators? {
        pending.map { change in
            let synced = change.set.members.indices.filter { index in
                let member = change.set.members[index]
                return current.contains(member) || change.ready.contains(member)
            }
            return AwaitedValidators(
                number: UInt32(serial), validators: change.set.validators,
                synced: synced.map { ValidatorIndex(UInt16($0)) })
        }
    }

    /// The set after a block at the end of an epoch that follows this state.
    var next: SimulatedSet {
        guard let pending else { return current }
        let able = pending.set.members.count {
            current.contains($0) || pending.ready.contains($0)
        }
        return able >= pending.set.validators.quorum ? pending.set : current
    }

    /// The state that the transactions of a block at an epoch's end are applied to.
    mutating func switchSet() {
        let next = next
        if next !== current {
            current = next
            pending = nil
        }
    }

    /// What a transaction does, if it is one of these; false where it is refused here.
    mutating func apply(_ transaction: [UInt8], of all: Int) -> Bool {
        switch transaction.first {
        case ModelTransaction.changeMark:
            guard let change = Self.change(transaction, of: all), change.serial == serial &+ 1
            else { return false }
            serial = change.serial
            pending = Change(set: SimulatedSet(change.members, of: all))
            return true
        case ModelTransaction.readyMark:
            guard transaction.count == 3, transaction[1] == serial, let change = pending,
                let member = change.set.member(ValidatorIndex(UInt16(transaction[2]))),
                !current.contains(member), !change.ready.contains(member)
            else { return false }
            pending?.ready.insert(member)
            return true
        default:
            return true
        }
    }

    private static func change(
        _ bytes: [UInt8], of all: Int
    ) -> (serial: UInt8, members: [Int])? {
        let members = bytes.dropFirst(2).map { Int($0) }
        guard bytes.count >= 6, Set(members).count == members.count,
            members.allSatisfy({ $0 < all })
        else { return nil }
        return (bytes[1], members)
    }
}
