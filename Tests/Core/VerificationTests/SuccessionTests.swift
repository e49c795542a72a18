import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing
import TransparencyLog
import Verification

/// Audits and receipts over changes of the validators (PROTOCOL 7.12).
struct SuccessionTests {
    private static let first = [1, 2, 3, 4]
    private static let second = [2, 3, 4, 5]
    private static let third = [4, 5, 6, 7, 8]

    /// Twelve blocks of three epochs; the validators change after blocks 4 and 8.
    private struct Changing {
        var chain = TestChain()

        init() throws {
            try chain.add([try chain.change(1, to: SuccessionTests.second)])
            for _ in 2...4 { try chain.add() }
            try chain.add([try chain.change(2, to: SuccessionTests.third)])
            try chain.add([
                chain.ready(2, SuccessionTests.third, index: 2),
                chain.ready(2, SuccessionTests.third, index: 3),
            ])
            for _ in 7...12 { try chain.add() }
        }

        func finalization(of place: Int, by numbers: [Int]) throws -> Certificate {
            let set = TestChain.validators(numbers)
            return try chain.finalization(
                of: chain.blocks[place - 1].header, signers: set.quorum, by: set)
        }

        func step(_ place: Int, by numbers: [Int], next: [Int]) throws -> SuccessionStep {
            SuccessionStep(
                boundary: FinalizedHeader(
                    header: chain.blocks[place - 1].header,
                    finalization: try finalization(of: place, by: numbers)),
                next: TestChain.validators(next))
        }

        func proof() throws -> SuccessionProof {
            SuccessionProof(steps: [
                try step(4, by: SuccessionTests.first, next: SuccessionTests.second),
                try step(8, by: SuccessionTests.second, next: SuccessionTests.third),
            ])
        }
    }

    private func audit(
        _ changing: Changing, _ portions: [(Range<Int>, [Int])]
    ) throws -> ChainAudit {
        var audit = try ChainAudit(genesis: changing.chain.genesis.canonicalBytes)
        var random = SeededRandom(seed: 1)
        for (places, signers) in portions {
            let blocks = places.map { changing.chain.blocks[$0 - 1] }
            do {
                try audit.add(
                    blocks,
                    finalization: try changing.finalization(
                        of: places.upperBound - 1, by: signers), random: &random)
            } catch is AuditFinding {
                break
            }
        }
        return audit
    }

