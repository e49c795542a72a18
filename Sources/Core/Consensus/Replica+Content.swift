import Codec
import Ledger

/// Blocks' bodies: finding, fetching, judging, serving (b.2, b.9).
extension Replica {
    /// Notes a header and the ids of its transactions.
    mutating func note(_ header: BlockHeader, transactionIDs: [Bytes32]?) {
        let hash = header.hash
        var entry = blocks[hash] ?? BlockEntry()
        if entry.header == nil { entry.header = header }
        if entry.transactionIDs == nil { entry.transactionIDs = transactionIDs }
        blocks[hash] = entry
    }

    /// Makes sure that a block's body comes: from the mempool where its ids are known, else from the
    /// peers that should have it, one after the other.
    mutating func want(_ hash: Bytes32) {
        guard hash != floor.hash else { return }
        var entry = blocks[hash] ?? BlockEntry()
        defer { blocks[hash] = entry }
        guard entry.block == nil, entry.fetch == nil else { return }
        if case .locating = entry.content { return }
        if case .invalid = entry.judgement { return }
        if case .absent = entry.content, let ids = entry.transactionIDs {
            entry.content = .locating
            emit(.locate(hash, ids))
            return
        }
        entry.fetch = BlockEntry.Fetch(attempt: 0, next: now.instant)
        ask(for: hash, &entry)
    }

    /// Repeats what was asked for and did not come.
    mutating func fetchAgain() {
        let due = blocks.filter { $0.value.fetch.map { $0.next <= now.instant } ?? false }
        for hash in due.keys.sorted() {
            guard var entry = blocks[hash] else { continue }
            ask(for: hash, &entry)
            blocks[hash] = entry
        }
    }

    private mutating func ask(for hash: Bytes32, _ entry: inout BlockEntry) {
        guard var fetch = entry.fetch else { return }
        let holders = holders(of: hash, entry)
        guard !holders.isEmpty else { return }
        let peer = holders[fetch.attempt % holders.count]
        if case .partial(let transactions) = entry.content, fetch.attempt < holders.count {
            let missing = transactions.indices.filter { transactions[$0] == nil }
            emit(.send(.transactionRequest(hash, missing.map { UInt32($0) }), to: .one(peer)))
        } else {
            emit(.send(.blockRequest(hash), to: .one(peer)))
        }
        fetch.attempt += 1
        let wait = ConsensusDelays.fetch * UInt64(min(fetch.attempt, 8))
        fetch.next = now.instant.adding(milliseconds: wait)
        entry.fetch = fetch
    }

    /// Who is asked for a block, in this order: its proposer, those who voted for it, all others.
    private func holders(of hash: Bytes32, _ entry: BlockEntry) -> [ValidatorIndex] {
        var holders: [ValidatorIndex] = []
        if let header = entry.header { holders.append(header.proposer) }
        for view in certificates.keys.sorted(by: >)
        where certificates[view]?.blockHash == hash {
            holders += (certificates[view]?.all ?? []).flatMap { $0.signatures.map(\.signer) }
        }
        for view in tallies.keys.sorted(by: >) {
            holders += tallies[view]?.voters(for: hash) ?? []
        }
        holders += others
        var seen: Set<ValidatorIndex> = []
        return holders.filter {
            $0 != index && validators[$0] != nil && seen.insert($0).inserted
        }
    }

    mutating func takeLocated(_ entries: [Entry?], of hash: Bytes32) {
        guard let entry = blocks[hash], case .locating = entry.content,
            let header = entry.header
        else { return }
        precondition(
            entries.count == Int(header.transactionCount), "the driver answers for every id")
        blocks[hash]?.content = .partial(entries)
        if !complete(hash, header) { want(hash) }
    }

    /// Takes transactions that a peer sends on request.
    mutating func receive(
        _ transactions: [PlacedTransaction], of hash: Bytes32
    ) throws(MessageRejection) {
        guard let entry = blocks[hash], entry.fetch != nil,
            case .partial(var located) = entry.content,
            let header = entry.header, let ids = entry.transactionIDs
        else { throw .notRequested(hash) }
        for transaction in transactions {
            let position = Int(transaction.index)
            guard position < located.count, ids[position] == transaction.entry.id else {
                throw .wrongContent(hash)
            }
            located[position] = transaction.entry
        }
        blocks[hash]?.content = .partial(located)
        _ = complete(hash, header)
    }

