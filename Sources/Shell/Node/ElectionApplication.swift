import Admission
import BallotCryptography
import Chain
import ChainStore
import Codec
import Consensus
import Cosigning
import Cryptography
import Elections
import Ledger
import TransparencyLog

typealias NodeReplica = Replica<Ed25519Verifier, NodeSigner>
typealias NodeMachine = ChainMachine<ElectionApplication, Ed25519Verifier, NodeSigner>
typealias NodeInput = ChainInput<ElectionApplication>
typealias NodeEffect = ChainEffect<ElectionApplication>

/// What blocks and transactions mean in a node: elections.
struct ElectionApplication: ChainApplication {
    typealias State = ChainPoint
    typealias Execution = ExecutedBranch
    typealias Prepared = VerifiedBallot

    let domain: SigningDomain

    func memorySize(of ballot: VerifiedBallot) -> Int { ballot.memorySize }

    func promise(
        _ ballot: VerifiedBallot, received: Height, promised: Height, validator: ValidatorIndex,
        sign: ([UInt8]) -> Bytes64
    ) -> [UInt8]? {
        SignedPromise(
            ballot.ballot, received: received, promised: promised, validator: validator,
            domain: domain, sign: sign
        ).canonicalBytes
    }

    func transaction(_ ready: ValidatorReady, signature: Bytes64) -> [UInt8] {
        Transaction.validatorReady(
            Signed(chainID: domain.chainID, body: ready, signature: signature)
        ).canonicalBytes
    }

    func transaction(_ equivocation: Equivocation) -> [UInt8]? {
        EquivocationEvidence(equivocation.first, equivocation.second)
            .map { Transaction.equivocation($0).canonicalBytes }
    }
}

/// A validator's keys, as the machine uses them.
struct NodeSigner: ValidatorSigner {
    let consensus: ConsensusSigner
    let cosigning: Ed25519SigningKey
    let log: Ed25519SigningKey
    let node: Ed25519SigningKey
    let domain: SigningDomain

    var consensusKey: Bytes32 { consensus.publicKey }
    var cosigningKey: Bytes32 { cosigning.publicKey }

    func sign(_ subject: VoteSubject, message: [UInt8]) throws(SigningFailure) -> Bytes64 {
        try consensus.sign(subject, message: message)
    }

    func sign(_ ready: ValidatorReady) throws(SigningFailure) -> Bytes64 {
        try consensus.sign(ready, in: domain)
    }

    func cosign(_ message: [UInt8]) -> Bytes64 { cosigning.sign(message) }
    func signLog(_ message: [UInt8]) -> Bytes64 { log.sign(message) }
    func signPromise(_ message: [UInt8]) -> Bytes64 { node.sign(message) }
}

extension ChainFacts {
    /// What the machine has to know of the state after a block.
    init(after branch: ExecutedBranch, over parent: any StateReader, genesis: Genesis) throws {
        var catalog = branch.executed.catalog
        let state = branch.point(over: parent).state
        let facts = try BlockFacts(
            of: branch.executed, state: state, catalog: &catalog, genesis: genesis)
        var accounts: [StyleName: PromiseAccount] = [:]
        for changed in facts.accounts {
            let name = StyleName(electionID: changed.electionID, style: changed.style)
            accounts[name] = PromiseAccount(changed.account)
        }
        let alarms = branch.executed.events.compactMap { event -> BlockAlarm? in
            guard case .alarm(let alarm) = event else { return nil }
            return BlockAlarm(name: alarm.name, election: alarm.election, detail: alarm.detail)
        }
        self.init(
            validators: facts.validators, awaited: facts.pendingChange.map(AwaitedValidators.init),
            accounts: accounts, releasesBallots: facts.releasesBallots, alarms: alarms)
    }

    /// What the machine has to know of a stored state when a node starts.
    init(of point: ChainPoint, genesis: Genesis) throws {
        let queries = ElectionQueries(point.state)
        let change = try queries.validatorChange(genesis)
        self.init(
            validators: try queries.succession(genesis).current,
            awaited: change.flatMap { $0.effective == nil ? AwaitedValidators($0) : nil })
    }
}

extension AwaitedValidators {
    init(_ change: ValidatorChangeStatus) {
        self.init(number: change.number, validators: change.validators, synced: change.synced)
    }
}

extension PromiseAccount {
    init(_ account: StyleAccount) {
        self.init(
            issued: account.issued, cast: account.cast, promisesUntil: account.promisesUntil)
    }
}

extension BallotSlot {
    init(_ header: BallotHeader) {
        self.init(
            credential: CredentialName(electionID: header.electionID, key: header.credentialKey),
            style: StyleName(electionID: header.electionID, style: header.style),
            sequence: header.sequence)
    }

    /// Whose turn a stored transaction takes; nil for one that is no ballot.
    init?(ofStored bytes: [UInt8]) {
        // What cannot be read was stored by another version: the checks to come refuse it.
        guard BallotCheck.isBallot(bytes),
            case .ballot(let ballot)? = try? Transaction(canonicalBytes: bytes),
            let header = try? BallotHeader(peeking: ballot.wire)
        else { return nil }
        self.init(header)
    }
}

extension FinalPoint where Application == ElectionApplication {
    init(_ point: ChainPoint) {
        self.init(
            height: point.height, hash: point.hash, time: point.time,
            logSize: point.frontier.size, logRoot: point.frontier.root, state: point)
    }
}

extension TransactionRefusal {
    init(_ refusal: Elections.Refusal) {
        self.init(
            code: refusal.code.name, reason: refusal.reason,
            blamesSender: refusal.code.tellsOfItsSender, isLasting: refusal.code.isOfForm)
    }
}

extension RefusalCode {
    /// Refusals that cost this node a check and that no state of the chain is the reason for.
    fileprivate var tellsOfItsSender: Bool {
        switch self {
        case .certificate, .sum, .proof, .signature, .linkA, .linkC, .bit, .point, .identity,
            .scalar, .possession, .authorization:
            true
        case .version, .length, .election, .style, .contest, .parameter, .commitment, .phase,
            .sequence, .previous, .quota, .rate, .spoiled, .duplicate, .duplicateA, .issued,
            .requestSignature, .blind, .blindSignature, .roll, .result, .unitSmall, .unitOverlap:
            false
        }
    }

    /// Refusals of bytes that are no transaction.
    fileprivate var isOfForm: Bool {
        switch self {
        case .version, .length: true
        case .parameter, .election, .style, .contest, .point, .identity, .scalar, .sum, .proof,
            .signature,
            .linkA, .linkC, .bit, .possession, .commitment, .phase, .sequence, .previous,
            .certificate, .quota, .rate, .spoiled, .duplicate, .duplicateA, .issued,
            .requestSignature, .blind, .blindSignature, .roll, .authorization, .result,
            .unitSmall, .unitOverlap:
            false
        }
    }
}
