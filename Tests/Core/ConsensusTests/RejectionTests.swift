import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// Every reason for which a message is refused (b.2, b.14).
struct RejectionTests {
    private func expect(
        _ rejection: MessageRejection, _ message: ConsensusMessage, from sender: Int = 1,
        _ harness: Harness = .started()
    ) {
        var harness = harness
        #expect(throws: rejection) { try harness.receive(message, from: sender) }
    }

    @Test func aSenderOutsideTheSetIsRefused() {
        let harness = Harness.started()
        let vote = harness.vote(harness.nullify(1), by: 1)
        expect(.unknownValidator(ValidatorIndex(4)), .vote(vote), from: 4)
        expect(.unknownValidator(ValidatorIndex(0)), .vote(vote), from: 0)
    }

    @Test func aSignerOutsideTheSetIsRefused() {
        let harness = Harness.started()
        expect(
            .unknownValidator(ValidatorIndex(7)), .vote(harness.vote(harness.nullify(1), by: 7)))
    }

    @Test func aVoteUnderAnothersNameIsRefused() {
        let harness = Harness.started()
        let honest = harness.vote(harness.nullify(1), by: 1)
        let forged = SignedVote(
            subject: honest.subject, signer: ValidatorIndex(2), signature: honest.signature)
        expect(.badSignature(ValidatorIndex(2)), .vote(forged))
    }