    /// Puts a block together once all its transactions are here.
    private mutating func complete(_ hash: Bytes32, _ header: BlockHeader) -> Bool {
        guard case .partial(let located) = blocks[hash]?.content else { return false }
        let entries = located.compactMap(\.self)
        guard entries.count == located.count else { return false }
        let block = Block(header: header, entries: entries)
        if block.bodyMatchesHeader {
            hold(block, hash)
        } else {
            // The ids fit and the size does not: the leader signed a wrong header.
            blocks[hash]?.fetch = nil
            blocks[hash]?.content = .absent
            blocks[hash]?.judgement = .invalid("the body's size is not the header's")
            consider()
        }
        return true
    }

    /// Takes a block that a peer sends on request.
    mutating func receive(_ block: Block) throws(MessageRejection) {
        let hash = block.header.hash
        guard let entry = blocks[hash], entry.fetch != nil, entry.block == nil else {
            throw .notRequested(hash)
        }
        guard block.bodyMatchesHeader else { throw .wrongContent(hash) }
        note(block.header, transactionIDs: nil)
        hold(block, hash)
    }

    private mutating func hold(_ block: Block, _ hash: Bytes32) {
        blocks[hash]?.content = .held(block)
        blocks[hash]?.fetch = nil
        if block.header.height > floor.height.next { want(block.header.parentHash) }
        advanceFloor()
        goOn()
    }

    /// Whether a held block is known to be valid on its parents; asks for what that takes.
    mutating func isValid(_ hash: Bytes32) -> Bool {
        var unjudged: [Bytes32] = []
        var next = hash
        while next != floor.hash {
            guard let entry = blocks[next], let block = entry.block else {
                want(next)
                return false
            }
            guard block.header.height > floor.height else { return false }
            if case .valid = entry.judgement { break }
            guard case .open = entry.judgement else { return false }
            unjudged.append(next)
            next = block.header.parentHash
        }
        guard let lowest = unjudged.last, let block = blocks[lowest]?.block else {
            return unjudged.isEmpty
        }
        blocks[lowest]?.judgement = .asked
        emit(.validate(block))
        return false
    }

    mutating func takeVerdict(_ verdict: Verdict, of hash: Bytes32) {
        guard let entry = blocks[hash], case .asked = entry.judgement else { return }
        switch verdict {
        case .valid:
            blocks[hash]?.judgement = .valid
        case .invalid(let reason):
            blocks[hash]?.judgement = .invalid(reason)
            let isCertified = certificates.values.contains { $0.blockHash == hash }
            if isCertified, haltIfInvalid(hash) { return }
        }
        goOn()
    }

    /// S12: a quorum certified what our execution refuses, so one of the two is broken.
    mutating func haltIfInvalid(_ hash: Bytes32) -> Bool {
        guard case .invalid(let reason) = blocks[hash]?.judgement else { return false }
        halt(.certifiedBlockIsInvalid(hash, reason))
        return true
    }

    func answerBlockRequest(_ hash: Bytes32) -> ConsensusMessage? {
        blocks[hash]?.block.map { .block($0) }
    }

    mutating func answerBlockRequest(_ hash: Bytes32, for peer: ValidatorIndex) {
        if let answer = answerBlockRequest(hash), mayAnswer(peer) {
            emit(.send(answer, to: .one(peer)))
        }
    }

    mutating func answerTransactionRequest(
        _ hash: Bytes32, _ indices: [UInt32], for peer: ValidatorIndex
    ) throws(MessageRejection) {
        guard let block = blocks[hash]?.block else { return }
        guard indices.count <= block.entries.count else { throw .excessiveRequest }
        var last: UInt32?
        for index in indices {
            guard index < UInt32(block.entries.count), last.map({ $0 < index }) ?? true
            else { throw .excessiveRequest }
            last = index
        }
        guard mayAnswer(peer) else { return }
        let transactions = indices.map {
            PlacedTransaction(index: $0, entry: block.entries[Int($0)])
        }
        emit(.send(.transactions(hash, transactions), to: .one(peer)))
    }
}
