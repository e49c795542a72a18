import Admission
import Chain
import Codec
import Consensus
import Ledger
import TransparencyLog

/// The state after a final block.
struct SimulatedState: Sendable {
    let height: Height
    let hash: Bytes32
    let time: Timestamp
    /// Entries of the log after the block.
    let logSize: UInt64
    /// Stands for the log's root and the state's.
    let digest: Bytes32
    var records: ModelRecords

    static func genesis(_ genesis: Genesis, _ set: SimulatedSet) -> SimulatedState {
        SimulatedState(
            height: .genesis, hash: genesis.chainID, time: genesis.time, logSize: 1,
            digest: genesis.chainID,
            records: ModelRecords(membership: SimulatedMembership(current: set)))
    }
}

/// What a block does to the state before it.
struct SimulatedExecution: Sendable {
    let height: Height
    let hash: Bytes32
    let time: Timestamp
    let logSize: UInt64
    let digest: Bytes32
    let changes: ModelChanges
}

/// What the checks made of a ballot.
struct SimulatedPrepared: Sendable {
    let id: Bytes32
    let ballot: ModelBallot
}

/// The promise of a simulated validator, as bytes and back.
struct SimulatedPromise: Hashable {
    let id: Bytes32
    let received: UInt64
    let promised: UInt64

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(id)
        writer.write(received)
        writer.write(promised)
        return writer.bytes
    }

    init(id: Bytes32, received: UInt64, promised: UInt64) {
        self.id = id
        self.received = received
        self.promised = promised
    }

    init(_ bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        id = try reader.readBytes32()
        received = try reader.readUInt64()
        promised = try reader.readUInt64()
    }
}

/// The application of a simulated node: blocks are judged as the real one judges them, each transaction
/// once and in its turn, log and digest as computed here. It holds no state: the machine does.
struct SimulatedApplication: ChainApplication {
    typealias State = SimulatedState
    typealias Execution = SimulatedExecution
    typealias Prepared = SimulatedPrepared

    let parameters: Parameters
    /// How many validators there are, in the set or not.
    let candidates: Int

    func memorySize(of prepared: SimulatedPrepared) -> Int { 100 }

    func promise(
        _ ballot: SimulatedPrepared, received: Height, promised: Height,
        validator: ValidatorIndex, sign: ([UInt8]) -> Bytes64
    ) -> [UInt8]? {
        SimulatedPromise(
            id: ballot.id, received: received.rawValue, promised: promised.rawValue
        ).bytes
    }

    func transaction(_ ready: ValidatorReady, signature: Bytes64) -> [UInt8] {
        [
            ModelTransaction.readyMark, UInt8(truncatingIfNeeded: ready.number),
            UInt8(truncatingIfNeeded: ready.index.rawValue),
        ]
    }

    func transaction(_ equivocation: Equivocation) -> [UInt8]? { nil }

    func isBoundary(_ height: Height) -> Bool {
        parameters.lastHeight(of: parameters.epoch(of: height)) == height
    }
}

/// The state that a block is put on.
struct SimulatedParent {
    let base: SimulatedState
    let above: [SimulatedExecution]

    init(_ parent: ChainParent<SimulatedApplication>) {
        base = parent.base
        above = parent.above
    }

    init(_ state: SimulatedState) {
        base = state
        above = []
    }

    var height: Height { above.last?.height ?? base.height }
    var hash: Bytes32 { above.last?.hash ?? base.hash }
    var logSize: UInt64 { above.last?.logSize ?? base.logSize }
    var digest: Bytes32 { above.last?.digest ?? base.digest }
    var membership: SimulatedMembership {
        above.last?.changes.membership ?? base.records.membership
    }
}

extension SimulatedApplication {
    /// Begins a child of a block.
    private func executor(on parent: SimulatedParent, at time: Timestamp) -> ModelExecutor {
        // At the end of an epoch transactions find the new set.
        var membership = parent.membership
        if isBoundary(parent.height.next) { membership.switchSet() }
        return ModelExecutor(
            on: parent.base.records, above: parent.above, time: time, candidates: candidates,
            membership: membership)
    }

    /// Who validates the height after the child of a block.
    private func nextSet(after parent: SimulatedParent) -> SimulatedSet {
        isBoundary(parent.height.next) ? parent.membership.next : parent.membership.current
    }

    /// A block for a template with what applies of the candidates.
    func build(_ task: BuildTask<SimulatedApplication>) -> BuiltBranch<SimulatedApplication> {
        let parent = SimulatedParent(task.parent)
        var executor = executor(on: parent, at: task.template.time)
        var entries: [Entry] = []
        var refused: [Bytes32] = []
        for candidate in task.candidates where entries.count < task.template.maximumTransactions {
            do throws(ModelRefusal) {
                try executor.apply(candidate.entry)
                entries.append(candidate.entry)
            } catch {
                refused.append(candidate.entry.id)
            }
        }
        guard !entries.isEmpty || task.template.mayBeEmpty else {
            return BuiltBranch(round: task.template.round, block: nil, refused: refused)
        }
        let branch = branch(task.template, entries, executor.changes, on: parent)
        return BuiltBranch(round: task.template.round, block: branch, refused: refused)
    }

    /// A block with exactly these transactions, valid or not.
    func craft(
        _ template: BlockTemplate, _ entries: [Entry], on parent: SimulatedParent
    ) -> Block {
        var executor = executor(on: parent, at: template.time)
        // What does not apply is in the block all the same.
        for entry in entries { try? executor.apply(entry) }
        return branch(template, entries, executor.changes, on: parent).block
    }

