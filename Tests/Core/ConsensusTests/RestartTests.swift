import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// Restart from the journal (b.13), and the journal's bytes.
struct RestartTests {
    @Test func ownVotesAreSentAgainAsTheyWereSignedAndCounted() throws {
        var first = Harness.started()
        let block = first.block(view: 1)
        let records = try first.notarize(block).persisted
        var second = Harness(journal: .intact(records, length: 0))
        let effects = second.start()
        let vote = first.vote(.notarize(first.proposal(of: block)), by: 0)
        #expect(effects.first == .send(.vote(vote), to: .all))
        #expect(second.replica.status.round.view == View(1))
        // The own vote counts: two others complete the quorum.
        _ = try second.receive(
            .vote(second.vote(.notarize(second.proposal(of: block)), by: 1)))
        let completed = try second.receive(
            .vote(second.vote(.notarize(second.proposal(of: block)), by: 2)), from: 2)
        #expect(completed.contains { $0.isCertificate(.notarize(second.proposal(of: block))) })
    }

    @Test func aRestartedReplicaDoesNotVoteTwiceInAView() throws {
        var first = Harness.started()
        let records = try first.notarize(first.block(view: 1)).persisted
        var second = Harness(journal: .intact(records, length: 0))
        _ = second.start()
        let other = second.block(view: 1, time: 9)
        #expect(try second.notarize(other).sentVotes == [])
    }

    @Test func aRestartedReplicaRemembersItsNullify() throws {
        var first = Harness.started()
        let records = first.advance(milliseconds: 1400).persisted
        var second = Harness(journal: .intact(records, length: 0))
        _ = second.start()
        #expect(try second.notarize(second.block(view: 1)).sentVotes == [])
    }

    @Test func aRestartedLeaderSendsItsProposalAgainOrNothing() throws {
        var first = Harness.started(index: 1)
        let effects = first.advance(milliseconds: 1000)
        var round: Round?
        for case .build(let template) in effects { round = template.round }
        let block = first.block(view: 1, time: 1000)
        let sent = first.replica.built(block, for: try #require(round), at: first.now)
        var second = Harness(index: 1, journal: .intact(sent.persisted, length: 0))
        _ = second.start()
        let again = second.advance(milliseconds: 2000)
        #expect(again.proposals == sent.proposals)
        // The block is lost with the journal's block record: nothing is proposed in its place.
        let withoutBlock = sent.persisted.filter { record in
            if case .block = record { return false }
            return true
        }
        var third = Harness(index: 1, journal: .intact(withoutBlock, length: 0))
        _ = third.start()
        #expect(third.advance(milliseconds: 1300).proposals == [])
    }

    /// Found by the simulation: all holders of a notarization crashed, a liar kept its vote, and who
    /// had sent FINALIZE could not nullify: the view never ended.
    @Test func whoSentFinalizeStillHasTheNotarizationAfterARestart() throws {
        var first = Harness.started()
        let block = first.block(view: 1)
        var records = try first.notarize(block).persisted
        records += try first.receive(.certificate(first.notarization(of: block))).persisted
        var second = Harness(journal: .intact(records, length: 0))
        _ = second.start()
        #expect(second.replica.status.round.view == View(2))
        let answer = try second.receive(
            .certificateRequest(.first, above: .root, below: View(2)), from: 3)
        #expect(
            answer == [
                .send(.certificates([first.notarization(of: block)]), to: .one(ValidatorIndex(3)))
            ])
    }

    @Test func theEntryCertificateIsDurableWithTheFirstVoteOfAView() throws {
        var harness = Harness.started()
        let nullification = harness.certificate(harness.nullify(1))
        _ = try harness.receive(.certificate(nullification))
        let records = harness.advance(milliseconds: 1500).persisted
        #expect(records.first == .certificate(nullification))
        var restarted = Harness(journal: .intact(records, length: 0))
        _ = restarted.start()
        #expect(restarted.replica.status.round.view == View(2))
    }

    @Test func aSnapshotRestoresTheSameReplica() throws {
        var first = Harness.started()
        let block = first.block(view: 1)
        _ = try first.notarize(block)
        _ = try first.receive(.certificate(first.notarization(of: block)))
        let snapshot = first.replica.journalSnapshot
        var second = Harness(journal: .intact(snapshot, length: 0))
        _ = second.start()
        #expect(second.replica.journalSnapshot == snapshot)
    }

