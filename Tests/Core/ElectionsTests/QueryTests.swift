import BallotCryptography
import Codec
import Elections
import Ledger
import Ristretto
import Testing

/// Reads of the state, and what blocks tell of themselves.
struct QueryTests {
    @Test func electionsAreFoundByNameIDAndInOrder() throws {
        let world = Stages.rehearsed
        let queries = world.queries
        let summary = try #require(try queries.elections().first)
        #expect(summary.election == world.election)
        #expect(summary.phase == .rehearsed)
        #expect(try queries.election(named: "demo") == world.election)
        #expect(try queries.election(named: "other") == nil)
        let electionID = try #require(try world.status.electionID)
        #expect(try queries.election(withID: electionID) == world.election)
        #expect(try queries.document(world.election) == world.document)
        #expect(try queries.head().height == world.head.height)
        #expect(try Stages.dealt.queries.election(withID: electionID) == nil)
    }

    @Test func unknownElectionHasNothing() throws {
        let queries = Stages.created.queries
        let unknown = seed("unknown")
        #expect(try queries.status(unknown) == nil)
        #expect(try queries.document(unknown) == nil)
        #expect(try queries.ceremony(unknown) == nil)
        #expect(try queries.keys(unknown) == nil)
        #expect(try queries.units(unknown).isEmpty)
        #expect(try queries.signatures(unknown).isEmpty)
        #expect(try queries.resultProtocol(unknown) == nil)
        #expect(try queries.rollLeaves(unknown, style: 1).isEmpty)
        #expect(try queries.partialDecryptions(unknown, unit: 1).isEmpty)
        #expect(
            try queries.ceremonyMessages(unknown, ceremony: 1, step: .dealing).isEmpty)
    }

    @Test func windowOfAStyleSaysWhenPromisesEnd() throws {
        let style = try #require(try Stages.open.status.styles.first)
        #expect(style.isOpen)
        #expect(style.acceptsUntil == Hour.time(Hour.after))
        #expect(style.promisesUntil == Hour.time(Hour.after - Hour.grace / 2))
        let later = try #require(
            try Stages.open.queries.status(
                Stages.open.election, at: Hour.time(Hour.after))?.styles.first)
        #expect(!later.isOpen)
    }

    @Test func credentialAndTotalAreThoseOfTheLastBallot() throws {
        var world = Stages.open
        let voter = try world.voter("a", style: 1)
        let (first, after) = try world.ballot(voter, [.options([0]), .options([0])])
        try world.block(at: Hour.opens + 1, [first])
        let (second, last) = try world.ballot(after, [.options([1]), .options([])])
        try world.block(at: Hour.opens + 2, [second])
        let credential = try #require(
            try world.queries.credential(world.election, key: voter.request.key.publicKey))
        #expect(credential.sequence == 2)
        #expect(credential.ballotID == last.last)
        #expect(credential.transaction == Transaction.id(of: second.canonicalBytes))
        guard case .ballot(let transaction) = second else { return }
        let ballot = try Ballot(transaction.wire, rules: try world.rules(1))
        var expected = EncryptedTotal(cellCount: 3)
        try expected.add(ballot.ciphertexts[0])
        let total = try world.queries.total(world.election, tallyUnit: 1, contest: 0)
        #expect(total == expected)
        #expect(try world.queries.total(world.election, tallyUnit: 2, contest: 0) == nil)
    }

    @Test func ballotEventNamesTrackerAndTransaction() throws {
        var world = Stages.open
        let (transaction, after) = try world.ballot(
            try world.voter("a", style: 1), [.options([0]), .options([0])])
        let block = try world.block(at: Hour.opens + 1, [transaction])
        guard case .ballot(let ballot) = transaction else { return }
        let tracker = try Ballot(ballot.wire, rules: try world.rules(1)).tracker
        let events = block.events.compactMap { event in
            if case .ballotCast(let cast) = event { cast } else { nil }
        }
        #expect(events.map(\.tracker) == [tracker])
        #expect(events.map(\.ballotID) == [after.last])
        #expect(events.map(\.transaction) == [Transaction.id(of: transaction.canonicalBytes)])
        #expect(
            try world.queries.transactionHeight(Transaction.id(of: transaction.canonicalBytes))
                == block.height)
        #expect(block.transactionCount == 1)
    }

    @Test func encryptedTotalIsProvenAgainstTheDigest() throws {
        let world = Stages.voted
        let key = StateKeys.total(election: world.election, tallyUnit: 1, contest: 0)
        let value = try #require(world.state.value(for: key))
        let proof = try StateProof(of: key, in: world.state)
        #expect(proof.verify(key, value: value, digest: world.head.stateDigest))
        #expect(!proof.verify(key, value: value, digest: Stages.open.head.stateDigest))
    }

    @Test func catalogDoesNotInfluenceTheResult() throws {
        var world = Stages.open
        let (ballot, _) = try world.ballot(
            try world.voter("a", style: 1), [.options([0]), .options([0])])
        let bytes = ballot.canonicalBytes
        func digest(_ catalog: ElectionCatalog) throws -> Bytes32 {
            var executor = try BlockExecutor(
                chain: world.chain, parent: world.state, catalog: catalog,
                height: world.head.height.next, time: Hour.time(Hour.opens + 1),
                parentHash: .zero)
            try executor.apply(Entry(bytes))
            return try executor.finish().stateDigest
        }
        #expect(try digest(ElectionCatalog()) == digest(world.head.catalog))
    }

    @Test func ceremonyMessagesAreListedByTrustee() throws {
        let world = Stages.rehearsed
        for step in CeremonyStep.allCases where step != .complaint {
            let messages = try world.queries.ceremonyMessages(
                world.election, ceremony: 1, step: step)
            #expect(messages.map(\.trustee) == [1, 2, 3, 4, 5])
        }
        #expect(
            try world.queries.ceremonyMessages(world.election, ceremony: 1, step: .complaint)
                .isEmpty)
        #expect(try world.ceremonyStatus.stage == .finished)
    }
}
