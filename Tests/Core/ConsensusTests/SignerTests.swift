import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// The rule of whoever holds a consensus key: what was signed is signed again with the same bytes, and
/// nothing lower or contradicting ever is (b.1).
struct SignerStateTests {
    private let hashes = [Bytes32([UInt8](repeating: 1, count: 32)[...]), .zero]

    private func round(_ view: UInt64, epoch: UInt64 = 0) -> Round {
        Round(epoch: Epoch(epoch), view: View(view))
    }

    private func proposal(
        _ view: UInt64, _ block: Int = 0, epoch: UInt64 = 0, parent: UInt64 = 0
    ) -> Proposal {
        Proposal(
            round: round(view, epoch: epoch), parentView: View(parent), blockHash: hashes[block])
    }

    private func signature(_ byte: UInt8) -> Bytes64 {
        Bytes64([UInt8](repeating: byte, count: Bytes64.size)[...])
    }

    private func state(_ subjects: [VoteSubject]) throws -> SignerState {
        var state = SignerState()
        for (index, subject) in subjects.enumerated() {
            #expect(try state.judge(subject) == .free)
            state = try state.adding(subject, signature(UInt8(index + 1)))
        }
        return state
    }

    @Test func whatWasSignedGetsItsSignatureAgain() throws {
        let subjects: [VoteSubject] = [.notarize(proposal(3)), .finalize(proposal(3))]
        let state = try state(subjects)
        #expect(try state.judge(subjects[0]) == .signed(signature(1)))
        #expect(try state.judge(subjects[1]) == .signed(signature(2)))
        // Another signature for it is not kept.
        #expect(try state.adding(subjects[0], signature(9)) == state)
        let given = try self.state([.notarize(proposal(3)), .nullify(round(3))])
        #expect(try given.judge(.nullify(round(3))) == .signed(signature(2)))
    }

    @Test func everyContradictionInARoundIsRefused() throws {
        let cases: [([VoteSubject], VoteSubject)] = [
            // Two NOTARIZE; NOTARIZE after NULLIFY or FINALIZE.
            ([.notarize(proposal(3))], .notarize(proposal(3, 1))),
            ([.notarize(proposal(3))], .notarize(proposal(3, parent: 2))),
            ([.nullify(round(3))], .notarize(proposal(3))),
            ([.finalize(proposal(3))], .notarize(proposal(3))),
            // Two FINALIZE; FINALIZE and NULLIFY in either order.
            ([.finalize(proposal(3))], .finalize(proposal(3, 1))),
            ([.nullify(round(3))], .finalize(proposal(3))),
            ([.finalize(proposal(3))], .nullify(round(3))),
        ]
        for (signed, subject) in cases {
            let state = try state(signed)
            let refusal = SignerRefusal.contradicts(subject, signed: state.record)
            #expect(throws: refusal) { try state.judge(subject) }
            #expect(throws: refusal) { try state.adding(subject, signature(7)) }
        }
    }

    @Test func aLowerRoundIsRefusedAlsoWhereItWasSigned() throws {
        let state = try state([.notarize(proposal(3, epoch: 2)), .notarize(proposal(4, epoch: 2))])
        for subject in [
            VoteSubject.notarize(proposal(3, epoch: 2)), .nullify(round(9, epoch: 1)),
            .finalize(proposal(3, epoch: 2)),
        ] {
            #expect(
                throws: SignerRefusal.lowerRound(subject.round, signed: round(4, epoch: 2))
            ) { try state.judge(subject) }
        }
        // Views begin anew in a later epoch.
        #expect(try state.judge(.nullify(round(1, epoch: 3))) == .free)
    }

    @Test func whatNoViewHasIsRefused() {
        let state = SignerState()
        #expect(throws: SignerRefusal.noView) { try state.judge(.nullify(round(0))) }
        #expect(throws: SignerRefusal.noView) {
            try state.judge(.notarize(proposal(3, parent: 3)))
        }
    }

    @Test func theStateStaysSmallAndDecodesToItself() throws {
        var state = SignerState()
        var largest = 0
        for view in UInt64(1)...200 {
            for subject in [VoteSubject.notarize(proposal(view)), .finalize(proposal(view))] {
                state = try state.adding(subject, signature(UInt8(view)))
                let bytes = state.canonicalBytes
                #expect(try SignerState(canonicalBytes: bytes) == state)
                largest = max(largest, bytes.count)
            }
        }
        #expect(largest == 16 + 57 + 1 + 57 + 1 + 64 + 1 + 1 + 64)
    }

    @Test func aSignatureWithoutItsVoteIsNoState() throws {
        let bytes = try state([.nullify(round(3))]).canonicalBytes
        var without = bytes
        // The flag of NULLIFY in the record.
        without[17] = 0
        #expect(throws: CodecError.self) { try SignerState(canonicalBytes: without) }
        #expect(throws: CodecError.self) {
            try SignerState(canonicalBytes: Array(bytes.dropLast()))
        }
    }
}

