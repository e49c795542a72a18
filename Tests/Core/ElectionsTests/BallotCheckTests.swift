import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing

/// Proofs apart from state, and admission to a node's pool.
struct BallotCheckTests {
    private func entry(_ transaction: Transaction) -> Entry { Entry(transaction.canonicalBytes) }

    private func verdicts(_ world: World, _ entries: [Entry]) throws -> [BallotVerdict] {
        var catalog = ElectionCatalog()
        var random = SeededRandom("batch")
        return try BallotCheck(chain: world.chain).verify(
            entries, state: world.state, catalog: &catalog, random: &random)
    }

    private func code(_ verdict: BallotVerdict) -> RefusalCode? {
        switch verdict {
        case .valid: nil
        case .refused(let refusal): refusal.code
        }
    }

    @Test func batchNamesTheBadOnesAndPassesTheGoodOnes() throws {
        var world = Stages.open
        let choices: [ContestChoice] = [.blank, .options([])]
        let (good, _) = try world.ballot(try world.voter("a", style: 1), choices)
        let overvote = try world.ballot(
            try world.voter("b", style: 1), cells: [[1, 1, 0], [0, 0, 0, 1, 1]])
        let (foreign, _) = try world.ballot(try world.voter("c", style: 1, key: 2), choices)
        guard case .ballot(let ballot) = good else { return }
        var wire = ballot.wire
        wire[wire.count - 32] ^= 1
        let forged = Transaction.ballot(
            BallotTransaction(wire: wire, certificate: ballot.certificate))
        let codes = try self.verdicts(
            world, [good, overvote, foreign, forged, world.issueCount(1, 4)].map(self.entry)
        ).map(self.code)
        #expect(codes == [nil, .sum, .certificate, .proof, .parameter])
    }

    @Test func verifiedBallotIsAppliedWithoutAnotherCheck() throws {
        var world = Stages.open
        let (ballot, _) = try world.ballot(
            try world.voter("a", style: 1), [.blank, .options([])])
        let entry = self.entry(ballot)
        guard case .valid(let verified) = try self.verdicts(world, [entry])[0] else {
            Issue.record("the ballot is valid")
            return
        }
        var executor = try world.executor(at: Hour.opens + 1)
        try executor.apply(entry, verified: verified)
        let block = try executor.finish()
        try world.block(at: Hour.opens + 1, [ballot])
        #expect(block.stateDigest == world.head.stateDigest)
    }

    @Test func ballotOfAnUnknownElectionIsNotJudged() throws {
        var world = Stages.open
        let (ballot, _) = try world.ballot(
            try world.voter("a", style: 1), [.blank, .options([])])
        let codes = try self.verdicts(Stages.dealt, [self.entry(ballot)]).map(self.code)
        #expect(codes == [.election])
    }

    private func admission(
        _ world: World, _ transaction: Transaction, at time: UInt64
    ) throws -> Admission {
        var check = try AdmissionCheck(
            chain: world.chain, state: world.state, catalog: world.head.catalog,
            time: Hour.time(time))
        return try check.check(self.entry(transaction))
    }

    @Test func validBallotIsAdmittedAndOneOverTheCountWaits() throws {
        var world = Stages.open
        let (first, _) = try world.ballot(try world.voter("a", style: 2), [.options([0])])
        let (second, _) = try world.ballot(try world.voter("b", style: 2), [.options([1])])
        #expect(try self.admission(world, first, at: Hour.opens + 1) == .admitted)
        try world.block(at: Hour.opens + 1, [first])
        guard case .waiting(let refusal) = try self.admission(world, second, at: Hour.opens + 2)
        else {
            Issue.record("a ballot over the count waits")
            return
        }
        #expect(refusal.code == .quota)
        #expect(
            try self.admission(world, first, at: Hour.opens + 2)
                == .duplicate(of: world.head.height))
    }

    @Test func invalidBallotOverTheCountDoesNotWait() throws {
        var world = Stages.open
        let (first, _) = try world.ballot(try world.voter("a", style: 2), [.options([0])])
        try world.block(at: Hour.opens + 1, [first])
        let overvote = try world.ballot(try world.voter("b", style: 2), cells: [[1, 1, 0]])
        guard case .refused(let refusal) = try self.admission(world, overvote, at: Hour.opens + 2)
        else {
            Issue.record("an invalid ballot is refused")
            return
        }
        #expect(refusal.code == .sum)
    }

    @Test func issueCountOverTheRollIsRefusedAndDoesNotWait() throws {
        let world = Stages.open
        guard
            case .refused(let refusal) = try self.admission(
                world, world.issueCount(2, 99), at: Hour.opens + 1)
        else {
            Issue.record("only ballots wait")
            return
        }
        #expect(refusal.code == .quota)
    }

    @Test func promiseIsOfOneBallotAndOneValidator() throws {
        var world = Stages.open
        let voter = try world.voter("a", style: 1)
        guard
            case .ballot(let transaction) = try world.ballot(voter, [.blank, .options([])]).0,
            case .ballot(let other) = try world.ballot(
                try world.voter("b", style: 1), [.blank, .options([])]
            ).0
        else { return }
        let rules = try world.rules(1)
        let ballot = try Ballot(transaction.wire, rules: rules)
        let validators = world.chain.genesis.validators
        let promise = SignedPromise(
            ballot, received: Height(7), promised: Height(9), validator: ValidatorIndex(2),
            domain: world.chain.domain, sign: { signer("node 2").sign($0) })
        let verifier = Ed25519Verifier()
        #expect(promise.isValid(in: world.chain.domain, validators: validators, verifier: verifier))
        #expect(promise.covers(ballot))
        #expect(promise.covers(try Ballot(other.wire, rules: rules)) == false)
        #expect(try SignedPromise(canonicalBytes: promise.canonicalBytes) == promise)
        for index in promise.canonicalBytes.indices {
            var bytes = promise.canonicalBytes
            bytes[index] ^= 1
            let forged = try SignedPromise(canonicalBytes: bytes)
            #expect(
                !forged.isValid(
                    in: world.chain.domain, validators: validators, verifier: verifier))
        }
    }
}
