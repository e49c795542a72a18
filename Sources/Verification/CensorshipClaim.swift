import BallotCryptography
package import Codec
package import Elections
package import Ledger

/// The complaint that a validator promised a ballot and the chain does not hold it (A_CENSOR):
/// the promise, and the ballot itself.
package struct CensorshipClaim: Hashable, Sendable {
    package let promise: SignedPromise
    /// The ballot transaction's bytes, as the voter's device kept them.
    package let transaction: [UInt8]

    package init(promise: SignedPromise, transaction: [UInt8]) {
        self.promise = promise
        self.transaction = transaction
    }
}

/// Why a promise bound nobody, although its ballot is not in the chain.
package enum PromiseVoid: Hashable, Sendable {
    /// The credential's ballot with this number, not below the promised one's, came first: of two
    /// ballots with one number only one can be in the chain.
    case otherBallot(sequence: UInt32, at: Height)
    /// The ballot's encryption was spoiled.
    case spoiled(at: Height)
    /// The election was aborted.
    case aborted(at: Height)
    /// The ballot that it replaces is not the credential's last one.
    case noPredecessor
    /// Window and issue count left it fewer blocks than two rotations of leaders.
    case hardlyOpen(blocks: UInt64, needed: UInt64)
}

/// Why a claim is dismissed whatever the chain holds.
package enum ClaimFault: Hashable, Sendable {
    /// The transaction is no ballot, or none that the rules would accept.
    case notAValidBallot
    /// The promise is about another ballot, or for a height out of reach.
    case otherBallot
    /// No validator of the epoch signed the promise.
    case forged
    /// The audit was past the promise's first height when the claim came.
    case tooLate
}

/// What an audit says of a claim.
package enum ClaimVerdict: Hashable, Sendable {
    /// The ballot is in the chain, in this block.
    case kept(at: Height)
    /// The validator, by its name, promised and the ballot is not there: A_CENSOR.
    case broken(validator: String)
    case void(PromiseVoid)
    case unfounded(ClaimFault)
    /// The record ends before the promised height.
    case undecided
}

/// One claim with its verdict.
package struct JudgedClaim: Hashable, Sendable {
    package let claim: CensorshipClaim
    package let verdict: ClaimVerdict
}

/// Follows one claim through the blocks that the promise is about.
struct ClaimTrial: Sendable {
    let claim: CensorshipClaim
    private let outline: BallotOutline?
    private(set) var verdict = ClaimVerdict.undecided
    private var validator: Validator?
    private var validatorCount = 0
    /// Blocks so far on whose parent the ballot was in its window and within the issue count.
    private var openBlocks: UInt64 = 0
    private var void: PromiseVoid?

    init(_ claim: CensorshipClaim, after height: Height) {
        self.claim = claim
        guard case .ballot(let ballot)? = try? Transaction(canonicalBytes: claim.transaction),
            let outline = try? BallotOutline(ballot.wire), outline.header.sequence > 0
        else {
            // Whatever else it is, it is no ballot: they count from 1.
            self.outline = nil
            self.verdict = .unfounded(.notAValidBallot)
            return
        }
        self.outline = outline
        if !claim.promise.covers(outline) {
            self.verdict = .unfounded(.otherBallot)
        } else if height > claim.promise.received {
            self.verdict = .unfounded(.tooLate)
        }
    }

    private var isOver: Bool { self.verdict != .undecided }

    /// Looks at the state before a block.
    ///
    /// - Parameter executor: of that block, before its transactions.
    mutating func begin(
        _ header: BlockHeader, validators: ValidatorSet, state: MemoryState, chain: ChainContext
    ) throws(StateFault) {
        let promise = self.claim.promise
        guard !self.isOver, let outline, promise.received < header.height,
            header.height <= promise.promised
        else { return }
        if header.height == promise.received.next {
            guard let validator = validators[promise.validator],
                promise.isValid(
                    in: chain.domain, validators: validators,
                    verifier: chain.verifiers.signatures)
            else {
                self.verdict = .unfounded(.forged)
                return
            }
            self.validator = validator
            self.validatorCount = validators.count
        }
        let queries = ElectionQueries(state)
        guard let election = try queries.election(withID: promise.electionID),
            let style = try queries.status(election, at: header.time)?.styles
                .first(where: { $0.number == outline.header.style })
        else { return }
        let hasCast = try queries.credential(election, key: promise.credentialKey) != nil
        if style.isOpen, hasCast || style.cast < style.issued { self.openBlocks += 1 }
    }

