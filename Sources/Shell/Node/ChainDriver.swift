import Admission
import Chain
import ChainStore
import Codec
import Consensus
import Files
import Ledger
import Logging
import NetworkAddresses
import NodeSetup
import PeerNetwork
import Storage

/// The one owner of a node's machine. It feeds the machine one input at a time and carries out its
/// effects in order, on a thread of its own where the vote journal's writes may block. Everything else
/// that takes long happens elsewhere and comes back as an input.
actor ChainDriver: BlockingActor {
    nonisolated let executor: BlockingExecutor
    private var machine: NodeMachine
    private let journal: VoteJournal?
    private let store: NodeStore
    private let network: PeerNetwork
    private let clock: NodeClock
    private let alarm: AlarmClock
    private let logger: Logger
    private let stop: StopSignal
    nonisolated let queues: NodeQueues
    private var clients: [ClientRequestID: CheckedContinuation<SubmissionOutcome, Never>] = [:]
    private var nextClient: UInt64 = 0
    /// Inputs that effects led to at once, in order.
    private var followers: [NodeInput] = []
    private var isHandling = false
    private var hasFailed = false

    init(_ parts: DriverParts) {
        executor = parts.executor
        machine = parts.machine
        journal = parts.journal
        store = parts.store
        network = parts.network
        clock = parts.clock
        alarm = parts.alarm
        logger = parts.logger
        stop = parts.stop
        queues = parts.queues
    }

    /// Gives the machine what happened elsewhere, in order, until the node ends. Whoever did it does not
    /// wait: what comes together is handled in one go.
    func run() async {
        var turns = 0
        while let first = await queues.inputs.next() {
            handle(first)
            for input in queues.inputs.takeAll() { handle(input) }
            await giveTurn(after: &turns)
        }
    }

    /// Gives the machine what the network says, until the network ends.
    func listen() async {
        var turns = 0
        for await event in network.events {
            receive(event)
            await giveTurn(after: &turns)
        }
    }

    /// Lets others have the driver now and then: waiting for what is there already does not, so peers that
    /// send without a pause would keep it from timers and from what the node itself has done.
    private func giveTurn(after turns: inout Int) async {
        turns += 1
        if turns % 16 == 0 { await Task.yield() }
    }

    /// Handles one input, and whatever follows from its effects at once.
    func handle(_ input: NodeInput) {
        followers.append(input)
        guard !isHandling else { return }
        isHandling = true
        while !followers.isEmpty {
            let next = followers.removeFirst()
            for effect in machine.handle(next, at: clock.now()) {
                do {
                    try carryOut(effect)
                } catch {
                    // Nothing of what follows a failed write may happen.
                    fail(error)
                    break
                }
            }
        }
        isHandling = false
        if let deadline = machine.nextDeadline { alarm.set(deadline) }
    }

    /// Has a client's transaction judged and kept, or passed on to a validator.
    func submit(_ transaction: Entry, from group: AddressGroup) async -> SubmissionOutcome {
        await withCheckedContinuation { continuation in
            nextClient += 1
            let client = ClientRequestID(nextClient)
            clients[client] = continuation
            handle(.submitted(transaction, from: group, client))
        }
    }

    /// Reads the machine.
    func read<Value: Sendable>(_ body: @Sendable (borrowing NodeMachine) -> Value) -> Value {
        body(machine)
    }

    /// Stops the node: the machine, and then the process.
    func fail(_ error: any Error) {
        let failure = NodeFailure(error)
        if !hasFailed {
            logger.critical("the node stops", metadata: ["reason": "\(failure)"])
        }
        hasFailed = true
        stop.fail(failure)
        end()
    }

    /// Ends the node's work: no input is taken any more, and no client is left without an answer.
    func end() {
        for effect in machine.handle(.failed, at: clock.now()) {
            if case .answer(let client, _, let outcome) = effect { answer(client, outcome) }
        }
        // Answers behind a failed write were not given: they may rest on it. What the machine says to these
        // clients later finds nobody.
        for client in clients.keys {
            answer(
                client,
                .deferred(.stopped, retrySeconds: AdmissionLimits.stoppedRetrySeconds))
        }
        queues.finish()
    }

    private func carryOut(_ effect: NodeEffect) throws {
        switch effect {
        case .append(let append): try journal?.append(append.frame)
        case .rewrite(let rewrite): try journal?.rewrite(rewrite.bytes)
        case .note(let note): try store.putNote(note.name, note.bytes)
        case .commit(let commit): queues.commits.offer(.commit(commit))
        case .readLogRoot(let size): queues.commits.offer(.readLogRoot(size))
        case .keep(let number, let entries): queues.waiting.offer(.keep(number, entries))
        case .forget(let ids): queues.waiting.offer(.forget(ids))
        case .judge(let task): queues.judgements.offer(task)
        case .build(let task): queues.executions.offer(.build(task))
        case .execute(let task): queues.executions.offer(.execute(task))
        case .confirm(let number): followers.append(.confirmed(number))
        case .send, .broadcast, .relay, .disconnect, .setValidators: deliver(effect)
        case .answerSync(let question): queues.questions.offer(question)
        case .answer(let client, _, let outcome): answer(client, outcome)
        case .publish(let blocks): queues.publications.offer(blocks)
        case .report(let notice): notice.log(to: logger)
        case .stop(let failure): fail(NodeFailure(failure))
        }
    }

    private func answer(_ client: ClientRequestID, _ outcome: SubmissionOutcome) {
        clients.removeValue(forKey: client)?.resume(returning: outcome)
    }

    /// Carries out what is for other nodes.
    private func deliver(_ effect: NodeEffect) {
        switch effect {
        case .send(let message, let keys): send(message, to: keys)
        case .broadcast(let message):
            network.broadcast(
                message.frameType.rawValue, message.payload, as: message.trafficClass)
        case .relay(let submission, let key):
            let message = PeerMessage.submission(submission)
            let result = network.send(
                message.frameType.rawValue, message.payload, to: key, as: message.trafficClass)
            if result != .queued {
                followers.append(.undelivered(number: submission.number, to: key))
            }
        case .disconnect(let key, let fault): network.disconnect(key, because: fault.description)
        case .setValidators(let keys): network.setValidators(keys)
        default: preconditionFailure("the effect is for nobody else")
        }
    }

    private func send(_ message: PeerMessage, to keys: [Bytes32]) {
        // A block is not encoded for a queue that is full: its reader asks again, or another node.
        if case .consensus(.block) = message, let key = keys.first,
            !network.hasBulkRoom(for: key)
        {
            return
        }
        let (type, payload) = (message.frameType.rawValue, message.payload)
        for key in keys { network.send(type, payload, to: key, as: message.trafficClass) }
    }
}

