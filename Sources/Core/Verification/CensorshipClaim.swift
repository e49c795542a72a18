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
    /// The ballot that it replaces is not the credential's last one of its style.
    case noPredecessor
    /// The election takes no ballot with so high a number of one credential.
    case beyondBallotsPerVoter
    /// Another ballot in the chain has one of its encryptions' elements A, or it has one twice:
    /// whoever chooses the randomness of two ballots can make both, and only one can be cast.
    case usedElement
    /// Window and issue count left it fewer blocks than two rotations of leaders.
    case hardlyOpen(blocks: UInt64, needed: UInt64)
}

/// Why a claim is dismissed whatever the chain holds.
package enum ClaimFault: Hashable, Sendable {
    /// The bytes are not a promise and a transaction.
    case notAClaim
    /// The transaction is no ballot, or none that the rules would accept.
    case notAValidBallot
    /// The promise is about another ballot.
    case otherBallot
    /// The promise is for a block that was final when the ballot came, so that no block is left in
    /// which the ballot could be put, or for one too far ahead.
    case outOfReach
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
    /// Nil where the bytes are none.
    package let claim: CensorshipClaim?
    package let verdict: ClaimVerdict
}

/// Follows one claim through the blocks that the promise is about.
///
/// The verdict is a function of the blocks up to the promised one, whatever comes first among them:
/// before that block nothing is said but that a claim is dismissed.
struct ClaimTrial: Sendable {
    let claim: CensorshipClaim?
    private(set) var verdict = ClaimVerdict.undecided
    private var progress: Progress?

    /// What the blocks so far say of a claim that is not dismissed.
    private struct Progress: Sendable {
        let promise: SignedPromise
        let outline: BallotOutline
        let transaction: [UInt8]
        /// Who signed; nil before the set of the first block after `received` is known.
        var signer: (name: String, validators: Int)?
        /// Blocks on whose parent the ballot was in its window and within the issue count.
        var openBlocks: UInt64 = 0
        var keptAt: Height?
        var void: PromiseVoid?
    }

    /// - Parameter claim: nil for bytes that are none.
    init(_ claim: CensorshipClaim?, after height: Height) {
        self.claim = claim
        guard let claim else {
            self.verdict = .unfounded(.notAClaim)
            return
        }
        let promise = claim.promise
        guard case .ballot(let ballot)? = try? Transaction(canonicalBytes: claim.transaction),
            let outline = try? BallotOutline(ballot.wire), outline.header.sequence > 0
        else {
            // Whatever else it is, it is no ballot: they count from 1.
            self.verdict = .unfounded(.notAValidBallot)
            return
        }
        if !promise.isAbout(outline) {
            self.verdict = .unfounded(.otherBallot)
        } else if !promise.isWithinReach {
            self.verdict = .unfounded(.outOfReach)
        } else if height > promise.received {
            self.verdict = .unfounded(.tooLate)
        } else {
            self.progress = Progress(
                promise: promise, outline: outline, transaction: claim.transaction)
        }
    }

    private mutating func conclude(_ verdict: ClaimVerdict) {
        self.verdict = verdict
        self.progress = nil
    }

    /// Learns who the validators of the block after `height` are.
    mutating func learn(_ validators: ValidatorSet, after height: Height, chain: ChainContext) {
        guard let promise = self.progress?.promise, height == promise.received else { return }
        guard let validator = validators[promise.validator],
            promise.isValid(
                in: chain.domain, validators: validators, verifier: chain.verifiers.signatures)
        else { return self.conclude(.unfounded(.forged)) }
        self.progress?.signer = (validator.name, validators.count)
    }

    /// Looks at the state before a block.
    mutating func begin(
        _ header: BlockHeader, state: MemoryState
    ) throws(StateFault) {
        guard let progress, progress.promise.received < header.height,
            header.height <= progress.promise.promised
        else { return }
        let queries = ElectionQueries(state)
        guard let election = try queries.election(withID: progress.promise.electionID),
            let style = try queries.status(election, at: header.time)?.styles
                .first(where: { $0.number == progress.outline.header.style })
        else { return }
        let hasCast =
            try queries.credential(election, key: progress.promise.credentialKey) != nil
        if style.isOpen, hasCast || style.cast < style.issued { self.progress?.openBlocks += 1 }
    }