    /// Looks at what a block did.
    mutating func end(
        _ header: BlockHeader, _ events: [ElectionEvent], state: MemoryState, chain: ChainContext
    ) throws(StateFault) {
        let promise = self.claim.promise
        guard !self.isOver, header.height <= promise.promised else { return }
        for event in events {
            try self.take(event, at: header.height, state: state)
            if self.isOver { return }
        }
        guard header.height == promise.promised else { return }
        self.verdict = try self.judge(state: state, chain: chain)
    }

    private mutating func take(
        _ event: ElectionEvent, at height: Height, state: MemoryState
    ) throws(StateFault) {
        let promise = self.claim.promise
        switch event {
        case .ballotCast(let ballot)
        where ballot.electionID == promise.electionID
            && ballot.credentialKey == promise.credentialKey:
            if ballot.ballotID == promise.ballotID {
                self.verdict = .kept(at: height)
            } else if ballot.sequence >= promise.sequence, self.void == nil {
                self.void = .otherBallot(sequence: ballot.sequence, at: height)
            }
        case .trackerSpoiled(let spoiled)
        where spoiled.credentialKey == promise.credentialKey && spoiled.tracker == promise.tracker:
            self.void = self.void ?? .spoiled(at: height)
        case .electionAborted(let election, _):
            if try ElectionQueries(state).election(withID: promise.electionID) == election {
                self.void = self.void ?? .aborted(at: height)
            }
        default: break
        }
    }

    private func judge(
        state: MemoryState, chain: ChainContext
    ) throws(StateFault) -> ClaimVerdict {
        let promise = self.claim.promise
        guard let validator else { return .unfounded(.forged) }
        guard try self.isValidBallot(state: state, chain: chain) else {
            return .unfounded(.notAValidBallot)
        }
        if let void { return .void(void) }
        let queries = ElectionQueries(state)
        let needed = 2 * UInt64(self.validatorCount)
        let range = promise.promised.rawValue - promise.received.rawValue
        guard self.openBlocks >= min(needed, range), self.openBlocks > 0 else {
            return .void(.hardlyOpen(blocks: self.openBlocks, needed: min(needed, range)))
        }
        if let election = try queries.election(withID: promise.electionID) {
            let last = try queries.credential(election, key: promise.credentialKey)
            guard (last?.sequence ?? 0) == promise.sequence - 1,
                (last?.ballotID ?? .zero) == self.outline?.header.previous
            else { return .void(.noPredecessor) }
        }
        return .broken(validator: validator.name)
    }

    /// Certificate and proof, apart from what the state says: an invalid ballot is nobody's loss.
    private func isValidBallot(
        state: MemoryState, chain: ChainContext
    ) throws(StateFault) -> Bool {
        var catalog = ElectionCatalog()
        return try BallotCheck(chain: chain).isValid(
            self.claim.transaction, state: state, catalog: &catalog)
    }
}

extension CensorshipClaim: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        self.promise.encode(to: &writer)
        writer.write(variable: self.transaction, limit: Ledger.Limits.entryBytes)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            promise: try SignedPromise(from: &reader),
            transaction: try reader.readVariable(limit: Ledger.Limits.entryBytes))
    }
}

extension ClaimVerdict: CustomStringConvertible {
    package var description: String {
        switch self {
        case .kept(let height): "kept: the ballot is in block \(height.rawValue)"
        case .broken(let validator):
            "A_CENSOR: \(validator) promised the ballot and the chain does not hold it"
        case .void(let reason): "void: \(reason)"
        case .unfounded(let fault): "dismissed: \(fault)"
        case .undecided: "undecided: the record ends before the promised height"
        }
    }
}

extension PromiseVoid: CustomStringConvertible {
    package var description: String {
        switch self {
        case .otherBallot(let sequence, let height):
            "ballot \(sequence) of the same credential is in block \(height.rawValue)"
        case .spoiled(let height): "its tracker was spoiled in block \(height.rawValue)"
        case .aborted(let height): "the election was aborted in block \(height.rawValue)"
        case .noPredecessor: "the ballot that it replaces is not the credential's last one"
        case .hardlyOpen(let blocks, let needed):
            "window and issue count allowed it in \(blocks) blocks, \(needed) are needed"
        }
    }
}

extension ClaimFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAValidBallot: "what was kept is no valid ballot"
        case .otherBallot: "the promise is about another ballot or out of reach"
        case .forged: "no validator of that epoch signed the promise"
        case .tooLate: "the claim must be given before the blocks it is about"
        }
    }
}
