import BallotCryptography
package import Codec
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

/// The rules of block validation applied to one transaction at a time, on the state of the newest
/// block that the node knows. Nothing is changed: each check stands alone.
package struct AdmissionCheck {
    private let chain: ChainContext
    private var executor: BlockExecutor

    /// - Parameter time: when the next block is expected; a time that is not after the state's own
    ///   counts as the millisecond after that.
    package init(
        chain: ChainContext, state: any StateReader, catalog: ElectionCatalog, time: Timestamp
    ) throws(StateFault) {
        let head = try state.required(Table.head)
        self.chain = chain
        self.executor = try BlockExecutor(
            chain: chain, parent: state, catalog: catalog, height: head.height.next,
            time: max(time, head.time.adding(milliseconds: 1)), parentHash: .zero)
    }

    /// What was decoded so far, for the next check.
    package var catalog: ElectionCatalog { self.executor.catalog }

    /// What the state alone says of a transaction, before a certificate or proof of it is checked:
    /// junk costs no more than this. Nil if it is worth `BallotCheck` and `check`.
    package mutating func screen(
        _ bytes: [UInt8], id: Bytes32
    ) throws(StateFault) -> Admission? {
        if let height = try self.executor.state.record(Table.transaction(id)) {
            return .duplicate(of: height)
        }
        guard BallotCheck.isBallot(bytes) else { return nil }
        var scratch = self.executor
        defer { self.executor.catalog = scratch.catalog }
        do throws(ExecutionFailure) {
            guard case .ballot(let ballot) = try BlockExecutor.decode(bytes) else { return nil }
            try scratch.screen(ballot)
            return nil
        } catch {
            switch error {
            case .fault(let fault): throw fault
            case .refused(let refusal): return refusal.code == .quota ? nil : .refused(refusal)
            }
        }
    }

    /// - Parameter verified: the verdict of `BallotCheck` on a ballot; without it the proof is
    ///   checked here.
    package mutating func check(
        _ bytes: [UInt8], id: Bytes32, verified: VerifiedBallot? = nil
    ) throws(StateFault) -> Admission {
        if let height = try self.executor.state.record(Table.transaction(id)) {
            return .duplicate(of: height)
        }
        var scratch = self.executor
        defer { self.executor.catalog = scratch.catalog }
        do throws(ExecutionFailure) {
            try scratch.apply(bytes, id: id, verified: verified)
            return .admitted
        } catch {
            switch error {
            case .fault(let fault): throw fault
            case .refused(let refusal):
                guard refusal.code == .quota, BallotCheck.isBallot(bytes) else {
                    return .refused(refusal)
                }
                if verified == nil, let refusal = try scratch.proofRefusal(of: bytes) {
                    return .refused(refusal)
                }
                return .waiting(refusal)
            }
        }
    }
}

extension BlockExecutor {
    /// Why a ballot's certificate or proof is refused, where the quota refused it before that.
    fileprivate mutating func proofRefusal(of bytes: [UInt8]) throws(StateFault) -> Refusal? {
        do throws(ExecutionFailure) {
            guard case .ballot(let transaction) = try Self.decode(bytes) else { return nil }
            let candidate = try BallotCandidate(
                transaction, state: self.state, catalog: &self.catalog)
            let ballot = try candidate.decoded()
            try candidate.checkCertificate(with: self.chain.verifiers)
            let code = BallotVerifier.diagnose(ballot, rules: candidate.rules)
            return code.map { Refusal(proof: $0.onLedger) }
        } catch {
            switch error {
            case .fault(let fault): throw fault
            case .refused(let refusal): return refusal
            }
        }
    }
}