    /// Bug 26: the chain's data is lost and the journal is not. It is of a later epoch than the floor,
    /// and what it holds counts again once that epoch is reached.
    @Test func aJournalAheadOfTheChainsDataIsNotForgotten() throws {
        let parameters = SimulatedChain.parameters(epochLength: 1)
        var first = Harness.started(parameters: parameters)
        let last = first.block(view: 1)
        _ = try first.notarize(last)
        _ = try first.finalize(last)
        first.milliseconds += 100
        let block = first.block(view: 1, parent: .epochEnd(last), epoch: 1)
        _ = try first.notarize(block)
        let notarization = first.notarization(of: block)
        _ = try first.receive(.certificate(notarization), from: 2)
        let journal = first.replica.journalSnapshot

        var second = Harness(journal: .intact(journal, length: 0), parameters: parameters)
        #expect(second.start().sentVotes == [])
        #expect(second.replica.round == Round(epoch: .first, view: .first))
        #expect(second.replica.journalSnapshot == journal)
        // Lower rounds than the record's are not signed again.
        #expect(second.advance(milliseconds: 60_000).sentVotes == [])
        // A copy of an own vote of the later epoch is none of another's.
        let effects = second.replica.adopt(
            FinalizedHeader(
                header: last.header,
                finalization: second.certificate(.finalize(second.proposal(of: last)))),
            at: second.now)
        #expect(effects.haltReason == nil)
        #expect(second.replica.round == Round(epoch: Epoch(1), view: View(2)))
        #expect(
            try second.receive(
                .certificateRequest(Epoch(1), above: .root, below: View(2)), from: 3) == [
                    .send(.certificates([notarization]), to: .one(ValidatorIndex(3)))
                ])
        let own = second.vote(.finalize(second.proposal(of: block)), by: 0)
        #expect(second.advance(milliseconds: 1000).contains(.send(.vote(own), to: .all)))
    }

    /// Bug 17: the same records twice, and out of order.
    @Test func aJournalWithDuplicatesSaysTheSame() throws {
        var first = Harness.started()
        let block = first.block(view: 1)
        var records = try first.notarize(block).persisted
        let early = records
        records += try first.receive(.certificate(first.notarization(of: block))).persisted
        records += early
        var second = Harness(journal: .intact(records, length: 0))
        _ = second.start()
        #expect(second.replica.journalSnapshot == first.replica.journalSnapshot)
    }

    @Test func recordsBelowTheFloorAndOfOldEpochsAreNoHarm() throws {
        var first = Harness.started()
        let records = try first.notarize(first.block(view: 1)).persisted
        var second = Harness(
            journal: .intact(records + records, length: 0), floor: Harness.epochEnd())
        let effects = second.start()
        #expect(effects.sentVotes == [])
        #expect(second.replica.status.round == Round(epoch: Epoch(1), view: .first))
        #expect(second.replica.status.isVoting)
    }
}

struct JournalTests {
    private let chainID = SimulatedChain.genesis(validators: 4).chainID
    private let key = SimulatedChain.key(0)

    private var records: [JournalRecord] {
        let harness = Harness()
        let block = harness.block(view: 1, transactions: [[1, 2, 3]])
        let proposal = harness.proposal(of: block)
        return [
            .block(block), .certificate(harness.certificate(harness.nullify(1))),
            .signer(
                SignerRecord(
                    round: proposal.round, notarized: proposal, nullified: false,
                    finalized: proposal)),
            .vote(harness.vote(.notarize(proposal), by: 0)),
        ]
    }

    private func journal(_ frames: [[JournalRecord]]) -> [UInt8] {
        var bytes = Journal.header(chainID: chainID, key: key)
        for frame in frames { bytes += Journal.frame(frame, at: UInt64(bytes.count)) }
        return bytes
    }

    private func replay(_ bytes: [UInt8]) -> JournalState {
        Journal.replay(bytes, chainID: chainID, key: key)
    }

    @Test func whatWasWrittenIsReadBack() {
        let bytes = journal([records, [], Array(records.prefix(1))])
        #expect(replay(bytes) == .intact(records + records.prefix(1), length: bytes.count))
        let empty = journal([])
        #expect(replay(empty) == .intact([], length: empty.count))
    }