    @Test func auditFollowsTheValidatorsFromEpochToEpoch() throws {
        let changing = try Changing()
        let report = try self.audit(
            changing, [(1..<5, Self.first), (5..<9, Self.second), (9..<13, Self.third)]
        ).report()
        #expect(report.isSound)
        #expect(report.progress.height == Height(12))
        #expect(
            report.notes.map(\.description) == [
                "block 1: change 1 of the validators is asked for: v2, v3, v4, v5",
                "block 4: validators of epoch 1: v2, v3, v4, v5",
                "block 5: change 2 of the validators is asked for: v4, v5, v6, v7, v8",
                "block 6: v6 is ready for change 2 of the validators",
                "block 6: v7 is ready for change 2 of the validators",
                "block 8: validators of epoch 2: v4, v5, v6, v7, v8",
            ])
    }

    @Test func validatorsOfTheEpochBeforeFinalizeNothingMore() throws {
        let changing = try Changing()
        let stale = try self.audit(changing, [(1..<5, Self.first), (5..<7, Self.first)])
        #expect(stale.stopped?.failure == .badCertificate)
        let early = try self.audit(changing, [(1..<4, Self.second)])
        #expect(early.stopped?.failure == .badCertificate)
    }

    @Test func blockThatChangesTheValidatorsNeedsItsOwnFinalization() throws {
        let changing = try Changing()
        let over = try self.audit(changing, [(1..<7, Self.second)])
        #expect(over.stopped?.failure == .badCertificate)
        var waiting = try ChainAudit(genesis: changing.chain.genesis.canonicalBytes)
        var random = SeededRandom(seed: 1)
        try waiting.add(
            [Block](changing.chain.blocks.prefix(4)), finalization: nil, random: &random)
        #expect(throws: AuditFinding.self) {
            try waiting.add([changing.chain.blocks[4]], finalization: nil, random: &random)
        }
    }

    @Test func headerNamesTheValidatorsThatTheLogPutsInOffice() throws {
        let changing = try Changing()
        let (present, next) = (
            TestChain.validators(Self.first).hash, TestChain.validators(Self.second).hash
        )
        // Place, hashes; the change of block 4 left out, and one in the middle of an epoch.
        let wrongs: [(Int, Bytes32?, Bytes32?)] = [
            (4, nil, present), (4, next, nil), (2, nil, next), (2, next, next),
            (4, nil, TestChain.validators(Self.third).hash),
        ]
        for (place, validators, following) in wrongs {
            var audit = try ChainAudit(genesis: changing.chain.genesis.canonicalBytes)
            var random = SeededRandom(seed: 1)
            let header = changing.chain.blocks[place - 1].header.changing(
                validators: validators, next: following)
            var blocks = [Block](changing.chain.blocks.prefix(place - 1))
            blocks.append(
                Block(
                    header: header, transactions: changing.chain.blocks[place - 1].transactions))
            #expect(throws: AuditFinding.self) {
                try audit.add(
                    blocks, finalization: try changing.chain.finalization(of: header),
                    random: &random)
            }
            #expect(audit.stopped?.failure == .brokenChain)
        }
    }

    @Test func proofShowsWhoWasInOfficeWhen() throws {
        let changing = try Changing()
        let proof = try changing.proof()
        #expect(try SuccessionProof(canonicalBytes: proof.canonicalBytes) == proof)
        let history = try ValidatorHistory(
            changing.chain.genesis, proof: proof, verifier: Ed25519Verifier())
        let sets = [Self.first, Self.second, Self.third].map { TestChain.validators($0) }
        #expect(history.terms.map(\.validators) == sets)
        #expect(history.terms.map(\.since) == [0, 1, 2].map { Epoch($0) })
        let sizes = [4, 8].map { changing.chain.blocks[$0 - 1].header.logSize }
        #expect(history.term(ofLogSize: sizes[0]).validators == sets[0])
        #expect(history.term(ofLogSize: sizes[0] + 1).validators == sets[1])
        #expect(history.term(ofLogSize: sizes[1]).validators == sets[1])
        #expect(history.term(ofLogSize: sizes[1] + 1).validators == sets[2])
        #expect(history.term(ofLogSize: .max).validators == sets[2])
        #expect(history.term(of: Epoch(1)).validators == sets[1])
        #expect(history.newest == sets[2])
    }

    private func rejection(
        _ changing: Changing, _ steps: [SuccessionStep]
    ) -> SuccessionRejection? {
        do throws(SuccessionRejection) {
            _ = try ValidatorHistory(
                changing.chain.genesis, proof: SuccessionProof(steps: steps),
                verifier: Ed25519Verifier())
            return nil
        } catch {
            return error
        }
    }

    @Test func proofOfAnotherSuccessionIsRefused() throws {
        let changing = try Changing()
        let good = try changing.proof().steps
        #expect(self.rejection(changing, good) == nil)
        #expect(self.rejection(changing, [good[1]]) != nil)
        #expect(self.rejection(changing, [good[0], good[0]]) == .notABoundary(Height(4)))
        let stale = try changing.step(8, by: Self.first, next: Self.third)
        guard
            case .notFinal(Height(8), .badCertificate)? = self.rejection(
                changing, [good[0], stale])
        else {
            Issue.record("the old validators do not finalize for the new ones")
            return
        }
        let other = try changing.step(4, by: Self.first, next: Self.third)
        #expect(self.rejection(changing, [other]) == .otherSet(Height(4)))
        let unchanged = try changing.step(12, by: Self.third, next: Self.third)
        #expect(self.rejection(changing, good + [unchanged]) == .otherSet(Height(12)))
        let inside = try changing.step(3, by: Self.first, next: Self.first)
        #expect(self.rejection(changing, [inside]) == .notABoundary(Height(3)))
        let few = SuccessionStep(
            boundary: FinalizedHeader(
                header: changing.chain.blocks[3].header,
                finalization: try changing.chain.finalization(
                    of: changing.chain.blocks[3].header, signers: 2)),
            next: TestChain.validators(Self.second))
        guard case .notFinal(Height(4), .badCertificate)? = self.rejection(changing, [few]) else {
            Issue.record("two of four finalize nothing")
            return
        }
    }

    @Test func checkpointIsBelievedFromTheValidatorsOfItsEpoch() throws {
        let changing = try Changing()
        let third = TestChain.validators(Self.third)
        let note = try changing.chain.checkpoint(signers: 4, by: third).bytes
        let stale = try changing.chain.checkpoint(signers: 3).bytes
        let portions = [(1..<5, Self.first), (5..<9, Self.second), (9..<13, Self.third)]
        var audit = try ChainAudit(genesis: changing.chain.genesis.canonicalBytes)
        #expect(throws: CertificationError.self) { try audit.expect(checkpoint: note) }
        try audit.learn(try changing.proof())
        try audit.expect(checkpoint: note)
        // Those of genesis do not vouch for a log of a later epoch any more.
        #expect(throws: CertificationError.self) { try audit.expect(checkpoint: stale) }
        var random = SeededRandom(seed: 1)
        for (places, signers) in portions {
            try audit.add(
                places.map { changing.chain.blocks[$0 - 1] },
                finalization: try changing.finalization(of: places.upperBound - 1, by: signers),
                random: &random)
        }
        #expect(audit.report().isSound)
        // The same record cut short.
        var short = try ChainAudit(genesis: changing.chain.genesis.canonicalBytes)
        try short.learn(try changing.proof())
        try short.expect(checkpoint: note)
        try short.add(
            [Block](changing.chain.blocks.prefix(4)),
            finalization: try changing.finalization(of: 4, by: Self.first), random: &random)
        #expect(short.report().findings.map(\.failure) == [.truncated])
    }

    @Test func recordWithAnotherBoundaryThanTheProvenOneIsAFork() throws {
        let changing = try Changing()
        var other = TestChain()
        for _ in 1...4 { try other.add() }
        var audit = try ChainAudit(genesis: changing.chain.genesis.canonicalBytes)
        try audit.learn(try changing.proof())
        var random = SeededRandom(seed: 1)
        let newest = try #require(other.newest)
        #expect(throws: AuditFinding.self) {
            try audit.add(
                other.blocks, finalization: try other.finalization(of: newest), random: &random)
        }
        #expect(audit.stopped?.failure == .fork)
    }

    @Test func receiptAfterAChangeIsCheckedOfflineWithTheProofBesideIt() throws {
        let voted = try TestElection.voted.get()
        var chain = voted.chain
        let height = try #require(chain.newest).height.rawValue
        try chain.add([try chain.change(1, to: Self.second)])
        while try chain.succession.next == chain.genesis.validators { try chain.add() }
        try chain.add()
        let boundary = try #require(chain.newest)
        #expect(boundary.height.rawValue > height)
        try chain.add()
        let proof = SuccessionProof(steps: [
            SuccessionStep(
                boundary: FinalizedHeader(
                    header: boundary, finalization: try chain.finalization(of: boundary)),
                next: TestChain.validators(Self.second))
        ])
        let transaction = voted.ballots[2]
        let tracker = try #require(
            try voted.queries.credential(voted.election, key: voted.voterKeys[2])
        ).tracker
        let extra = ReceiptExtra(
            transactionID: Transaction.id(of: transaction), tracker: tracker)
        func receipt(by numbers: [Int]) throws -> [UInt8] {
            try chain.receipt(
                for: transaction, extra: extra,
                checkpoint: try chain.checkpoint(by: TestChain.validators(numbers))
            ).bytes
        }
        // v5, v2 and v3 are a quorum of the new set and two of the old one.
        var check = try ReceiptCheck(
            genesis: chain.genesis.canonicalBytes, verifier: Ed25519Verifier())
        let new = try receipt(by: [5, 2, 3, 4])
        #expect(throws: ReceiptRejection.self) {
            try check.check(receipt: new, transaction: transaction)
        }
        try check.learn(proof)
        let checked = try check.check(receipt: new, transaction: transaction)
        #expect(checked.cosigners.map(\.name) == ["v2", "v3", "v5"])
        #expect(checked.quorum == 3 && checked.validators == 4)
        let old = try receipt(by: Self.first)
        #expect(throws: ReceiptRejection.self) {
            try check.check(receipt: old, transaction: transaction)
        }
        // A receipt from before the change stays good.
        let before = try voted.chain.receipt(for: transaction, extra: extra).bytes
        #expect(try check.check(receipt: before, transaction: transaction).quorum == 3)
        // On another chain the proof teaches nothing.
        var foreign = try ReceiptCheck(
            genesis: TestChain(validators: 5).genesis.canonicalBytes, verifier: Ed25519Verifier())
        #expect(throws: SuccessionRejection.self) { try foreign.learn(proof) }
    }
}
