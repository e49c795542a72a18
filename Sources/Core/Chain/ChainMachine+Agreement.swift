import Admission
import BlockSync
import Codec
import Consensus
import Ledger

/// What the replica and block synchronization ask for, carried out in order.
extension ChainMachine {
    /// Gives the replica an input and queues what it asks for.
    mutating func feed(_ input: (inout Replica<Verifier, Signer>, LocalTime) -> [Effect]) {
        let now = now
        guard let (effects, validators) = replica?.take({ input(&$0, now) }) else { return }
        enqueue(effects, of: validators)
    }

    /// Queues what the replica asks for; places of validators are those in `validators`, the set that
    /// it has now.
    mutating func enqueue(_ effects: [Effect], of validators: ValidatorSet) {
        for effect in effects {
            if case .send(let message, .one(let index)) = effect {
                guard let key = validators[index]?.nodeKey else { continue }
                actions.append(.send(message, to: key))
            } else {
                actions.append(.effect(effect))
            }
        }
    }

    mutating func enqueue(_ effects: [SyncEffect]) {
        for effect in effects {
            switch effect {
            case .send(let message, let peer):
                if let key = peerKeys[peer] { emit(.send(.sync(message), to: [key])) }
            case .deliver(let chain): actions.append(.deliver(chain))
            case .disconnect(let peer, let rejection):
                if let key = peerKeys[peer] { refuse(key, .sync(rejection)) }
            case .conflict(let finalized): stopForked(finalized)
            }
        }
    }

    /// Carries out what waits, until it has to wait for an execution or the disk.
    mutating func drain() {
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        while !hasStopped, commitUnderWay == nil, let action = actions.first {
            switch action {
            case .effect(.finalize(let chain)):
                guard finalize(chain, isSynced: false) else { return }
                actions.removeFirst()
            case .deliver(let chain):
                guard finalize(chain, isSynced: true) else { return }
                actions.removeFirst()
            case .send(let message, let key):
                actions.removeFirst()
                emit(.send(.consensus(message), to: [key]))
            case .effect(let effect):
                actions.removeFirst()
                carryOut(effect)
            }
        }
    }

    private mutating func carryOut(_ effect: Effect) {
        switch effect {
        case .persist(let records): persist(records)
        case .replaceJournal(let records):
            replaceJournal(by: records)
            journalDoubt = nil
        case .send(let message, _): emit(.broadcast(.consensus(message)))
        case .build(let template): build(template)
        case .locate(let hash, let ids):
            let found = ids.map { mempool[$0]?.entry }
            feed { $0.located(found, of: hash, at: $1) }
        case .validate(let block): validate(block)
        case .confirm(let number): emit(.confirm(number))
        case .finalize: preconditionFailure("a finalization is carried out by drain")
        case .synchronize(let finalized):
            enqueue(sync.target(finalized, at: now.instant))
        case .report(let equivocation):
            counters.equivocations += 1
            emit(.report(.equivocation(equivocation)))
            if let bytes = application.transaction(equivocation) { submitOwn(bytes) }
        case .halt(let reason): stop(.halted(reason))
        }
    }

    private mutating func persist(_ records: [JournalRecord]) {
        guard let size = journal?.size else { return }
        let frame = Journal.frame(records, at: UInt64(size))
        journal?.size = size + frame.count
        counters.journalSyncs += 1
        for case .signer(let record) in records { signedRound = record.round }
        emit(.append(JournalAppend(records: records, frame: frame)))
        if size + frame.count > limits.journalBytes { rewriteJournal() }
    }

    /// Writes the journal anew with what the replica still needs. Not while a finalization is queued:
    /// the replica has forgotten by then what the store does not hold yet.
    mutating func rewriteJournal() {
        guard !actions.hasFinalization, let replica, replica.hasJournal else { return }
        replaceJournal(by: replica.journalSnapshot)
    }

    private mutating func replaceJournal(by records: [JournalRecord]) {
        guard let header = journal?.header else { return }
        let bytes =
            records.isEmpty
            ? header : header + Journal.frame(records, at: UInt64(header.count))
        journal?.size = bytes.count
        emit(.rewrite(JournalRewrite(records: records, bytes: bytes)))
    }

    /// Stops the node over a finalization that contradicts ours.
    mutating func stopForked(_ finalized: FinalizedHeader) {
        guard !hasStopped else { return }
        emit(.note(.fork(finalized)))
        stop(.forked(finalized, height: head.height, hash: head.hash))
    }
}

extension Replica {
    /// Takes an input where the replica lies: a copy would be made for each message.
    ///
    /// - Returns: what it asks for, and the validators that it has then.
    mutating func take<Failure: Error>(
        _ input: (inout Self) throws(Failure) -> [Effect]
    ) throws(Failure) -> ([Effect], ValidatorSet) {
        let effects = try input(&self)
        return (effects, validators)
    }
}
