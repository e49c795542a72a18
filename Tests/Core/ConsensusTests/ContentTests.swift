import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// Blocks' bodies and ancestors: found, fetched, served, and refused (b.2, b.6).
struct ContentTests {
    @Test func aBodyOfAnotherSizeThanItsHeaderSaysIsInvalid() throws {
        var harness = Harness.started()
        let good = harness.block(view: 1, transactions: [[1, 2, 3], [4]])
        let header = good.header
        let lie = BlockHeader(
            chainID: header.chainID, epoch: header.epoch, height: header.height,
            view: header.view, parentView: header.parentView, parentHash: header.parentHash,
            time: header.time, proposer: header.proposer,
            transactionCount: header.transactionCount, bodyBytes: header.bodyBytes + 1,
            bodyRoot: header.bodyRoot, logSize: header.logSize, logRoot: header.logRoot,
            stateDigestAfterParent: header.stateDigestAfterParent,
            validatorsHash: header.validatorsHash, nextValidatorsHash: header.nextValidatorsHash)
        let block = Block(header: lie, transactions: good.transactions)
        _ = try harness.receive(.proposal(harness.message(proposing: block)))
        let effects = harness.replica.located(
            good.entries, of: lie.hash, at: harness.now)
        #expect(effects.sentVotes == [harness.nullify(1)])
        #expect(harness.replica.metrics.invalidProposals == 1)
        // A quorum that certifies it all the same does not run our rules.
        let halted = try harness.receive(
            .certificate(harness.certificate(.notarize(harness.proposal(of: block)))))
        #expect(
            halted.haltReason
                == .certifiedBlockIsInvalid(lie.hash, "the body's size is not the header's"))
    }

    @Test func transactionsAreServedByTheirPlaces() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1, transactions: [[1], [2], [3]])
        _ = try harness.notarize(block)
        _ = try? harness.receive(.block(block))
        let hash = block.header.hash
        #expect(
            try harness.receive(.transactionRequest(hash, [0, 2]), from: 3) == [
                .send(
                    .transactions(
                        hash,
                        [
                            PlacedTransaction(index: 0, entry: Entry([1])),
                            PlacedTransaction(index: 2, entry: Entry([3])),
                        ]), to: .one(ValidatorIndex(3)))
            ])
        for indices in [[3], [1, 1], [2, 1], [.max]] as [[UInt32]] {
            #expect(throws: MessageRejection.excessiveRequest) {
                try harness.receive(.transactionRequest(hash, indices), from: 3)
            }
        }
        // A block that is not here is not answered, and nobody is blamed.
        #expect(try harness.receive(.transactionRequest(.zero, [0]), from: 3) == [])
    }

    @Test func aLeaderFetchesTheBlockThatItHasToBuildOn() throws {
        var harness = Harness.started(index: 2)
        let block = harness.block(view: 1)
        let notarization = harness.certificate(
            .notarize(harness.proposal(of: block)), by: [0, 1, 3])
        _ = try harness.receive(.certificate(notarization))
        _ = try harness.receive(
            .certificate(harness.certificate(harness.nullify(1), by: [0, 1, 3])))
        #expect(harness.replica.round.view == View(2))
        let waiting = harness.advance(milliseconds: 1200)
        #expect(waiting.builds == [])
        #expect(waiting.contains { $0.isBlockRequest(block.header.hash) })
        #expect(
            (harness.replica.nextDeadline ?? Instant(microseconds: .max)).microseconds
                <= (harness.milliseconds + 250) * 1000)
        let effects = harness.validateAll(try harness.receive(.block(block)))
        let builds = effects.builds + harness.validateAll(harness.advance(milliseconds: 50)).builds
        #expect(builds.first?.parentHash == block.header.hash)
    }

    /// S3: a final block stands on every lower final one.
    @Test func aFinalBlockOnAnotherBlockThanTheFinalOneStopsTheReplica() throws {
        var harness = Harness.started()
        let final = harness.block(view: 1)
        let other = harness.block(view: 1, time: 500)
        _ = try harness.notarize(final)
        _ = try harness.finalize(final)
        let child = harness.block(view: 2, parent: .block(other), time: 600)
        let certificate = harness.certificate(.finalize(harness.proposal(of: child)))
        _ = try harness.receive(.certificate(certificate))
        _ = try harness.receive(.block(child))
        let effects = try harness.receive(.block(other))
        #expect(effects.haltReason == .conflictingFinalization(certificate))
    }

    @Test func aParentThatOnlyACertificateNamesIsFetched() throws {
        var harness = Harness.started()
        let parent = harness.block(view: 1)
        let notarization = harness.notarization(of: parent)
        let child = harness.block(view: 2, parent: .block(parent), time: 50)
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        let effects = try harness.receive(
            .proposal(harness.message(proposing: child, parent: notarization)), from: 2)
        #expect(effects.sentVotes == [])
        #expect(effects.contains { $0.isBlockRequest(parent.header.hash) })
        let voted = harness.validateAll(try harness.receive(.block(parent)))
        #expect(voted.sentVotes == [.notarize(harness.proposal(of: child))])
    }

    @Test func aProposalsParentCertificateIsChecked() throws {
        var harness = Harness.started()
        let parent = harness.block(view: 1)
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        let child = harness.block(view: 2, parent: .block(parent), time: 50)
        let tooFew = harness.certificate(.notarize(harness.proposal(of: parent)), by: [1, 2])
        #expect(throws: MessageRejection.badCertificate(.tooFewSigners(2, quorum: 3))) {
            try harness.receive(
                .proposal(harness.message(proposing: child, parent: tooFew)), from: 2)
        }
    }

    @Test func theSameProposalTwiceIsOneProposal() throws {
        var harness = Harness.started()
        let message = ConsensusMessage.proposal(harness.message(proposing: harness.block(view: 1)))
        #expect(try harness.receive(message).isEmpty == false)
        #expect(try harness.receive(message) == [])
    }

    /// b.12: what two votes of one input need durable is one sync.
    @Test func votesOfTwoViewsInOneInputShareASync() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        // The next leader gave its view up before this validator came there.
        _ = try harness.receive(.vote(harness.vote(harness.nullify(2), by: 2)), from: 2)
        let effects = try harness.receive(.certificate(harness.notarization(of: block)))
        #expect(
            effects.sentVotes == [.finalize(harness.proposal(of: block)), harness.nullify(2)])
        let syncs = effects.filter { if case .persist = $0 { true } else { false } }
        #expect(syncs.count == 1)
        #expect(effects.first == syncs.first)
    }

    /// A chain of blocks that are not final is kept whole, however nothing else names the older ones.
    @Test func ancestorsOfANotarizedBlockAreKept() throws {
        var harness = Harness.started(parameters: SimulatedChain.parameters(epochLength: 64))
        var chain: [Block] = []
        for view in UInt64(1)...3 {
            harness.milliseconds += 100
            let block = harness.block(view: view, parent: chain.last.map { .block($0) })
            _ = try harness.notarize(block)
            _ = harness.validateAll(
                try harness.receive(.certificate(harness.notarization(of: block))))
            chain.append(block)
        }
        // The first becomes final alone; the others wait.
        _ = try harness.receive(
            .certificate(harness.certificate(.finalize(harness.proposal(of: chain[0])))))
        #expect(harness.replica.status.floorHeight == Height(1))
        for block in chain {
            #expect(
                try harness.receive(.blockRequest(block.header.hash), from: 3) == [
                    .send(.block(block), to: .one(ValidatorIndex(3)))
                ])
        }
    }
}

extension Effect {
    func isBlockRequest(_ hash: Bytes32) -> Bool {
        if case .send(.blockRequest(hash), to: _) = self { true } else { false }
    }
}

extension [Effect] {
    var builds: [BlockTemplate] {
        compactMap { if case .build(let template) = $0 { template } else { nil } }
    }
}
