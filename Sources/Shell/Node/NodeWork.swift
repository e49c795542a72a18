import APISchema
import Admission
import BallotCryptography
import BlockSync
import Chain
import ChainStore
import Codec
import Consensus
import Cosigning
import Elections
import Files
import Ledger
import Logging
import NodeAPI
import NodeViews
import PeerNetwork
import Storage
import TransparencyLog

/// The tasks that work for the driver: they take what its machine asks for from queues, and give back
/// what came of it.
struct NodeWork: Sendable {
    let driver: ChainDriver
    let chain: ChainContext
    let store: NodeStore
    let network: PeerNetwork
    let broadcaster: EventBroadcaster
    let queues: NodeQueues
    private var execution: BlockExecution { BlockExecution(chain: chain) }

    /// Builds and executes blocks until the queue is finished.
    @concurrent
    func runExecutions() async {
        while let task = await queues.executions.next() {
            do {
                switch task {
                case .build(let task): queues.inputs.offer(.built(try await build(task)))
                case .execute(let task):
                    let hashes = task.blocks.map(\.header.hash)
                    queues.inputs.offer(.executed(hashes, try await execute(task)))
                }
            } catch {
                return await driver.fail(error)
            }
        }
    }

    private func build(
        _ task: BuildTask<ElectionApplication>
    ) async throws -> BuiltBranch<ElectionApplication> {
        let parent = ChainPoint(task.parent)
        let built = try await execution.build(
            BlockPlan(task.template), on: parent, candidates: task.candidates)
        let branch = try built.branch.map { branch in
            try Branch(branch, over: parent.state, genesis: chain.genesis)
        }
        return BuiltBranch(round: task.template.round, block: branch, refused: built.refused)
    }

    private func execute(
        _ task: ExecuteTask<ElectionApplication>
    ) async throws -> ExecutionOutcome<ElectionApplication> {
        var point = ChainPoint(task.parent)
        var branches: [Branch<ElectionApplication>] = []
        do {
            for executed in try await execution.execute(
                task.blocks, on: point, verified: task.prepared)
            {
                branches.append(
                    try Branch(executed, over: point.state, genesis: chain.genesis))
                point = executed.point(over: point.state)
            }
        } catch BlockFailure.invalid(let hash, let problem) {
            return .invalid(hash, problem: "\(problem)")
        }
        return .executed(branches)
    }

    /// Stores final blocks, and reads roots of the log, until the queue is finished. It blocks.
    @concurrent
    func runCommits() async {
        let store = store
        while let task = await queues.commits.next() {
            do {
                switch task {
                case .commit(let commit):
                    try store.commit(FloorBatch(commit))
                    queues.inputs.offer(.committed(commit.stored(in: store)))
                case .readLogRoot(let size):
                    let root = try TransparencyLog.root(
                        size: size, from: StoredTree(store: store))
                    queues.inputs.offer(.logRoot(size: size, root: root))
                }
            } catch {
                return await driver.fail(error)
            }
        }
    }

    /// Stores and forgets waiting transactions, in order, until the queue is finished. It blocks.
    @concurrent
    func runWaiting() async {
        let store = store
        while let first = await queues.waiting.next() {
            let tasks = [first] + queues.waiting.takeAll()
            do {
                for number in try store.carryOut(tasks) {
                    queues.inputs.offer(.kept(number: number))
                }
            } catch {
                return await driver.fail(error)
            }
        }
    }

    /// Judges transactions until the queue is finished.
    @concurrent
    func runJudgements() async {
        while let task = await queues.judgements.next() {
            do {
                let judgements = try await execution.judge(task)
                queues.inputs.offer(
                    .judged(JudgedTransactions(number: task.number, judgements: judgements)))
            } catch {
                return await driver.fail(error)
            }
        }
    }

    /// Reads blocks for peers until the queue is finished, each time from one instant's store. A peer
    /// that has not read our earlier answers gets no new one until it has. It blocks.
    @concurrent
    func runAnswers() async {
        let (store, network) = (store, network)
        while let question = await queues.questions.next() {
            do {
                if network.hasBulkRoom(for: question.peer) {
                    let source = StoredChain(store: store.snapshot())
                    if let answer = try SyncServer.answer(question.message, from: source) {
                        let message = PeerMessage.sync(answer)
                        network.send(
                            message.frameType.rawValue, message.payload, to: question.peer,
                            as: .bulk)
                    }
                }
                queues.inputs.offer(.answeredSync(question.peer))
            } catch {
                return await driver.fail(error)
            }
        }
    }

    /// Shows final blocks to live pages until the queue is finished. It blocks.
    @concurrent
    func runPublications() async {
        let broadcaster = broadcaster
        while let final = await queues.publications.next() {
            guard broadcaster.count > 0 else { continue }
            do {
                try broadcaster.publish(final)
            } catch {
                return await driver.fail(error)
            }
        }
    }

    /// Gives the driver what was stored before the node started, before anybody sends anything: what
    /// was promised then comes first.
    @concurrent
    func restoreMempool() async {
        let store = store
        do {
            var last: Bytes32?
            while !Task.isCancelled {
                let after = last
                let page = try store.mempool(after: after, limit: NodeLimits.restoredPage)
                guard let end = page.last else { return }
                last = end.id
                await driver.handle(
                    .restored(
                        page.map {
                            RestoredTransaction(
                                Entry(id: $0.id, bytes: $0.bytes),
                                slot: BallotSlot(ofStored: $0.bytes))
                        }))
            }
        } catch {
            await driver.fail(error)
        }
    }
}

extension ChainPoint {
    /// The point that blocks are to be put on.
    init(_ parent: ChainParent<ElectionApplication>) {
        self = parent.above.reduce(parent.base) { point, branch in
            branch.point(over: point.state)
        }
    }
}

extension Branch where Application == ElectionApplication {
    init(_ executed: ExecutedBranch, over parent: any StateReader, genesis: Genesis) throws {
        self.init(
            block: executed.block, execution: executed,
            facts: try ChainFacts(after: executed, over: parent, genesis: genesis))
    }
}

extension NodeStore {
    /// Stores and forgets waiting transactions in order; gives the numbers of what was stored.
    fileprivate func carryOut(
        _ tasks: [NodeQueues.WaitingTask]
    ) throws(StorageError) -> [UInt64] {
        var kept: [UInt64] = []
        var open: [MempoolRecord] = []
        for task in tasks {
            switch task {
            case .keep(let number, let entries):
                kept.append(number)
                open += entries.map { MempoolRecord(id: $0.id, bytes: $0.bytes) }
            case .forget(let ids):
                if !open.isEmpty { try addToMempool(open) }
                open = []
                try removeFromMempool(ids)
            }
        }
        if !open.isEmpty { try addToMempool(open) }
        return kept
    }
}

extension EventBroadcaster {
    /// Shows final blocks, and how the elections stand that they changed.
    fileprivate func publish(_ final: FinalBlocks<ElectionApplication>) throws {
        var elections: Set<Bytes32> = []
        for branch in final.blocks {
            try publish(.block(BlockSummary(branch.block.header, validators: final.validators)))
            elections.formUnion(branch.execution.executed.events.compactMap(\.election))
        }
        let views = ElectionViews(state: final.state.state)
        for election in elections.sorted() {
            if let status = try views.status(election) { try publish(.election(status)) }
        }
    }
}