    @Test func aBadVoteAfterAGoodOneReplacesNothing() throws {
        var harness = Harness.started()
        let good = harness.vote(harness.nullify(1), by: 2)
        _ = try harness.receive(.vote(good), from: 2)
        let proposal = harness.proposal(of: harness.block(view: 1))
        let bad = SignedVote(
            subject: .notarize(proposal), signer: ValidatorIndex(2), signature: good.signature)
        #expect(throws: MessageRejection.badSignature(ValidatorIndex(2))) {
            try harness.receive(.vote(bad), from: 2)
        }
        _ = try harness.receive(.vote(harness.vote(harness.nullify(1), by: 3)), from: 3)
        let last = try harness.receive(.vote(harness.vote(harness.nullify(1), by: 1)))
        #expect(last.contains { $0.isCertificate(harness.nullify(1)) })
    }

    @Test func certificatesOfTooFewUnknownOrFalseSignersAreRefused() {
        let harness = Harness.started()
        let subject = harness.nullify(1)
        expect(
            .badCertificate(.tooFewSigners(2, quorum: 3)),
            .certificate(harness.certificate(subject, by: [1, 2])))
        expect(
            .badCertificate(.tooFewSigners(0, quorum: 3)),
            .certificate(harness.certificate(subject, by: [])))
        expect(
            .badCertificate(.unknownSigner(ValidatorIndex(9))),
            .certificate(harness.certificate(subject, by: [1, 2, 9])))
        let good = harness.certificate(subject)
        let other = harness.certificate(harness.nullify(2))
        let mixed = Certificate(
            subject: subject,
            signatures: [good.signatures[0], good.signatures[1], other.signatures[2]])
        if let mixed {
            expect(.badCertificate(.badSignature(ValidatorIndex(3))), .certificate(mixed))
            expect(
                .badCertificate(.badSignature(ValidatorIndex(3))),
                .certificates([good, mixed]))
        }
    }

    /// The root over a proposal's ids is thousands of hashes: nobody has it computed for nothing.
    @Test func aProposalThatItsLeaderDidNotSignIsRefusedBeforeItsIdsAreHashed() {
        let harness = Harness.started()
        let good = harness.message(proposing: harness.block(view: 1))
        let ids = [Bytes32](repeating: .zero, count: 1)
        let header = harness.block(view: 1, transactions: [[1]]).header
        let unsigned = SignedVote(
            subject: .notarize(
                Proposal(
                    round: header.round, parentView: header.parentView, blockHash: header.hash)),
            signer: good.vote.signer, signature: .zero)
        expect(
            .badSignature(good.vote.signer),
            .proposal(
                ProposalMessage(
                    header: header, transactionIDs: ids, vote: unsigned, parentCertificate: nil)))
    }

    @Test func aSignerCannotStandTwiceInACertificate() {
        let harness = Harness.started()
        let one = harness.certificate(harness.nullify(1), by: [1]).signatures[0]
        #expect(Certificate(subject: harness.nullify(1), signatures: [one, one, one]) == nil)
    }

    @Test func staleAndFarViewsAndOtherEpochsAreRefused() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        _ = try harness.finalize(block)
        expect(
            .staleView(View(1), current: View(2)),
            .vote(harness.vote(harness.nullify(1), by: 1)), harness)
        expect(
            .staleView(View(1), current: View(2)),
            .proposal(harness.message(proposing: harness.block(view: 1))), harness)
        expect(
            .farView(View(67), current: View(2)),
            .vote(harness.vote(harness.nullify(67), by: 1)), harness)
        expect(
            .farView(View(.max), current: View(2)),
            .vote(harness.vote(harness.nullify(.max), by: 1)), harness)
        expect(
            .futureEpoch(Epoch(1), current: Epoch(0)),
            .vote(harness.vote(harness.nullify(1, epoch: 1), by: 1)), harness)
    }

    @Test func anOldEpochsVotesAreAnsweredWithItsLastBlock() throws {
        let floor = Harness.epochEnd()
        var harness = Harness(floor: floor)
        _ = harness.start()
        #expect(harness.replica.status.round == Round(epoch: Epoch(1), view: .first))
        let last = ConsensusMessage.finalized(try #require(floor.finalized))
        let old = ConsensusMessage.vote(harness.vote(harness.nullify(3), by: 1))
        let answer = Effect.send(last, to: .one(ValidatorIndex(1)))
        #expect(try harness.receive(old) == [answer])
        // A flood of them gets one answer in a while.
        #expect(try harness.receive(old) == [])
        harness.milliseconds += 250
        #expect(try harness.receive(old) == [answer])
        // Inside a list of certificates of this epoch it is refused.
        expect(
            .staleEpoch(Epoch(0), current: Epoch(1)),
            .certificates([
                harness.certificate(harness.nullify(3, epoch: 1)),
                harness.certificate(harness.nullify(3)),
            ]), harness)
    }

    @Test func proposalsThatAreWrongInThemselvesAreRefused() {
        let harness = Harness.started()
        let block = harness.block(view: 1)
        let good = harness.message(proposing: block)
        func altered(
            _ header: BlockHeader? = nil, ids: [Bytes32]? = nil, vote: SignedVote? = nil
        ) -> ConsensusMessage {
            .proposal(
                ProposalMessage(
                    header: header ?? good.header, transactionIDs: ids ?? good.transactionIDs,
                    vote: vote ?? good.vote, parentCertificate: nil))
        }
        func signed(_ block: Block) -> ConsensusMessage {
            .proposal(harness.message(proposing: block))
        }
        func header(_ change: (inout HeaderFields) -> Void) -> ConsensusMessage {
            var fields = HeaderFields(block.header)
            change(&fields)
            return signed(Block(header: fields.header, transactions: []))
        }
        expect(
            .proposal(.voteDoesNotFitHeader),
            altered(vote: harness.vote(harness.nullify(1), by: 1)))
        expect(
            .proposal(.voteDoesNotFitHeader), altered(harness.block(view: 1, time: 7).header))
        expect(
            .proposal(
                .notSignedByLeader(ValidatorIndex(2), leader: ValidatorIndex(1))),
            altered(vote: harness.vote(good.vote.subject, by: 2)))
        expect(.proposal(.wrongChain), header { $0.chainID = .zero })
        expect(.proposal(.wrongEpoch), header { $0.height = Height(9) })
        expect(.proposal(.wrongEpoch), header { $0.height = Height.blocks.upperBound })
        expect(.proposal(.wrongRound), header { $0.proposer = ValidatorIndex(3) })
        expect(.proposal(.wrongValidators), header { $0.validatorsHash = .zero })
        expect(.proposal(.overLimits), header { $0.transactionCount = 65 })
        expect(.proposal(.overLimits), header { $0.bodyBytes = 2 * 1024 * 1024 })
        expect(.proposal(.wrongTransactions), altered(ids: [.zero]))
        expect(.proposal(.wrongTransactions), header { $0.bodyRoot = .zero })
        let proposal = Proposal(
            round: block.header.round, parentView: .root, blockHash: block.header.hash)
        let unsigned = SignedVote(
            subject: .notarize(proposal), signer: ValidatorIndex(1), signature: .zero)
        expect(.badSignature(ValidatorIndex(1)), altered(vote: unsigned))
    }

    @Test func contentThatNobodyAskedForOrThatIsWrongIsRefused() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1, transactions: [[1], [2]])
        let hash = block.header.hash
        expect(.notRequested(hash), .block(block), harness)
        expect(.notRequested(hash), .transactions(hash, []), harness)
        _ = try harness.receive(.proposal(harness.message(proposing: block)))
        _ = harness.replica.located([Entry([1]), nil], of: hash, at: harness.now)
        expect(
            .wrongContent(hash),
            .transactions(hash, [PlacedTransaction(index: 1, entry: Entry([9]))]), harness)
        expect(
            .wrongContent(hash),
            .transactions(hash, [PlacedTransaction(index: 2, entry: Entry([2]))]), harness)
        expect(
            .wrongContent(hash), .block(Block(header: block.header, transactions: [[1]])),
            harness)
    }

    @Test func requestsForMoreThanThereIsAreRefused() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        expect(.excessiveRequest, .transactionRequest(block.header.hash, [0]), harness)
    }

    @Test func aFinalizedHeaderMustBeOfThisChainAndFitItsCertificate() {
        let harness = Harness.started()
        let block = harness.block(view: 1)
        let proposal = harness.proposal(of: block)
        func finalized(_ header: BlockHeader, _ certificate: Certificate) -> ConsensusMessage {
            .finalized(FinalizedHeader(header: header, finalization: certificate))
        }
        let good = harness.certificate(.finalize(proposal))
        var other = HeaderFields(block.header)
        other.chainID = .zero
        expect(.badFinality(.wrongChain), finalized(other.header, good))
        other = HeaderFields(block.header)
        other.validatorsHash = .zero
        expect(.badFinality(.wrongValidators), finalized(other.header, good))
        expect(
            .badFinality(.wrongSubject),
            finalized(block.header, harness.certificate(.notarize(proposal))))
        expect(
            .badFinality(.wrongSubject), finalized(harness.block(view: 1, time: 9).header, good))
        expect(
            .badFinality(.badCertificate(.tooFewSigners(2, quorum: 3))),
            finalized(block.header, harness.certificate(.finalize(proposal), by: [1, 2])))
    }

    @Test func onlyWhatNoHonestValidatorSendsIsHostile() {
        #expect(MessageRejection.badSignature(ValidatorIndex(1)).isHostile)
        #expect(MessageRejection.wrongContent(.zero).isHostile)
        #expect(!MessageRejection.staleView(.root, current: .first).isHostile)
        #expect(!MessageRejection.notRequested(.zero).isHostile)
    }
}

