import BallotCryptography
import BlockSync
import Codec
import Elections
import Files
import Ledger
import Logging
import PeerNetwork
import ServiceLifecycle
import Storage

/// The tasks that work for the driver: checks of transactions, and execution of blocks.
struct NodeWork: Sendable {
    let driver: ChainDriver
    let chain: ChainContext
    let store: NodeStore
    let network: PeerNetwork
    /// Where admitted transactions are made durable, apart from the votes.
    let disk: BlockingExecutor
    /// Where blocks are read for peers.
    let reader: BlockingExecutor

    private var execution: BlockExecution { BlockExecution(chain: chain) }

    /// Builds and executes blocks until the queue is finished.
    @concurrent
    func runExecutions() async {
        while true {
            guard let task = await driver.executions.take(upTo: 1).first else { return }
            switch task {
            case .build(let round, let plan, let parent, let candidates):
                let result = await Self.result {
                    try await execution.build(plan, on: parent, candidates: candidates)
                }
                await driver.built(result, for: round)
            case .execute(let blocks, let parent, let verified, let isFinal):
                let result = await Self.result {
                    try await execution.execute(blocks, on: parent, verified: verified)
                }
                await driver.executed(blocks, result, isFinal: isFinal)
            }
        }
    }

    /// Judges transactions until the queue is finished.
    @concurrent
    func runAdmissions() async {
        while true {
            let batch = await driver.admissions.take(upTo: NodeLimits.admissionBatch)
            guard !batch.isEmpty else { return }
            await judge(batch)
        }
    }

    /// Reads blocks for peers until the queue is finished, each time from one instant's store. A peer
    /// that has not read our earlier answers gets no new one until it has.
    @concurrent
    func runAnswers() async {
        let (store, network) = (store, network)
        while let question = await driver.answers.take(upTo: 1).first {
            do {
                if network.hasBulkRoom(for: question.peer) {
                    try await reader.run { () throws in
                        let source = StoredChain(store: store.snapshot())
                        guard let answer = try SyncServer.answer(question.message, from: source)
                        else { return }
                        network.send(
                            FrameType.sync.rawValue, answer.canonicalBytes, to: question.peer,
                            as: .bulk)
                    }
                }
                await driver.answered(question)
            } catch {
                await driver.fail(error)
                return
            }
        }
    }

    /// Takes what was stored before the node started into the mempool, before anybody sends anything:
    /// what was promised then comes first.
    @concurrent
    func restoreMempool() async {
        do {
            var last: Bytes32?
            while !Task.isCancelled {
                let after = last
                let page = try await disk.run { () throws(StorageError) in
                    try store.mempool(after: after, limit: NodeLimits.restoredPage)
                }
                guard let end = page.last else { return }
                last = end.id
                await driver.restore(page)
            }
        } catch {
            await driver.fail(error)
        }
    }

    /// Judges what was restored.
    @concurrent
    func judgeRestored() async {
        while !Task.isCancelled {
            let batch = await driver.uncheckedTransactions(count: NodeLimits.admissionBatch)
            guard !batch.isEmpty else { return }
            await judge(batch, areRestored: true)
        }
    }

    @concurrent
    private func judge(_ batch: [PendingCheck], areRestored: Bool = false) async {
        do {
            let areStored = await driver.beginChecks(of: batch)
            let judged = try await judgements(
                of: batch, areRestored: areRestored, arePassedOn: !areStored && !areRestored)
            let records = judged.compactMap { item -> MempoolRecord? in
                switch item.admission {
                case .admitted, .waiting:
                    MempoolRecord(id: item.request.id, bytes: item.request.bytes)
                case .duplicate, .refused: nil
                }
            }
            if areStored, !areRestored, !records.isEmpty {
                try await disk.run { () throws(StorageError) in try store.addToMempool(records) }
            }
            await driver.admit(judged, areStored: areStored || areRestored)
        } catch {
            await driver.fail(error)
            await driver.refuseStopped(batch.map(\.item))
        }
    }

    @concurrent
    private func judgements(
        of batch: [PendingCheck], areRestored: Bool, arePassedOn: Bool
    ) async throws -> [JudgedTransaction] {
        let (point, present) = await driver.admissionPoint()
        // What was promised goes only by what the final state says, not by this node's clock.
        let time = areRestored ? point.earliestNext : present
        var check = try AdmissionCheck(
            chain: chain, state: point.state, catalog: point.catalog, time: time)
        // What the state refuses anyhow costs a validator no check of a certificate or a proof.
        var screened: [Bytes32: Admission] = [:]
        for request in batch.map(\.item) {
            if let admission = try check.screen(request.bytes, id: request.id) {
                screened[request.id] = admission
            }
        }
        let worthChecks = batch.filter { entry in
            guard BallotCheck.isBallot(entry.item.bytes) else { return false }
            switch screened[entry.item.id] {
            case nil: return true
            // A validator that is a block ahead may look further than this observer's state, and
            // charges a false ballot to this node. So the observer passes on only what it has
            // checked. It does not refuse an honest voter's next ballot because it lags.
            case .refused?: return arePassedOn
            case .admitted?, .waiting?, .duplicate?: return false
            }
        }
        let verdicts = try await verdicts(of: worthChecks, at: point, catalog: check.catalog)
        var judged: [JudgedTransaction] = []
        for entry in batch {
            let request = entry.item
            var verified: VerifiedBallot?
            let admission: Admission
            switch (screened[request.id], verdicts[request.id]) {
            // No state admits it. That it is false counts for more than this state's reason.
            case (.refused?, .refused(let refusal)?): admission = .refused(refusal)
            case (let verdict?, _): admission = verdict
            case (nil, .refused(let refusal)?): admission = .refused(refusal)
            case (nil, .valid(let ballot)?):
                verified = ballot
                admission = try check.check(request.bytes, id: request.id, verified: ballot)
            case (nil, nil):
                admission = try check.check(request.bytes, id: request.id, verified: nil)
            }
            judged.append(
                JudgedTransaction(check: entry, admission: admission, verified: verified))
        }
        return judged
    }

    /// Checks ballots: those of suspects each alone, the others in batches in which those of one sender
    /// stand together, so that few batches fail for it.
    private func verdicts(
        of ballots: [PendingCheck], at point: ChainPoint, catalog: ElectionCatalog
    ) async throws -> [Bytes32: BallotVerdict] {
        var bySender: [AdmissionSender: [PendingCheck]] = [:]
        var senders: [AdmissionSender] = []
        for ballot in ballots {
            if bySender[ballot.sender] == nil { senders.append(ballot.sender) }
            bySender[ballot.sender, default: []].append(ballot)
        }
        let grouped = senders.flatMap { bySender[$0] ?? [] }
        let isAlone = ballots.contains(where: \.isSuspect)
        return try await execution.verify(
            grouped.map { (id: $0.item.id, bytes: $0.item.bytes) }, order: .cheapestFirst,
            batchSize: isAlone ? 1 : NodeLimits.proofBatch, state: point.state, catalog: catalog)
    }

    private static func result<Value: Sendable>(
        _ body: () async throws -> Value
    ) async -> Result<Value, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
