import Codec
import Consensus
import Ledger
import Simulation

/// One replica that a test feeds by hand, and the keys of all the others.
struct Harness {
    let genesis: Genesis
    var replica: Replica<SimulatedSignatures, SimulatedSigner>
    /// Milliseconds since the start, on both clocks.
    var milliseconds: UInt64 = 0
    /// The wall clock's error in milliseconds.
    var skew: Int64 = 0
    /// The validators that sign and lead; those of genesis at first.
    var validators: ValidatorSet

    init(
        validators: Int = 4, index: Int = 0, journal: JournalState = .intact([], length: 0),
        floor: Floor? = nil, parameters: Parameters = SimulatedChain.parameters(),
        listening: UInt64 = 0, set: ValidatorSet? = nil, signerRecord: SignerRecord? = nil,
        holder: SimulatedKeyHolder? = nil
    ) {
        genesis = SimulatedChain.genesis(validators: validators, parameters: parameters)
        self.validators = set ?? genesis.validators
        replica = Replica(
            configuration: ReplicaConfiguration(
                domain: genesis.domain, parameters: genesis.parameters,
                validators: self.validators, key: SimulatedChain.key(index),
                nonce: SimulatedChain.key(index, purpose: 9), listening: listening),
            verifier: SimulatedSignatures(),
            signer: SimulatedSigner(key: SimulatedChain.key(index), holder: holder),
            floor: floor ?? .genesis(genesis), journal: journal,
            signerRecord: signerRecord ?? holder?.record)
    }

    /// A replica that has been started, with the effects of that dropped.
    static func started(
        validators: Int = 4, index: Int = 0, parameters: Parameters = SimulatedChain.parameters()
    ) -> Harness {
        var harness = Harness(validators: validators, index: index, parameters: parameters)
        _ = harness.start()
        return harness
    }

    var now: LocalTime {
        LocalTime(
            instant: Instant(microseconds: milliseconds * 1000),
            clock: Timestamp(
                milliseconds: UInt64(
                    Int64(SimulatedChain.start.milliseconds + milliseconds) + skew)))
    }

    mutating func start() -> [Effect] { replica.start(at: now) }

    mutating func receive(
        _ message: ConsensusMessage, from sender: Int = 1
    ) throws -> [Effect] {
        try replica.receive(message, from: place(of: sender), at: now)
    }

    mutating func advance(milliseconds: UInt64) -> [Effect] {
        self.milliseconds += milliseconds
        return replica.advance(to: now)
    }

    /// The effects of time alone, without the regular messages.
    mutating func wait(milliseconds: UInt64) -> [Effect] {
        advance(milliseconds: milliseconds).withoutRegularMessages
    }

    /// The place of the validator with key number `index`; the number itself where it has none.
    func place(of index: Int) -> ValidatorIndex {
        validators.index(of: SimulatedChain.key(index)) ?? ValidatorIndex(UInt16(index))
    }

    func vote(_ subject: VoteSubject, by index: Int) -> SignedVote {
        SignedVote(
            subject: subject, signer: place(of: index),
            signature: SimulatedSigner(key: SimulatedChain.key(index))
                .sign(subject.message(in: genesis.domain)))
    }

    func certificate(_ subject: VoteSubject, by signers: [Int] = [1, 2, 3]) -> Certificate {
        let signatures = signers.map { signer in
            let vote = vote(subject, by: signer)
            return (signer: vote.signer, signature: vote.signature)
        }
        guard let certificate = Certificate(subject: subject, signatures: signatures) else {
            preconditionFailure("signers of a test rise")
        }
        return certificate
    }

    func nullify(_ view: UInt64, epoch: UInt64 = 0) -> VoteSubject {
        .nullify(Round(epoch: Epoch(epoch), view: View(view)))
    }

    func leader(of view: UInt64, epoch: UInt64 = 0) -> Int {
        let place = Int((view + epoch) % UInt64(validators.count))
        return Int(validators.validators[place].consensusKey.bytes[0])
    }

