import Codec
import Ledger

/// An own vote that the journal holds, or an earlier effect puts there: nothing else of ours is sent
/// (D1). Only `record` and the journal make one.
struct RecordedVote: Hashable, Sendable {
    let vote: SignedVote

    fileprivate init(_ vote: SignedVote) { self.vote = vote }

    /// A vote that was read back from the journal.
    init(inJournal vote: SignedVote) { self.vote = vote }

    /// A vote that the key's holder remembers; its record comes before it in the effects.
    init(signedBefore vote: SignedVote) { self.vote = vote }
}

/// The only place that signs (b.12): first the record, then what is sent.
extension Replica {
    /// Signs a vote of the current round and has it persisted with its record, and with every block
    /// above the floor that it builds on. Nil where the key's holder does not sign: the replica has
    /// halted then.
    mutating func record(
        _ subject: VoteSubject, on blockHash: Bytes32?
    ) -> RecordedVote? {
        guard let index, var signed = currentRecord else { return nil }
        // S7: the record only rises.
        precondition(subject.round == round && record.round <= round, "votes follow the rounds")
        let vote: SignedVote
        do throws(SigningFailure) {
            vote = SignedVote(
                subject: subject, signer: index,
                signature: try signer.sign(
                    subject, message: subject.message(in: configuration.domain)))
        } catch {
            halt(.notSigned(subject, error))
            return nil
        }
        let isFirstInRound = record.round != round
        signed.add(subject)
        record = signed
        let own = RecordedVote(vote)
        ownVotes.append(own)
        var records = blockHash.map { makeDurable($0) } ?? []
        if isFirstInRound, let entry { records.append(.certificate(entry)) }
        if case .finalize = subject, let notarization = certificates[view]?.notarization {
            records.append(.certificate(notarization))
        }
        records.append(.signer(signed))
        records.append(.vote(vote))
        emit(.persist(records))
        awaitConfirmation(of: subject.round)
        return own
    }

    /// Records of the blocks from the floor up to `hash` that are not durable yet: they are from now on.
    mutating func makeDurable(_ hash: Bytes32) -> [JournalRecord] {
        var records: [JournalRecord] = []
        for block in pathFromFloor(to: hash) ?? [] {
            let hash = block.header.hash
            if blocks[hash]?.isDurable == false {
                records.append(.block(block))
                blocks[hash]?.isDurable = true
            }
        }
        return records
    }

    /// Sends an own vote to all.
    mutating func send(_ own: RecordedVote) {
        emit(.send(.vote(own.vote), to: .all))
    }

    /// Signs a vote, sends and counts it.
    mutating func cast(_ subject: VoteSubject, on blockHash: Bytes32?) {
        guard let own = record(subject, on: blockHash) else { return }
        send(own)
        count(own.vote)
    }
}