    @Test func aTornLastFrameIsCutOffWhereverItTears() {
        let whole = journal([Array(records.prefix(2))])
        let bytes = journal([Array(records.prefix(2)), Array(records.suffix(2))])
        for length in whole.count..<bytes.count {
            #expect(
                replay(Array(bytes.prefix(length)))
                    == .intact(Array(records.prefix(2)), length: whole.count))
        }
    }

    @Test func zerosOrRubbishAfterTheLastFrameAreCutOff() {
        let whole = journal([records])
        for tail in [[UInt8](repeating: 0, count: 4096), [0xA7, 0x56, 0x4A, 0x31, 0, 0, 0, 1]] {
            #expect(replay(whole + tail) == .intact(records, length: whole.count))
        }
    }

    @Test func anyDamageBeforeAGoodFrameIsCorrupt() {
        let first = journal([records])
        let bytes = journal([records, records])
        let start = Journal.header(chainID: chainID, key: key).count
        for position in start..<first.count {
            var damaged = bytes
            damaged[position] ^= 0x10
            #expect(replay(damaged) == .corrupt(at: start))
        }
    }

    @Test func damageInTheLastFrameIsCorruptAndNotTorn() {
        let start = Journal.header(chainID: chainID, key: key).count
        let whole = journal([records])
        let bytes = journal([records, Array(records.suffix(1))])
        for position in start..<bytes.count {
            for bit in [UInt8](0..<8) {
                var damaged = bytes
                damaged[position] ^= 1 << bit
                let bad = position < whole.count ? start : whole.count
                #expect(replay(damaged) == .corrupt(at: bad), "byte \(position), bit \(bit)")
            }
        }
    }

    /// Wherever the frame begins in a sector, also where its mark or its length crosses two.
    @Test func aSectorThatNeverArrivedIsATornAppend() {
        let harness = Harness()
        let last = [JournalRecord](repeating: records[0], count: 4)
        var begins: Set<Int> = []
        for size in 0..<512 {
            let first = [
                JournalRecord.block(
                    harness.block(view: 1, transactions: [[UInt8](repeating: 1, count: size)]))
            ]
            let whole = journal([first])
            begins.insert(whole.count % 512)
            let bytes = whole + Journal.frame(last, at: UInt64(whole.count))
            for sector in (whole.count / 512)...((bytes.count - 1) / 512) {
                let range =
                    max(whole.count, sector * 512)..<min(bytes.count, (sector + 1) * 512)
                guard range.lowerBound == whole.count || range.count >= 32 else { continue }
                var torn = bytes
                torn.replaceSubrange(range, with: [UInt8](repeating: 0, count: range.count))
                #expect(
                    replay(torn) == .intact(first, length: whole.count),
                    "at \(whole.count), sector \(sector)")
            }
        }
        #expect(begins.count == 512)
    }

    /// What looks like a write that never arrived is damage where a good frame comes after it.
    @Test func aMissingSectorBeforeAGoodFrameIsCorruptAndNotTorn() {
        let first = journal([records])
        let block = Harness().block(view: 1, transactions: [[UInt8](repeating: 1, count: 2000)])
        let middle = Journal.frame([JournalRecord.block(block)], at: UInt64(first.count))
        let last = Journal.frame(records, at: UInt64(first.count + middle.count))
        var bytes = first + middle + last
        let end = (first.count / 512 + 1) * 512
        bytes.replaceSubrange(
            first.count..<end, with: [UInt8](repeating: 0, count: end - first.count))
        #expect(replay(bytes) == .corrupt(at: first.count))
        // Without it, a crash may have interrupted the append.
        bytes.removeLast(last.count)
        #expect(replay(bytes) == .intact(records, length: first.count))
    }

    @Test func aFrameOfAnotherVersionIsCorruptAndNotTorn() {
        // A record with an unknown tag under a good checksum: votes may be in it.
        let whole = journal([records])
        var payload: [UInt8] = [99]
        payload += [UInt8](repeating: 7, count: 50)
        let frame = Self.frame(payload: payload, at: UInt64(whole.count))
        #expect(replay(whole + frame) == .corrupt(at: whole.count))
    }

    @Test func aJournalOlderThanTheNotedRoundIsOutdated() {
        let bytes = journal([records])
        let signed = Round(epoch: .first, view: .first)
        func replay(_ bytes: [UInt8], _ signed: Round) -> JournalState {
            Journal.replay(bytes, chainID: chainID, key: key, signed: signed)
        }
        #expect(replay(bytes, signed) == .intact(records, length: bytes.count))
        let later = Round(epoch: .first, view: View(2))
        #expect(replay(bytes, later) == .outdated(later))
        #expect(replay(journal([]), signed) == .outdated(signed))
        // A quarantine says so itself, and its end covers the rounds before it.
        for record in [JournalRecord.quarantined, .resumed(from: later)] {
            let bytes = journal([[record]])
            #expect(replay(bytes, later) == .intact([record], length: bytes.count))
        }
        let after = Round(epoch: .first, view: View(3))
        #expect(replay(journal([[.resumed(from: later)]]), after) == .outdated(after))
    }

    /// A frame as PROTOCOL.md describes it, made without the journal's own code.
    private static func frame(payload: [UInt8], at offset: UInt64) -> [UInt8] {
        func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        }
        let length = bigEndian(UInt64(payload.count), 4)
        var checksum: UInt32 = .max
        for byte in bigEndian(offset, 8) + length + payload {
            checksum ^= UInt32(byte)
            for _ in 0..<8 {
                checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0x82F6_3B78 : checksum >> 1
            }
        }
        return [0xA7, 0x56, 0x4A, 0x31] + length + bigEndian(UInt64(~checksum), 4) + payload
    }

    @Test func theJournalOfAnotherKeyOrChainIsCorrupt() {
        let other = Journal.header(chainID: chainID, key: SimulatedChain.key(1))
        #expect(replay(other) == .corrupt(at: 0))
        #expect(replay([]) == .corrupt(at: 0))
    }

    @Test func aFrameElsewhereInTheFileIsNoFrame() {
        let whole = journal([records])
        let start = Journal.header(chainID: chainID, key: key).count
        // The first frame copied to another offset: it is none there.
        let copied = whole + whole[start...]
        #expect(replay(copied) == .corrupt(at: whole.count))
    }
}
