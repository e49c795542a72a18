import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing

/// Proofs of equivocation in blocks (PROTOCOL 7.12).
struct EvidenceTests {
    @Test func contradictionIsRecordedOnceAndRaisesAnAlarm() throws {
        var world = ValidatorWorld()
        try world.advance(to: 5)
        let evidence = try world.evidence(epoch: 1, by: "v2", index: 2)
        try world.block([evidence])
        let alarms = world.events.compactMap { event -> String? in
            if case .alarm(let alarm) = event { alarm.name } else { nil }
        }
        #expect(alarms == ["A_EQUIV"])
        #expect(try world.code(evidence) == .duplicate)
        #expect(
            try world.queries.evidenceHeight(
                of: signer("consensus v2 0").publicKey,
                round: Round(epoch: Epoch(1), view: View(3)), kind: .twoNotarizations)
                == Height(6))
        // Other blocks in the same round are the same contradiction; another round is not.
        let round = Round(epoch: Epoch(1), view: View(3))
        let more = ["c", "d"].map {
            world.vote(
                .notarize(Proposal(round: round, parentView: View(2), blockHash: seed($0))),
                by: "v2", index: 2)
        }
        #expect(
            try world.code(.equivocation(#require(EquivocationEvidence(more[0], more[1]))))
                == .duplicate)
        let nullify = world.vote(.nullify(round), by: "v2", index: 2)
        let finalize = world.vote(
            .finalize(Proposal(round: round, parentView: View(2), blockHash: seed("c"))),
            by: "v2", index: 2)
        #expect(
            try world.code(.equivocation(#require(EquivocationEvidence(nullify, finalize))))
                == nil)
        #expect(try world.code(try world.evidence(epoch: 1, view: 4, by: "v2", index: 2)) == nil)
        #expect(try world.code(try world.evidence(epoch: 1, by: "v1", index: 1)) == nil)
    }

    @Test func onlyThisEpochAndTheOneBeforeAreTaken() throws {
        var world = ValidatorWorld()
        try world.advance(to: 7)
        // The next block is 8, the last of epoch 1.
        #expect(try world.code(try world.evidence(epoch: 0, by: "v0", index: 0)) == nil)
        #expect(try world.code(try world.evidence(epoch: 1, by: "v0", index: 0)) == nil)
        #expect(try world.code(try world.evidence(epoch: 2, by: "v0", index: 0)) == .phase)
        #expect(try world.code(try world.evidence(epoch: .max, by: "v0", index: 0)) == .phase)
        try world.block()
        // The next block is 9, the first of epoch 2.
        #expect(try world.code(try world.evidence(epoch: 0, by: "v0", index: 0)) == .phase)
        #expect(try world.code(try world.evidence(epoch: 1, by: "v0", index: 0)) == nil)
        #expect(try world.code(try world.evidence(epoch: 2, by: "v0", index: 0)) == nil)
    }

    /// No epoch comes after the last number, and so the first one does not.
    @Test func votesOfTheLastEpochThereIsAreNotThoseBeforeTheFirst() throws {
        let world = ValidatorWorld()
        #expect(
            try world.code(try world.evidence(epoch: .max, by: "v0", index: 0)) == .phase)
    }

    @Test func bothSignaturesMustBeTheMembersOnThisChain() throws {
        let world = ValidatorWorld()
        #expect(try world.code(try world.evidence(epoch: 0, by: "v1", index: 0)) == .proof)
        for (first, second) in [("v0", "v1"), ("v1", "v0")] {
            let half = try world.evidence(epoch: 0, by: first, index: 0, secondBy: second)
            #expect(try world.code(half) == .proof)
        }
        #expect(try world.code(try world.evidence(epoch: 0, by: "v0", index: 4)) == .authorization)
        let elsewhere = ValidatorWorld(validators: 5)
        let foreign = try elsewhere.evidence(epoch: 0, by: "v0", index: 0)
        #expect(try world.code(foreign) == .proof)
    }

    @Test func votesOfTheEpochBeforeAreJudgedByItsMembers() throws {
        var world = ValidatorWorld()
        // v0 leaves, new takes place 3 and the others move up.
        let next = ValidatorWorld.set(["v1", "v2", "v3", "new"])
        try world.block([try world.change(1, to: next)])
        try world.advance(to: 4)
        #expect(try world.code(try world.evidence(epoch: 0, by: "v0", index: 0)) == nil)
        #expect(try world.code(try world.evidence(epoch: 0, by: "v1", index: 0)) == .proof)
        #expect(try world.code(try world.evidence(epoch: 1, by: "v1", index: 0)) == nil)
        #expect(try world.code(try world.evidence(epoch: 1, by: "v0", index: 0)) == .proof)
        #expect(try world.code(try world.evidence(epoch: 1, by: "new", index: 3)) == nil)
        #expect(try world.code(try world.evidence(epoch: 0, by: "new", index: 3)) == .proof)
        // In the last block of epoch 1 another change is decided already.
        let later = ValidatorWorld.set(["v2", "v3", "new", "v9"])
        try world.block([try world.change(2, to: later)])
        try world.advance(to: 7)
        #expect(try world.code(try world.evidence(epoch: 0, by: "v0", index: 0)) == nil)
        #expect(try world.code(try world.evidence(epoch: 1, by: "v1", index: 0)) == nil)
        try world.block()
        #expect(try world.code(try world.evidence(epoch: 1, by: "v1", index: 0)) == nil)
        #expect(try world.code(try world.evidence(epoch: 2, by: "v9", index: 3)) == nil)
    }

    @Test func oneContradictionOfAMovedMemberIsOne() throws {
        var world = ValidatorWorld()
        try world.block([try world.evidence(epoch: 0, by: "v1", index: 1)])
        let next = ValidatorWorld.set(["v1", "v2", "v3", "new"])
        try world.block([try world.change(1, to: next)])
        try world.advance(to: 4)
        #expect(try world.code(try world.evidence(epoch: 0, by: "v1", index: 1)) == .duplicate)
    }

    @Test func blockHoldsFourAndARefusedOneDoesNotCount() throws {
        var world = ValidatorWorld()
        var executor = try world.executor()
        func apply(_ transaction: Transaction) throws -> RefusalCode? {
            let bytes = transaction.canonicalBytes
            do throws(ExecutionFailure) {
                try executor.apply(Entry(bytes))
                return nil
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                return refusal.code
            }
        }
        for view in UInt64(1)...3 {
            #expect(try apply(try world.evidence(epoch: 0, view: view, by: "v0", index: 0)) == nil)
            let bad = try world.evidence(epoch: 0, view: view, by: "v0", index: 1)
            #expect(try apply(bad) == .proof)
        }
        #expect(try apply(try world.evidence(epoch: 0, view: 4, by: "v0", index: 0)) == nil)
        let fifth = try world.evidence(epoch: 0, view: 5, by: "v0", index: 0)
        #expect(try apply(fifth) == .rate)
        _ = try executor.finish()
        #expect(try world.block() == world.queries.succession(world.genesis))
        #expect(try world.code(fifth) == nil)
    }
}