extension Effect {
    func isCertificate(_ subject: VoteSubject) -> Bool {
        if case .send(.certificate(let certificate), _) = self {
            return certificate.subject == subject
        }
        return false
    }
}

/// A header's fields, to change one of them.
struct HeaderFields {
    var chainID: Bytes32
    var height: Height
    var proposer: ValidatorIndex
    var transactionCount: UInt32
    var bodyBytes: UInt32
    var bodyRoot: Bytes32
    var validatorsHash: Bytes32
    private let original: BlockHeader

    init(_ header: BlockHeader) {
        original = header
        chainID = header.chainID
        height = header.height
        proposer = header.proposer
        transactionCount = header.transactionCount
        bodyBytes = header.bodyBytes
        bodyRoot = header.bodyRoot
        validatorsHash = header.validatorsHash
    }

    var header: BlockHeader {
        BlockHeader(
            chainID: chainID, epoch: original.epoch, height: height, view: original.view,
            parentView: original.parentView, parentHash: original.parentHash,
            time: original.time, proposer: proposer, transactionCount: transactionCount,
            bodyBytes: bodyBytes, bodyRoot: bodyRoot, logSize: original.logSize,
            logRoot: original.logRoot,
            stateDigestAfterParent: original.stateDigestAfterParent,
            validatorsHash: validatorsHash, nextValidatorsHash: original.nextValidatorsHash)
    }
}

extension Harness {
    /// The final last block of epoch 0, at height 8 and view 8.
    static func epochEnd(next: ValidatorSet? = nil) -> Floor {
        let harness = Harness()
        let parent = harness.block(view: 7, height: 7)
        let last = harness.block(view: 8, parent: .block(parent), time: 100, next: next)
        return Floor(
            FinalizedHeader(
                header: last.header,
                finalization: harness.certificate(.finalize(harness.proposal(of: last)))))
    }
}