/// A holder of the key that refuses or is away (b.1), and what a replica sends (D1).
struct SigningTests {
    /// Fails with `failure`, else signs.
    struct FailingSigner: VoteSigner {
        let failure: SigningFailure?

        func sign(_ subject: VoteSubject, message: [UInt8]) throws(SigningFailure) -> Bytes64 {
            if let failure { throw failure }
            return SimulatedSigner(key: SimulatedChain.key(0)).sign(message)
        }
    }

    private func replica(
        _ failure: SigningFailure?, _ harness: Harness
    ) -> Replica<SimulatedSignatures, FailingSigner> {
        Replica(
            configuration: ReplicaConfiguration(
                domain: harness.genesis.domain, parameters: harness.genesis.parameters,
                validators: harness.genesis.validators, key: SimulatedChain.key(0), nonce: .zero,
                listening: 0),
            verifier: SimulatedSignatures(), signer: FailingSigner(failure: failure),
            floor: .genesis(harness.genesis), journal: .intact([], length: 0))
    }

    @Test(arguments: [SigningFailure.refused("signed"), .unavailable("away"), nil])
    func withoutASignatureNothingLeavesAndTheReplicaStops(failure: SigningFailure?) {
        let harness = Harness()
        var replica = replica(failure, harness)
        _ = replica.start(at: harness.now)
        let later = LocalTime(
            instant: Instant(microseconds: 5_000_000),
            clock: SimulatedChain.start.adding(milliseconds: 5000))
        let effects = replica.advance(to: later)
        guard let failure else {
            #expect(effects.sentVotes == [harness.nullify(1)])
            return
        }
        #expect(effects.haltReason == .notSigned(harness.nullify(1), failure))
        #expect(effects.sentVotes == [])
        #expect(effects.persisted == [])
        #expect(replica.status.voting == .halted)
        #expect(replica.nextDeadline == nil)
    }

    /// D1 over a whole run: before a vote of ours is in any message, its record is persisted.
    @Test func everyOwnVoteFollowsItsRecord() throws {
        var harness = Harness.started(index: 1)
        var known: Set<SignedVote> = []
        var sent = 0
        func check(_ effects: [Effect]) {
            for effect in effects {
                switch effect {
                case .persist(let records):
                    for case .vote(let vote) in records { known.insert(vote) }
                case .send(.vote(let vote), _):
                    #expect(known.contains(vote))
                    sent += 1
                case .send(.proposal(let message), _):
                    #expect(known.contains(message.vote))
                    sent += 1
                case .send(.certificate(let certificate), _):
                    for (signer, signature) in certificate.signatures
                    where signer == ValidatorIndex(1) {
                        #expect(known.contains { $0.signature == signature })
                    }
                default: break
                }
            }
        }
        var parent: Block?
        for view in UInt64(1)...7 {
            harness.milliseconds += 100
            if harness.leader(of: view) == 1 {
                var effects = harness.validateAll(harness.advance(milliseconds: 1500))
                for case .build(let template) in effects {
                    let block = harness.block(
                        view: template.round.view.rawValue, parent: parent.map { .block($0) },
                        time: template.time.milliseconds - SimulatedChain.start.milliseconds)
                    effects += harness.replica.built(block, for: template.round, at: harness.now)
                    parent = block
                }
                check(effects)
            } else {
                let block = harness.block(view: view, parent: parent.map { .block($0) })
                check(try harness.notarize(block))
                parent = block
            }
            let block = try #require(parent)
            for other in [0, 2] {
                let vote = harness.vote(.notarize(harness.proposal(of: block)), by: other)
                check(harness.validateAll(try harness.receive(.vote(vote), from: other)))
            }
            check(harness.advance(milliseconds: 500))
        }
        #expect(sent > 12)
    }

