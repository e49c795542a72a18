import Codec
import Cryptography
import Elections
import Hashing
import Ledger
import Ristretto
import Testing
import TransparencyLog

/// Random bytes that are the same in every run.
struct SeededRandom: RandomSource {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func bytes(_ count: Int) -> [UInt8] {
        self.state &+= 1
        var bytes: [UInt8] = []
        var block: UInt64 = 0
        while bytes.count < count {
            var writer = ByteWriter()
            writer.write(self.state)
            writer.write(block)
            bytes += SHA256.hash(writer.bytes)
            block += 1
        }
        return [UInt8](bytes.prefix(count))
    }
}

/// A signing key that a name stands for.
func key(_ name: String) -> Ed25519SigningKey {
    Ed25519SigningKey(seed: SHA256.digest([UInt8](name.utf8)))
}

/// A chain whose every key is at hand, so that it can be made right and wrong.
struct TestChain {
    let genesis: Genesis
    let context: ChainContext
    private(set) var state = MemoryState()
    private(set) var blocks: [Block] = []
    private var catalog: ElectionCatalog
    private(set) var stateDigest: Bytes32
    private(set) var frontier = Frontier()
    private(set) var tree = MemoryTree()

    init(validators: Int = 4) {
        self.genesis = Genesis(
            kind: .training, name: "test", time: Timestamp(milliseconds: 1_767_225_600_000),
            origin: "ledger.example/test", logKey: key("log").publicKey,
            validators: Self.validators([Int](1...validators)),
            commission: Commission(
                members: [
                    Member(name: "first", key: key("chain 1").publicKey),
                    Member(name: "second", key: key("chain 2").publicKey),
                ], threshold: 2),
            parameters: Parameters(epochLength: 4))
        self.context = ChainContext(genesis: self.genesis)
        let start = GenesisState.execute(self.context)
        self.state.apply(start.changes)
        self.catalog = start.catalog
        self.stateDigest = start.stateDigest
    }

    /// Validators by their numbers, which stand for their keys.
    static func validators(_ numbers: [Int]) -> ValidatorSet {
        ValidatorSet(
            numbers.map { index in
                Validator(
                    name: "v\(index)", consensusKey: key("consensus \(index)").publicKey,
                    cosigningKey: key("cosigning \(index)").publicKey,
                    nodeKey: key("node \(index)").publicKey)
            })
    }

    /// The sets that the next header names.
    var succession: ValidatorSuccession {
        get throws { try ElectionQueries(self.state).succession(self.genesis) }
    }

    /// The change with the next number, approved by the commission.
    func change(_ number: UInt32, to numbers: [Int]) throws -> [UInt8] {
        Transaction.changeValidators(
            try self.approved(
                .changeValidators,
                ChangeValidators(number: number, validators: Self.validators(numbers)),
                by: ["chain 1", "chain 2"])
        ).canonicalBytes
    }

    func ready(_ number: UInt32, _ numbers: [Int], index: Int) -> [UInt8] {
        let validators = Self.validators(numbers)
        return Transaction.validatorReady(
            self.signed(
                .validatorReady,
                ValidatorReady(
                    number: number, setHash: validators.hash,
                    index: ValidatorIndex(UInt16(index))), by: "consensus \(numbers[index])")
        ).canonicalBytes
    }

    var newest: BlockHeader? { self.blocks.last?.header }
    var time: Timestamp { self.newest?.time ?? self.genesis.time }

    /// The log's entries that a block adds: the header before it, then its transactions.
    func entries(of transactions: [[UInt8]]) -> [[UInt8]] {
        [self.newest?.canonicalBytes ?? self.genesis.canonicalBytes] + transactions
    }

    /// The header that the rules demand over `transactions`.
    func header(
        over transactions: [[UInt8]], milliseconds: UInt64 = 1000
    ) throws -> BlockHeader {
        let height = (self.newest?.height ?? .genesis).next
        let epoch = self.genesis.parameters.epoch(of: height)
        let parentView = self.newest?.epoch == epoch ? self.newest?.view ?? .root : .root
        let round = Round(epoch: epoch, view: parentView.next)
        var log = self.frontier
        for entry in self.entries(of: transactions) { log.append(leaf: LogHash.leaf(entry)) }
        let validators = try self.succession
        return BlockHeader(
            chainID: self.context.chainID, epoch: epoch, height: height, view: round.view,
            parentView: parentView, parentHash: self.newest?.hash ?? self.context.chainID,
            time: self.time.adding(milliseconds: milliseconds),
            proposer: validators.current.leader(of: round),
            transactionCount: UInt32(transactions.count),
            bodyBytes: UInt32(transactions.reduce(0) { $0 + $1.count }),
            bodyRoot: Block.bodyRoot(ids: transactions.map(Transaction.id(of:))),
            logSize: log.size, logRoot: log.root, stateDigestAfterParent: self.stateDigest,
            validatorsHash: validators.current.hash, nextValidatorsHash: validators.next.hash)
    }

