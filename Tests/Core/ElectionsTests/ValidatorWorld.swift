import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Ristretto

/// A chain of n validators whose members change; heights go by, time follows.
struct ValidatorWorld {
    /// Heights of an epoch.
    static let length: UInt64 = 4

    let chain: ChainContext
    private(set) var state = MemoryState()
    private(set) var head: ExecutedBlock
    private(set) var events: [ElectionEvent] = []

    init(validators: Int = 4) {
        let genesis = Genesis(
            kind: .training, name: "test", time: Hour.time(0), origin: "test.example/1",
            logKey: signer("log").publicKey,
            validators: Self.set((0..<validators).map { "v\($0)" }),
            commission: Commission(
                members: ["chain 0", "chain 1", "chain 2"].map(member), threshold: 2),
            parameters: Parameters(epochLength: UInt32(Self.length)))
        self.chain = ChainContext(genesis: genesis)
        self.head = GenesisState.execute(self.chain)
        self.state.apply(self.head.changes)
    }

    /// A validator whose keys its name stands for; another generation has other keys.
    static func validator(_ name: String, generation: Int = 0) -> Validator {
        Validator(
            name: name, consensusKey: signer("consensus \(name) \(generation)").publicKey,
            cosigningKey: signer("cosigning \(name) \(generation)").publicKey,
            nodeKey: signer("node \(name) \(generation)").publicKey)
    }

    static func set(_ names: [String]) -> ValidatorSet {
        ValidatorSet(names.map { self.validator($0) })
    }

    var genesis: Genesis { self.chain.genesis }
    var height: UInt64 { self.head.height.rawValue }
    var queries: ElectionQueries { ElectionQueries(self.state) }

    func executor() throws -> BlockExecutor {
        try BlockExecutor(
            chain: self.chain, parent: self.state, catalog: self.head.catalog,
            height: self.head.height.next, time: Hour.time(self.height + 1),
            parentHash: seed("block \(self.height)"))
    }

    /// Makes a block and returns the sets that its header names.
    @discardableResult
    mutating func block(_ transactions: [Transaction] = []) throws -> ValidatorSuccession {
        let before = try self.queries.succession(self.genesis)
        var executor = try self.executor()
        for transaction in transactions {
            let bytes = transaction.canonicalBytes
            try executor.apply(Entry(bytes))
        }
        // The proposer reads the sets from the state before the block, others from the executor.
        let succession = executor.validators
        guard succession == before else { throw World.Missing("one opinion of the validators") }
        self.head = try executor.finish()
        self.state.apply(self.head.changes)
        self.events += self.head.events
        return succession
    }

    /// Goes on with empty blocks until the newest block has this height.
    mutating func advance(to height: UInt64) throws {
        while self.height < height { try self.block() }
    }

    func code(_ transaction: Transaction) throws -> RefusalCode? {
        try self.code(bytes: transaction.canonicalBytes)
    }

    func code(bytes: [UInt8]) throws -> RefusalCode? {
        var executor = try self.executor()
        do throws(ExecutionFailure) {
            try executor.apply(Entry(bytes))
            return nil
        } catch {
            switch error {
            case .refused(let refusal): return refusal.code
            case .fault(let fault): throw fault
            }
        }
    }

    // MARK: Transactions

    func change(
        _ number: UInt32, to validators: ValidatorSet,
        by signers: [(UInt16, String)] = [(0, "chain 0"), (2, "chain 2")], chainID: Bytes32? = nil
    ) throws -> Transaction {
        let body = ChangeValidators(number: number, validators: validators)
        let message = Transaction.signedMessage(
            tag: .changeValidators, body: body, in: self.chain.domain)
        let approvals = signers.map {
            Approval(member: $0.0, signature: signer($0.1).sign(message))
        }
        guard
            let approved = Approved(
                chainID: chainID ?? self.chain.chainID, body: body, approvals: approvals)
        else { throw World.Missing("approval") }
        return .changeValidators(approved)
    }

    func ready(
        _ number: UInt32, _ set: ValidatorSet, _ index: Int, by key: String? = nil,
        hash: Bytes32? = nil, chainID: Bytes32? = nil
    ) -> Transaction {
        let body = ValidatorReady(
            number: number, setHash: hash ?? set.hash, index: ValidatorIndex(UInt16(index)))
        let name = index < set.count ? set.validators[index].name : "nobody"
        let message = Transaction.signedMessage(
            tag: .validatorReady, body: body, in: self.chain.domain)
        return .validatorReady(
            Signed(
                chainID: chainID ?? self.chain.chainID, body: body,
                signature: signer(key ?? "consensus \(name) 0").sign(message)))
    }

    func vote(_ subject: VoteSubject, by name: String, index: Int) -> SignedVote {
        SignedVote(
            subject: subject, signer: ValidatorIndex(UInt16(index)),
            signature: signer("consensus \(name) 0").sign(subject.message(in: self.chain.domain)))
    }

    /// Votes for two blocks in one round.
    func evidence(
        epoch: UInt64, view: UInt64 = 3, by name: String, index: Int, secondBy other: String? = nil
    ) throws -> Transaction {
        let round = Round(epoch: Epoch(epoch), view: View(view))
        let votes = ["a", "b"].map { block in
            self.vote(
                .notarize(
                    Proposal(round: round, parentView: View(view - 1), blockHash: seed(block))),
                by: block == "b" ? other ?? name : name, index: index)
        }
        guard let evidence = EquivocationEvidence(votes[0], votes[1]) else {
            throw World.Missing("contradiction")
        }
        return .equivocation(evidence)
    }
}