    @Test func whatTheKeysHolderSignedIsNotSignedAgain() throws {
        let first = Harness()
        let other = first.block(view: 1, time: 900)
        let record = SignerRecord(
            round: Round(epoch: .first, view: .first), notarized: first.proposal(of: other))
        // Lost with the home, but the key's holder remembers: no quarantine.
        for journal in [JournalState.missing, .corrupt(at: 80), .intact([], length: 80)] {
            var harness = Harness(journal: journal, signerRecord: record)
            let effects = harness.start()
            #expect(harness.replica.status.voting == .voting)
            let isReplaced = effects.contains {
                if case .replaceJournal(let records) = $0 {
                    records.contains(.signer(record))
                } else {
                    false
                }
            }
            #expect(isReplaced == (journal != .intact([], length: 80)))
            #expect(try harness.notarize(harness.block(view: 1)).sentVotes == [])
            #expect(harness.advance(milliseconds: 3000).sentVotes == [harness.nullify(1)])
        }
        // A holder that is itself behind what the node noted is not believed.
        let noted = Round(epoch: .first, view: View(2))
        var outdated = Harness(journal: .outdated(noted), signerRecord: record)
        _ = outdated.start()
        #expect(outdated.replica.status.voting == .quarantined(answers: 0, needed: 3))
    }
}

/// A key in another process: its record is durable before the journal's (b.1, b.13).
struct SignerApartTests {
    private func apart(
        _ holder: SimulatedKeyHolder, journal: JournalState = .intact([], length: 0)
    ) -> Harness {
        var harness = Harness(journal: journal, holder: holder)
        _ = harness.start()
        return harness
    }

    /// The process ended after the signature and before the journal's sync.
    @Test func aVoteThatTheJournalLostIsSignedAndSentAgain() {
        let holder = SimulatedKeyHolder()
        var first = apart(holder)
        let given = first.advance(milliseconds: 3000)
        #expect(given.sentVotes == [first.nullify(1)])
        var second = Harness(holder: holder)
        let effects = second.start()
        #expect(effects.sentVotes == [second.nullify(1)])
        // What is sent is in the journal first.
        let vote = second.vote(second.nullify(1), by: 0)
        #expect(effects.persisted.contains(.vote(vote)))
        #expect(effects.persisted.contains(.signer(holder.record)))
        #expect(given.persisted.contains(.vote(vote)))
        // Once: the journal has it now.
        var third = Harness(journal: .intact(effects.persisted, length: 0), holder: holder)
        #expect(third.start().persisted.filter { $0 == .vote(vote) }.isEmpty)
    }

    /// Without its block a NOTARIZE is not sent again: the block would not be durable.
    @Test func aVoteOnABlockThatWasLostIsNotSentAgain() throws {
        let holder = SimulatedKeyHolder()
        var first = apart(holder)
        let block = first.block(view: 1)
        let effects = try first.notarize(block)
        #expect(effects.sentVotes == [.notarize(first.proposal(of: block))])
        var second = Harness(holder: holder)
        #expect(second.start().sentVotes == [])
        // It may still give the view up, and does not notarize another block.
        #expect(second.advance(milliseconds: 3000).sentVotes == [second.nullify(1)])
        let blocks = effects.persisted.filter {
            if case .block = $0 { true } else { false }
        }
        var third = Harness(
            journal: .intact(blocks, length: 0), holder: holderWith(first.proposal(of: block)))
        #expect(third.start().sentVotes == [.notarize(third.proposal(of: block))])
    }

    private func holderWith(_ proposal: Proposal) -> SimulatedKeyHolder {
        let holder = SimulatedKeyHolder()
        let signer = SimulatedSigner(key: SimulatedChain.key(0), holder: holder)
        _ = try? signer.sign(.notarize(proposal), message: [])
        return holder
    }

    /// Who signed FINALIZE cannot nullify: what it rests on must be durable before.
    @Test func theNotarizationIsDurableBeforeFinalizeIsAskedFor() throws {
        let holder = SimulatedKeyHolder()
        var harness = apart(holder)
        let block = harness.block(view: 1)
        let proposal = harness.proposal(of: block)
        let round = Round(epoch: .first, view: .first)
        #expect(try harness.notarize(block).contains(.confirm(1)))
        let notarization = harness.certificate(.notarize(proposal))
        let effects = try harness.receive(.certificate(notarization))
        #expect(effects.sentVotes == [])
        #expect(holder.record.finalized == nil)
        #expect(effects.persisted.contains(.certificate(notarization)))
        #expect(effects.last == .confirm(2))
        // That the own NOTARIZE is durable does not say that of the notarization.
        #expect(harness.replica.confirmed(1, at: harness.now) == [])
        #expect(holder.record.finalized == nil)
        // Nothing else of the view moves meanwhile, and it is said once.
        #expect(try harness.receive(.certificate(notarization), from: 2) == [])
        #expect(harness.replica.status.round == round)
        let confirmed = harness.replica.confirmed(2, at: harness.now)
        #expect(confirmed.sentVotes == [.finalize(proposal)])
        #expect(harness.replica.status.round.view == View(2))
    }