    /// Makes, executes and keeps the next block.
    @discardableResult
    mutating func add(
        _ transactions: [[UInt8]] = [], milliseconds: UInt64 = 1000
    ) throws -> [ElectionEvent] {
        let header = try self.header(over: transactions, milliseconds: milliseconds)
        var executor = try BlockExecutor(
            chain: self.context, parent: self.state, catalog: self.catalog,
            height: header.height, time: header.time, parentHash: header.parentHash)
        for transaction in transactions {
            try executor.apply(Entry(transaction))
        }
        let executed = try executor.finish()
        for entry in self.entries(of: transactions) {
            self.frontier.append(leaf: LogHash.leaf(entry))
            self.tree.append(leaf: LogHash.leaf(entry))
        }
        self.state.apply(executed.changes)
        self.catalog = executed.catalog
        self.stateDigest = executed.stateDigest
        self.blocks.append(Block(header: header, transactions: transactions))
        return executed.events
    }

    /// A finalization of a header by so many validators.
    func finalization(
        of header: BlockHeader, signers: Int = 3, by validators: ValidatorSet? = nil
    ) throws -> Certificate {
        let set = validators ?? self.genesis.validators
        let subject = VoteSubject.finalize(
            Proposal(
                round: header.round, parentView: header.parentView, blockHash: header.hash))
        let message = subject.message(in: self.context.domain)
        return try #require(
            Certificate(
                subject: subject,
                signatures: set.validators.prefix(signers).enumerated().map {
                    (
                        ValidatorIndex(UInt16($0)),
                        key("consensus " + $1.name.dropFirst()).sign(message)
                    )
                }))
    }

    /// The log's checkpoint after its newest block, cosigned by so many validators.
    func checkpoint(
        signers: Int = 3, root: Bytes32? = nil, by validators: ValidatorSet? = nil
    ) throws -> SignedNote {
        let origin = try #require(KeyName(self.genesis.origin))
        let checkpoint = Checkpoint(
            origin: origin, size: self.frontier.size, root: root ?? self.frontier.root)
        let logKey = VerifierKey(name: origin, kind: .note, publicKey: self.genesis.logKey)
        var lines = [
            NoteSignature.signed(checkpoint.text, as: logKey) { key("log").sign($0) }
        ]
        let set = validators ?? self.genesis.validators
        for validator in set.validators.prefix(signers) {
            let name = try #require(KeyName(self.genesis.cosignerName(of: validator)))
            let cosigner = VerifierKey(
                name: name, kind: .cosignature, publicKey: validator.cosigningKey)
            lines.append(
                Cosignature.signed(checkpoint, at: 1_767_225_700, as: cosigner) {
                    key("cosigning " + validator.name.dropFirst()).sign($0)
                })
        }
        return SignedNote(text: checkpoint.text, signatures: lines)
    }

    /// Where a transaction is in the log.
    func index(of transaction: [UInt8]) throws -> UInt64 {
        var index: UInt64 = 0
        for block in self.blocks {
            index += 1
            for other in block.transactions {
                if other == transaction { return index }
                index += 1
            }
        }
        throw TestFailure.notInTheChain
    }

    /// The receipt of a transaction under the newest checkpoint.
    func receipt(
        for transaction: [UInt8], extra: ReceiptExtra, checkpoint: SignedNote? = nil
    ) throws -> LogProof {
        let index = try self.index(of: transaction)
        return LogProof(
            extra: extra.bytes, index: index,
            hashes: try inclusionProof(index: index, size: self.frontier.size, from: self.tree),
            checkpoint: try checkpoint ?? self.checkpoint())
    }
}

enum TestFailure: Error {
    case notInTheChain
    case noStatus
}

extension TestChain {
    func signed<Body>(_ tag: EntryTag, _ body: Body, by signer: String) -> Signed<Body> {
        let message = Transaction.signedMessage(tag: tag, body: body, in: self.context.domain)
        return Signed(
            chainID: self.context.chainID, body: body, signature: key(signer).sign(message))
    }

    func approved<Body>(
        _ tag: EntryTag, _ body: Body, by signers: [String]
    ) throws -> Approved<Body> {
        let message = Transaction.signedMessage(tag: tag, body: body, in: self.context.domain)
        let approvals = signers.enumerated().map {
            Approval(member: UInt16($0.offset), signature: key($0.element).sign(message))
        }
        return try #require(
            Approved(chainID: self.context.chainID, body: body, approvals: approvals))
    }
}