    /// A block of a view on a parent; content is opaque to a replica.
    func block(
        view: UInt64, parent: Parent? = nil, epoch: UInt64 = 0, time: UInt64? = nil,
        height: UInt64? = nil, transactions: [[UInt8]] = [], next: ValidatorSet? = nil
    ) -> Block {
        let parent = parent ?? .floor(.genesis(genesis))
        let round = Round(epoch: Epoch(epoch), view: View(view))
        let template = BlockTemplate(
            chainID: genesis.chainID, round: round,
            height: height.map { Height($0) } ?? parent.height.next, parentView: parent.view,
            parentHash: parent.hash,
            time: SimulatedChain.start.adding(milliseconds: time ?? (milliseconds + 1)),
            proposer: validators.leader(of: round),
            validatorsHash: validators.hash, mayBeEmpty: true, maximumTransactions: 64,
            maximumBodyBytes: 1024 * 1024)
        return Block(
            header: template.header(
                transactionIDs: transactions.map(Transaction.id(of:)),
                bodyBytes: transactions.reduce(0) { $0 + $1.count }, logSize: 1,
                logRoot: .zero, stateDigestAfterParent: .zero,
                nextValidatorsHash: (next ?? validators).hash),
            transactions: transactions)
    }

    func proposal(of block: Block) -> Proposal {
        Proposal(
            round: block.header.round, parentView: block.header.parentView,
            blockHash: block.header.hash)
    }

    func message(
        proposing block: Block, as proposal: Proposal? = nil, parent: Certificate? = nil
    ) -> ProposalMessage {
        let proposal = proposal ?? self.proposal(of: block)
        return ProposalMessage(
            header: block.header, transactionIDs: block.transactionIDs,
            vote: vote(
                .notarize(proposal),
                by: leader(
                    of: proposal.round.view.rawValue, epoch: proposal.round.epoch.rawValue)),
            parentCertificate: parent)
    }

    /// Has the replica vote for a block without transactions of the current view.
    mutating func notarize(_ block: Block) throws -> [Effect] {
        let leader = leader(
            of: block.header.view.rawValue, epoch: block.header.epoch.rawValue)
        return validateAll(
            try receive(.proposal(message(proposing: block)), from: leader))
    }

    /// Gives the replica the notarization and the finalization of a block it voted for.
    mutating func finalize(_ block: Block) throws -> [Effect] {
        let proposal = proposal(of: block)
        return validateAll(try receive(.certificate(certificate(.notarize(proposal)))))
            + validateAll(try receive(.certificate(certificate(.finalize(proposal)))))
    }
}

/// What a block of a test stands on.
enum Parent {
    case floor(Floor)
    case block(Block)
    /// The final last block of the epoch before.
    case epochEnd(Block)

    var height: Height {
        switch self {
        case .floor(let floor): floor.height
        case .block(let block), .epochEnd(let block): block.header.height
        }
    }

    var hash: Bytes32 {
        switch self {
        case .floor(let floor): floor.hash
        case .block(let block), .epochEnd(let block): block.header.hash
        }
    }

    var view: View {
        switch self {
        case .floor(let floor): floor.round?.view ?? .root
        case .block(let block): block.header.view
        case .epochEnd: .root
        }
    }
}

extension [Effect] {
    /// Without status messages and requests that are repeated for ever.
    var withoutRegularMessages: [Effect] {
        filter {
            switch $0 {
            case .send(.status, _), .send(.certificateRequest, _), .send(.voteRequest, _): false
            default: true
            }
        }
    }

    var sentVotes: [VoteSubject] {
        compactMap {
            if case .send(.vote(let vote), _) = $0 { return vote.subject }
            return nil
        }
    }

    var persisted: [JournalRecord] {
        flatMap { effect -> [JournalRecord] in
            if case .persist(let records) = effect { return records }
            return []
        }
    }

    var haltReason: HaltReason? {
        for case .halt(let reason) in self { return reason }
        return nil
    }
}