    /// Two votes of one round: the first one's durability says nothing of the second.
    @Test func eachVoteOfARoundIsConfirmedByItself() throws {
        let holder = SimulatedKeyHolder()
        var harness = apart(holder)
        #expect(try harness.notarize(harness.block(view: 1)).contains(.confirm(1)))
        let given = harness.advance(milliseconds: 3000)
        #expect(given.sentVotes.contains(harness.nullify(1)))
        #expect(given.contains(.confirm(2)))
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        _ = try harness.receive(.vote(harness.vote(harness.nullify(2), by: 2)), from: 2)
        #expect(harness.replica.confirmed(1, at: harness.now).sentVotes == [])
        #expect(holder.record.round.view == .first)
        #expect(harness.replica.confirmed(2, at: harness.now).sentVotes == [harness.nullify(2)])
    }

    /// The vote was lost together with the chain's last block: it is sent once that is back.
    @Test func aVoteOfTheNextEpochIsSignedAgainWhenThatIsReached() throws {
        let parameters = SimulatedChain.parameters(epochLength: 1)
        let holder = SimulatedKeyHolder()
        var first = Harness(parameters: parameters, holder: holder)
        _ = first.start()
        let last = first.block(view: 1)
        let tip = FinalizedHeader(
            header: last.header,
            finalization: first.certificate(.finalize(first.proposal(of: last))))
        _ = first.replica.adopt(tip, at: first.now)
        #expect(first.advance(milliseconds: 3000).sentVotes == [first.nullify(1, epoch: 1)])
        // Neither the block nor the vote reached the disk.
        var second = Harness(parameters: parameters, holder: holder)
        #expect(second.start().sentVotes == [])
        let effects = second.replica.adopt(tip, at: second.now)
        #expect(effects.sentVotes == [second.nullify(1, epoch: 1)])
        #expect(
            effects.persisted.contains(.vote(second.vote(second.nullify(1, epoch: 1), by: 0))))
    }

    /// The key's holder remembers one round: a vote of the one before, lost with this process, would be
    /// lost for good, and its view might never end.
    @Test func noLaterRoundIsSignedBeforeTheEarlierOnesVoteIsDurable() throws {
        let holder = SimulatedKeyHolder()
        var harness = apart(holder)
        for signer in 2...3 {
            _ = try harness.receive(.vote(harness.vote(harness.nullify(1), by: signer)))
        }
        // The own NULLIFY completes the certificate: view 2 is entered, and its leader gave it up.
        _ = try harness.receive(.vote(harness.vote(harness.nullify(2), by: 2)), from: 2)
        let effects = harness.advance(milliseconds: 3000)
        #expect(effects.sentVotes == [harness.nullify(1)])
        #expect(harness.replica.status.round.view == View(2))
        #expect(holder.record.round.view == View(1))
        #expect(
            harness.advance(milliseconds: 60_000).sentVotes.allSatisfy { $0.round.view == .first })
        let confirmed = harness.replica.confirmed(1, at: harness.now)
        #expect(confirmed.sentVotes == [harness.nullify(2)])
        #expect(holder.record.round.view == View(2))
    }

    /// The journal is gone; the holder of the key remembers. Old votes of it are no other node's.
    @Test func anEchoOfAVoteThatTheJournalLostIsNoOtherNode() throws {
        let holder = SimulatedKeyHolder()
        var first = apart(holder)
        _ = try first.receive(.certificate(first.certificate(first.nullify(1))))
        _ = first.advance(milliseconds: 3000)
        var second = apart(holder, journal: .missing)
        let echo = second.vote(second.nullify(1), by: 0)
        #expect(try second.receive(.vote(echo)) == [])
        #expect(second.replica.status.haltReason == nil)
        let later = second.vote(second.nullify(3), by: 0)
        #expect(try second.receive(.vote(later)).haltReason == .ownKeyVotedElsewhere(later))
    }

    /// Nothing may be appended to a damaged file, also by who is no validator yet.
    @Test(arguments: [JournalState.missing, .corrupt(at: 9)])
    func aDamagedJournalIsReplacedBeforeAnythingIsAdded(journal: JournalState) {
        let others = SimulatedChain.validators([1, 2, 3, 4])
        var harness = Harness(journal: journal, set: others, holder: SimulatedKeyHolder())
        let effects = harness.start()
        #expect(
            effects.contains {
                if case .replaceJournal = $0 { true } else { false }
            })
        #expect(harness.replica.hasJournal)
    }
}