    private func branch(
        _ template: BlockTemplate, _ entries: [Entry], _ changes: ModelChanges,
        on parent: SimulatedParent
    ) -> Branch<SimulatedApplication> {
        let ids = entries.map(\.id)
        let logSize = parent.logSize + 1 + UInt64(ids.count)
        let digest = LogHash.node(parent.digest, Block.bodyRoot(ids: ids))
        let header = template.header(
            transactionIDs: ids, bodyBytes: entries.reduce(0) { $0 + $1.bytes.count },
            logSize: logSize, logRoot: digest, stateDigestAfterParent: parent.digest,
            nextValidatorsHash: nextSet(after: parent).hash)
        return branch(Block(header: header, entries: entries), changes, on: parent)
    }

    private func branch(
        _ block: Block, _ changes: ModelChanges, on parent: SimulatedParent
    ) -> Branch<SimulatedApplication> {
        let header = block.header
        return Branch(
            block: block,
            execution: SimulatedExecution(
                height: header.height, hash: header.hash, time: header.time,
                logSize: header.logSize, digest: header.logRoot, changes: changes),
            facts: Self.facts(changes))
    }

    static func facts(_ changes: ModelChanges) -> ChainFacts {
        ChainFacts(
            validators: changes.membership.current.validators,
            awaited: changes.membership.awaited, accounts: accounts(changes.styles),
            releasesBallots: changes.raisedCounts)
    }

    static func facts(_ state: SimulatedState) -> ChainFacts {
        let membership = state.records.membership
        return ChainFacts(
            validators: membership.current.validators, awaited: membership.awaited,
            accounts: accounts(state.records.styles))
    }

    private static func accounts(_ styles: [UInt8: ModelStyle]) -> [StyleName: PromiseAccount] {
        var accounts: [StyleName: PromiseAccount] = [:]
        for (number, style) in styles {
            let name = StyleName(electionID: .zero, style: UInt32(number))
            accounts[name] = account(number, style)
        }
        return accounts
    }

    private static func account(_ number: UInt8, _ style: ModelStyle) -> PromiseAccount {
        PromiseAccount(
            issued: UInt32(style.issued), cast: UInt32(style.cast),
            promisesUntil: ModelWindow.all[Int(number)].promisesUntil)
    }

    /// Executes blocks; the reason for the first that may not follow its parent.
    func execute(
        _ task: ExecuteTask<SimulatedApplication>
    ) -> ExecutionOutcome<SimulatedApplication> {
        var parent = task.parent
        var executed: [Branch<SimulatedApplication>] = []
        for block in task.blocks {
            let result = execute(block, on: SimulatedParent(parent))
            switch result {
            case .success(let branch):
                executed.append(branch)
                parent = ChainParent(
                    base: parent.base, above: parent.above + [branch.execution])
            case .failure(let fault):
                return .invalid(block.header.hash, problem: fault.problem)
            }
        }
        return .executed(executed)
    }

    /// Why a block may not follow its parent.
    struct Fault: Error, CustomStringConvertible {
        let problem: String
        var description: String { problem }
    }

    func execute(
        _ block: Block, on parent: SimulatedParent
    ) -> Result<Branch<SimulatedApplication>, Fault> {
        let header = block.header
        var executor = executor(on: parent, at: header.time)
        for entry in block.entries {
            do throws(ModelRefusal) {
                try executor.apply(entry)
            } catch {
                return .failure(Fault(problem: "\(error)"))
            }
        }
        let digest = LogHash.node(parent.digest, header.bodyRoot)
        guard header.logSize == parent.logSize + 1 + UInt64(block.entries.count),
            header.logRoot == digest
        else { return .failure(Fault(problem: "log")) }
        guard header.stateDigestAfterParent == parent.digest else {
            return .failure(Fault(problem: "state digest"))
        }
        guard header.validatorsHash == parent.membership.current.hash,
            header.nextValidatorsHash == nextSet(after: parent).hash
        else { return .failure(Fault(problem: "validators")) }
        return .success(branch(block, executor.changes, on: parent))
    }

    /// Judges transactions, each alone.
    func judge(
        _ task: JudgeTask<SimulatedApplication>
    ) -> JudgedTransactions<SimulatedApplication> {
        let parent = SimulatedParent(task.state)
        let executor = executor(on: parent, at: task.time)
        return JudgedTransactions(
            number: task.number, judgements: task.items.map { judge($0.entry, executor) })
    }

    /// Whether a block right after a final state could hold a transaction.
    func takes(_ transaction: Entry, after state: SimulatedState) -> Bool {
        let executor = executor(on: SimulatedParent(state), at: state.time.adding(milliseconds: 1))
        return judge(transaction, executor).outcome == .admitted
    }

    private func judge(
        _ entry: Entry, _ executor: ModelExecutor
    ) -> Judgement<SimulatedPrepared> {
        var ballot: ModelBallot?
        if case .ballot(let content)? = ModelTransaction(entry.bytes) { ballot = content }
        let prepared = ballot.map { SimulatedPrepared(id: entry.id, ballot: $0) }
        let account = ballot.flatMap { ballot in
            Int(ballot.style) < ModelWindow.all.count
                ? Self.account(ballot.style, executor.style(ballot.style)) : nil
        }
        var scratch = executor
        do throws(ModelRefusal) {
            try scratch.apply(entry)
            return Judgement(.admitted, prepared: prepared, slot: ballot?.slot, account: account)
        } catch {
            switch error {
            case .duplicate: return Judgement(.final)
            case .quota:
                return Judgement(
                    .waiting, prepared: prepared, slot: ballot?.slot, account: account)
            case .form, .proof, .window, .turn, .membership:
                return Judgement(.refused(error.refusal))
            }
        }
    }
}