    /// Looks at what a block did.
    mutating func end(
        _ header: BlockHeader, _ events: [ElectionEvent], state: MemoryState, chain: ChainContext
    ) throws(StateFault) {
        guard let promise = self.progress?.promise, header.height <= promise.promised else {
            return
        }
        for event in events { try self.take(event, at: header.height, state: state) }
        guard header.height == promise.promised, let progress else { return }
        self.conclude(try Self.judge(progress, state: state, chain: chain))
    }

    private mutating func take(
        _ event: ElectionEvent, at height: Height, state: MemoryState
    ) throws(StateFault) {
        guard var progress else { return }
        let promise = progress.promise
        switch event {
        case .ballotCast(let ballot)
        where ballot.electionID == promise.electionID
            && ballot.credentialKey == promise.credentialKey:
            if ballot.ballotID == promise.ballotID {
                progress.keptAt = progress.keptAt ?? height
            } else if ballot.sequence >= promise.sequence {
                progress.void =
                    progress.void ?? .otherBallot(sequence: ballot.sequence, at: height)
            }
        case .trackerSpoiled(let spoiled)
        where spoiled.credentialKey == promise.credentialKey && spoiled.tracker == promise.tracker:
            progress.void = progress.void ?? .spoiled(at: height)
        case .electionAborted(let election, _):
            if try ElectionQueries(state).election(withID: promise.electionID) == election {
                progress.void = progress.void ?? .aborted(at: height)
            }
        default: break
        }
        self.progress = progress
    }

    private static func judge(
        _ progress: Progress, state: MemoryState, chain: ChainContext
    ) throws(StateFault) -> ClaimVerdict {
        let promise = progress.promise
        guard let signer = progress.signer else { return .unfounded(.forged) }
        if let height = progress.keptAt { return .kept(at: height) }
        guard try Self.isValidBallot(progress.transaction, state: state, chain: chain) else {
            return .unfounded(.notAValidBallot)
        }
        if let void = progress.void { return .void(void) }
        let needed = min(
            2 * UInt64(signer.validators), promise.promised.rawValue - promise.received.rawValue)
        guard progress.openBlocks >= needed else {
            return .void(.hardlyOpen(blocks: progress.openBlocks, needed: needed))
        }
        if let void = try Self.obstacle(progress.outline, state: ElectionQueries(state)) {
            return .void(void)
        }
        return .broken(validator: signer.name)
    }

    /// What in the state keeps the ballot out, whoever leads: the rules on its number, its
    /// predecessor and its elements A.
    private static func obstacle(
        _ ballot: BallotOutline, state queries: ElectionQueries
    ) throws(StateFault) -> PromiseVoid? {
        let header = ballot.header
        guard let election = try queries.election(withID: header.electionID),
            let document = try queries.document(election)
        else { return nil }
        let last = try queries.credential(election, key: header.credentialKey)
        guard (last?.sequence ?? 0) == header.sequence - 1,
            (last?.ballotID ?? .zero) == header.previous,
            last.map({ $0.style == header.style }) ?? true
        else { return .noPredecessor }
        guard header.sequence <= document.ballotsPerVoter else { return .beyondBallotsPerVoter }
        guard Set(ballot.elements).count == ballot.elements.count else { return .usedElement }
        for element in ballot.elements where try queries.isUsed(election, element: element) {
            return .usedElement
        }
        return nil
    }

    /// Certificate and proof, apart from what the state says: an invalid ballot is nobody's loss.
    private static func isValidBallot(
        _ transaction: [UInt8], state: MemoryState, chain: ChainContext
    ) throws(StateFault) -> Bool {
        var catalog = ElectionCatalog()
        return try BallotCheck(chain: chain).isValid(transaction, state: state, catalog: &catalog)
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
        case .undecided: "undecided: the record ends before the promised block"
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
        case .beyondBallotsPerVoter: "the election takes fewer ballots of one credential"
        case .usedElement:
            "an encryption in it is also in another ballot of the chain, or twice in it"
        case .hardlyOpen(let blocks, let needed):
            "window and issue count allowed it in \(blocks) blocks, \(needed) are needed"
        }
    }
}

extension ClaimFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAClaim: "the bytes are no claim: no promise with a ballot transaction"
        case .notAValidBallot: "what was kept is no valid ballot"
        case .otherBallot: "the promise is about another ballot"
        case .outOfReach:
            "the promise names no later block than the one that was final when the ballot came, or one"
                + " more than 10000 blocks later"
        case .forged: "no validator of that epoch signed the promise"
        case .tooLate: "the claim must be given before the blocks it is about"
        }
    }
}
