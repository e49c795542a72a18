import BallotCryptography
import BlockSync
import Codec
import Elections
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

    /// Reads blocks for peers until the queue is finished, each time from one instant's store. Who
    /// does not take what was sent before is asked to wait by silence.
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

    /// Judges what waited in the store before the node started.
    @concurrent
    func restoreMempool() async {
        do {
            var last: Bytes32?
            while !Task.isCancelled {
                let after = last
                let page = try await disk.run { () throws(StorageError) in
                    try store.mempool(after: after, limit: NodeLimits.admissionBatch)
                }
                guard let end = page.last else { return }
                last = end.id
                await judge(
                    page.map {
                        AdmissionRequest(id: $0.id, bytes: $0.bytes, source: .restored)
                    })
            }
        } catch {
            await driver.fail(error)
        }
    }

    @concurrent
    private func judge(_ batch: [AdmissionRequest]) async {
        do {
            let judged = try await judgements(of: batch)
            let records = judged.compactMap { item -> MempoolRecord? in
                switch item.admission {
                case .admitted, .waiting:
                    MempoolRecord(id: item.request.id, bytes: item.request.bytes)
                case .duplicate, .refused: nil
                }
            }
            if !records.isEmpty {
                try await disk.run { () throws(StorageError) in try store.addToMempool(records) }
            }
            await driver.admit(judged)
        } catch {
            await driver.fail(error)
            await driver.refuseStopped(batch)
        }
    }

    @concurrent
    private func judgements(of batch: [AdmissionRequest]) async throws -> [JudgedTransaction] {
        let (point, time) = await driver.admissionPoint()
        var check = try AdmissionCheck(
            chain: chain, state: point.state, catalog: point.catalog, time: time)
        // What the state refuses anyhow costs nobody the check of a certificate or a proof.
        var screened: [Bytes32: Admission] = [:]
        for request in batch {
            if let admission = try check.screen(request.bytes, id: request.id) {
                screened[request.id] = admission
            }
        }
        let ballots = batch.filter {
            BallotCheck.isBallot($0.bytes) && screened[$0.id] == nil
        }
        let verdicts = try await execution.verify(
            ballots.map { (id: $0.id, bytes: $0.bytes) }, state: point.state,
            catalog: check.catalog)
        var deadlines = PromiseDeadlines(state: point.state)
        var judged: [JudgedTransaction] = []
        for request in batch {
            var verified: VerifiedBallot?
            let admission: Admission
            switch (screened[request.id], verdicts[request.id]) {
            case (let verdict?, _): admission = verdict
            case (nil, .refused(let refusal)?): admission = .refused(refusal)
            case (nil, .valid(let ballot)?):
                verified = ballot
                admission = try check.check(request.bytes, id: request.id, verified: ballot)
            case (nil, nil):
                admission = try check.check(request.bytes, id: request.id, verified: nil)
            }
            let mayPromise = try verified.map { try deadlines.isBefore($0, at: time) } ?? false
            judged.append(
                JudgedTransaction(
                    request: request, admission: admission, verified: verified,
                    mayPromise: mayPromise))
        }
        return judged
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

/// Until when ballots of each style are promised (design.md section 3), looked up once.
private struct PromiseDeadlines {
    let queries: ElectionQueries
    private var known: [Bytes32: [UInt32: Timestamp]] = [:]

    init(state: any StateReader) { queries = ElectionQueries(state) }

    mutating func isBefore(_ ballot: VerifiedBallot, at time: Timestamp) throws -> Bool {
        let header = ballot.ballot.header
        if known[header.electionID] == nil {
            var styles: [UInt32: Timestamp] = [:]
            if let election = try queries.election(withID: header.electionID),
                let status = try queries.status(election)
            {
                for style in status.styles { styles[style.number] = style.promisesUntil }
            }
            known[header.electionID] = styles
        }
        guard let deadline = known[header.electionID]?[header.style] else { return false }
        return time < deadline
    }
}