/// What a driver is made of.
struct DriverParts {
    let executor: BlockingExecutor
    let machine: NodeMachine
    let journal: VoteJournal?
    let store: NodeStore
    let network: PeerNetwork
    let clock: NodeClock
    let alarm: AlarmClock
    let logger: Logger
    let stop: StopSignal
    let queues: NodeQueues
}

/// What waits for the driver, and for the tasks that work for it. The machine bounds each of them.
struct NodeQueues: Sendable {
    enum Execution: Sendable {
        case build(BuildTask<ElectionApplication>)
        case execute(ExecuteTask<ElectionApplication>)
    }

    enum StoreTask: Sendable {
        case commit(FloorCommit<ElectionApplication>)
        case readLogRoot(UInt64)
    }

    enum WaitingTask: Sendable {
        case keep(UInt64, [Entry])
        case forget([Bytes32])
    }

    /// What happened elsewhere.
    let inputs = WorkQueue<NodeInput>()
    let executions = WorkQueue<Execution>()
    let commits = WorkQueue<StoreTask>()
    let waiting = WorkQueue<WaitingTask>()
    let judgements = WorkQueue<JudgeTask<ElectionApplication>>()
    let questions = WorkQueue<SyncQuestion>()
    let publications = WorkQueue<FinalBlocks<ElectionApplication>>()

    func finish() {
        inputs.finish()
        executions.finish()
        commits.finish()
        waiting.finish()
        judgements.finish()
        questions.finish()
        publications.finish()
    }
}

extension PeerMessage {
    fileprivate var trafficClass: TrafficClass { isBulk ? .bulk : .consensus }
}

extension ChainDriver {
    private func receive(_ event: PeerEvent) {
        switch event {
        case .connected(let key, let role):
            handle(
                .connected(
                    key, isValidator: role == .validator,
                    answerBytes: network.largestPayload(from: key)))
        case .disconnected(let key): handle(.disconnected(key))
        case .frame(let frame):
            handle(.frame(from: frame.peer, type: frame.type, payload: frame.payload))
        case .ownKeyElsewhere(let key, let address):
            handle(.ownKeyElsewhere(saidBy: key, address: address))
        }
    }
}
