import BallotCryptography
import Codec
package import Ledger

/// What a node does with a transaction that it is offered.
package enum Admission: Hashable, Sendable {
    /// It would apply now: keep it, propose it, promise a ballot.
    case admitted
    /// A valid ballot over the present issue count (E_QUOTA): keep it for a while, without a
    /// promise; a later count may be on its way.
    case waiting(Refusal)
    /// The chain holds it since that height: answer as then.
    case duplicate(of: Height)
    case refused(Refusal)
}

/// What the state alone says of a transaction.
package struct Screening: Sendable {
    /// Nil if the transaction is worth `BallotCheck` and `AdmissionCheck.check`.
    package let admission: Admission?
    /// The ballot as far as its form goes, for `BallotCheck`; nil for other transactions, and for a
    /// ballot whose form or election is refused or that the chain holds.
    package let ballot: PreparedBallot?
}

/// The rules of block validation applied to one transaction at a time, on the state of the newest
/// block that the node knows. Nothing is changed: each check stands alone.
package struct AdmissionCheck {
    private var executor: BlockExecutor

    /// - Parameter time: when the next block is expected; a time that is not after the state's own
    ///   counts as the millisecond after that.
    package init(
        chain: ChainContext, state: any StateReader, catalog: ElectionCatalog, time: Timestamp
    ) throws(StateFault) {
        let head = try state.required(Table.head)
        executor = try BlockExecutor(
            chain: chain, parent: state, catalog: catalog, height: head.height.next,
            time: max(time, head.time.adding(milliseconds: 1)), parentHash: .zero)
    }

    /// What was decoded so far, for the next check.
    package var catalog: ElectionCatalog { executor.catalog }

    /// What the state alone says of a transaction, before a certificate or proof of it is checked:
    /// junk costs no more than this.
    package mutating func screen(_ entry: Entry) throws(StateFault) -> Screening {
        if let height = try executor.state.record(Table.transaction(entry.id)) {
            return Screening(admission: .duplicate(of: height), ballot: nil)
        }
        guard BallotCheck.isBallot(entry.bytes) else {
            return Screening(admission: nil, ballot: nil)
        }
        do throws(ExecutionFailure) {
            guard case .ballot(let ballot) = try BlockExecutor.decode(entry.bytes) else {
                return Screening(admission: nil, ballot: nil)
            }
            let (prepared, refusal) = try executor.screen(ballot, entry.id)
            return Screening(admission: refusal.map { .refused($0) }, ballot: prepared)
        } catch {
            return Screening(admission: .refused(try error.refusal()), ballot: nil)
        }
    }

    /// Looks again at a ballot whose certificate and proof are valid: the state alone has a say.
    package mutating func check(_ ballot: VerifiedBallot) throws(StateFault) -> Admission {
        if let height = try executor.state.record(Table.transaction(ballot.id)) {
            return .duplicate(of: height)
        }
        do throws(ExecutionFailure) {
            try executor.requireTurn(of: ballot)
            return .admitted
        } catch {
            let refusal = try error.refusal()
            return refusal.code == .quota ? .waiting(refusal) : .refused(refusal)
        }
    }

    /// Applies a transaction to a state that is thrown away. A ballot's certificate and proof are
    /// checked here.
    package mutating func check(_ entry: Entry) throws(StateFault) -> Admission {
        if let height = try executor.state.record(Table.transaction(entry.id)) {
            return .duplicate(of: height)
        }
        var scratch = executor
        defer { executor.catalog = scratch.catalog }
        do throws(ExecutionFailure) {
            try scratch.apply(entry)
            return .admitted
        } catch {
            let refusal = try error.refusal()
            guard refusal.code == .quota, BallotCheck.isBallot(entry.bytes) else {
                return .refused(refusal)
            }
            // The quota refused the ballot before its certificate and proof were looked at.
            let fault = try scratch.faultOfProof(of: entry)
            return fault.map { .refused($0) } ?? .waiting(refusal)
        }
    }
}

extension BlockExecutor {
    /// Why a ballot's certificate or proof is refused.
    fileprivate mutating func faultOfProof(of entry: Entry) throws(StateFault) -> Refusal? {
        do throws(ExecutionFailure) {
            guard case .ballot(let transaction) = try Self.decode(entry.bytes) else { return nil }
            let ballot = try preparedBallot(transaction, entry.id)
            _ = try ballot.verified(try ballot.decoded())
            return nil
        } catch {
            return try error.refusal()
        }
    }
}

extension ExecutionFailure {
    /// Passes a fault on by itself.
    fileprivate func refusal() throws(StateFault) -> Refusal {
        switch self {
        case .refused(let refusal): return refusal
        case .fault(let fault): throw fault
        }
    }
}
