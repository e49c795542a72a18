import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing

/// The key ceremony: how it goes on, begins again, and whom it refuses.
struct CeremonyTests {
    static let time = Hour.created + 5

    /// Flips a bit in the share that a dealing seals for one receiver.
    private func spoiling(_ receiver: Int) -> (Dealing) -> Dealing {
        { dealing in
            var sealed = dealing.sealedShares
            sealed[receiver - 1][0] ^= 1
            return Self.dealing(dealing, sealed: sealed)
        }
    }

    private static func dealing(
        _ dealing: Dealing, commitments: [Bytes32]? = nil, responses: [Bytes32]? = nil,
        sealed: [[UInt8]]? = nil
    ) -> Dealing {
        Dealing(
            commitments: commitments ?? dealing.commitments, ephemeralKey: dealing.ephemeralKey,
            nonce: dealing.nonce, possessionCommitments: dealing.possessionCommitments,
            possessionResponses: responses ?? dealing.possessionResponses,
            sealedShares: sealed ?? dealing.sealedShares)
    }

    /// A world in which trustee 2 dealt trustee 4 a bad share.
    private func cheated(_ policy: ComplaintPolicy) throws -> World {
        var world = World { $0.complaintPolicy = policy }
        try world.block(at: Hour.created, [try world.creation()])
        try world.all(at: 20) { try $0.registration($1) }
        try world.all(at: 21) { try $0.commitment($1) }
        let bad = self.spoiling(4)
        try world.all(at: 22) { world, trustee in
            try trustee == 2 ? world.dealing(trustee, bad) : world.dealing(trustee)
        }
        return world
    }

    @Test func justifiedComplaintBeginsTheCeremonyAgainWithoutTheDealer() throws {
        var world = try self.cheated(.restart)
        let complaint = try #require(try world.complaint(4, about: 2))
        #expect(try world.complaint(4, about: 1) == nil)
        try world.block(at: 30, [complaint])
        let first = try #require(try world.queries.ceremony(world.election, number: 1))
        #expect(first.stage == .failed)
        let second = try world.ceremonyStatus
        #expect(second.number == 2)
        #expect(second.participants == [1, 3, 4, 5])
        #expect(second.stage == .registration)
        #expect(second.parameters.setupID != first.parameters.setupID)
        #expect(
            try world.queries.ceremonyMessages(world.election, ceremony: 1, step: .complaint)
                .map(\.isJustified) == [true])
        let outsider = world.ceremony(
            .registration, 2, DealerCommitment(digest: .zero), ceremony: 2)
        #expect(try world.code(at: 31, outsider) == .authorization)
        let old = world.ceremony(.registration, 1, DealerCommitment(digest: .zero), ceremony: 1)
        #expect(try world.code(at: 31, old) == .phase)
        try world.deal(at: 40)
        try world.confirmAll(at: 50)
        #expect(try world.status.phase == .rehearsed)
        #expect(try world.keys.parameters.trusteeCount == 4)
    }

    @Test func restartedCeremonyElectsAndDecryptsWithTheRemainingTrustees() throws {
        var world = try self.cheated(.restart)
        try world.block(at: 30, [try #require(try world.complaint(4, about: 2))])
        try world.deal(at: 40)
        try world.confirmAll(at: 50)
        try world.block(at: 60, [1, 2, 3].map { world.roll($0) })
        try world.block(at: Hour.issuing, [world.issueCount(1, 2)])
        for (place, name) in ["a", "b"].enumerated() {
            let (ballot, _) = try world.ballot(
                try world.voter(name, style: 1), [.options([0]), .options([2])])
            try world.block(at: Hour.opens + UInt64(place), [ballot])
        }
        try world.block(at: Hour.after)
        #expect(
            try world.code(
                at: Hour.after + 1,
                world.share(
                    2, unit: 1,
                    PartialDecryption(
                        shares: [],
                        proof: EqualityProof(
                            baseCommitment: .zero, otherCommitment: .zero, response: .zero))))
                == .authorization)
        for (place, trustee) in [UInt32(5), 4, 1].enumerated() {
            try world.block(
                at: Hour.after + 1 + UInt64(place),
                [try world.decryption(trustee, unit: 1), try world.decryption(trustee, unit: 2)])
        }
        #expect(try world.queries.units(world.election)[0].counts == [2, 0, 0])
        #expect(try world.queries.units(world.election)[1].counts == [0, 0, 2])
    }

    @Test func justifiedComplaintLeavesTheDealersPartOutUnderTheOtherPolicy() throws {
        var world = try self.cheated(.proceed)
        try world.block(at: 25, [try world.confirmation(1)])
        let before = try world.keys
        try world.block(at: 30, [try #require(try world.complaint(4, about: 2))])
        let status = try world.ceremonyStatus
        #expect(status.number == 1)
        #expect(status.qualified == [1, 3, 4, 5])
        #expect(status.confirmed.isEmpty)
        #expect(try world.keys != before)
        try world.confirmAll(at: 40)
        #expect(try world.status.phase == .rehearsed)
    }

    @Test func falseComplaintIsRecordedAgainstTheAccuser() throws {
        // Trustee 4 complains truly about dealer 2, whose good dealing another world holds.
        var cheated = try self.cheated(.restart)
        let complaint = try #require(try cheated.complaint(4, about: 2))
        var world = World()
        try world.block(at: Hour.created, [try world.creation()])
        try world.all(at: 20) { try $0.registration($1) }
        try world.all(at: 21) { try $0.commitment($1) }
        try world.all(at: 22) { try $0.dealing($1) }
        guard case .ceremony(_, let signed) = complaint else { return }
        // The proof is about e_4 and R_2, which are the same in both worlds.
        let moved = world.ceremony(
            .complaint, 4, try Complaint(canonicalBytes: signed.body.payload))
        try world.block(at: 30, [moved])
        #expect(try world.ceremonyStatus.qualified == [1, 2, 3, 4, 5])
        #expect(
            world.events.contains {
                if case .alarm(let alarm) = $0 { alarm.name == "A_FALSE_COMPLAINT" } else { false }
            })
        #expect(try world.code(at: 31, moved) == .duplicate)
    }

    @Test func complaintMustBeProvenAndAboutAnother() throws {
        var world = try self.cheated(.restart)
        let complaint = try #require(try world.complaint(4, about: 2))
        guard case .ceremony(_, let signed) = complaint else { return }
        let good = try Complaint(canonicalBytes: signed.body.payload)
        let forged = Complaint(
            dealer: good.dealer, sharedPoint: good.proof.baseCommitment, proof: good.proof)
        #expect(try world.code(at: 30, world.ceremony(.complaint, 4, forged)) == .proof)
        let own = Complaint(dealer: 4, sharedPoint: good.sharedPoint, proof: good.proof)
        #expect(try world.code(at: 30, world.ceremony(.complaint, 4, own)) == .contest)
        let nobody = Complaint(dealer: 9, sharedPoint: good.sharedPoint, proof: good.proof)
        #expect(try world.code(at: 30, world.ceremony(.complaint, 4, nobody)) == .contest)
        #expect(
            try world.code(at: 30, world.ceremony(.complaint, 3, good)) == .proof)
        #expect(try world.code(at: Hour.confirmation, complaint) == .phase)
    }

    @Test func stepsComeInOrderAndOnce() throws {
        var world = Stages.created
        let registration = try world.registration(1)
        let early = world.ceremony(.commitment, 1, DealerCommitment(digest: seed("early")))
        #expect(try world.code(at: Self.time, early) == .phase)
        try world.block(at: Self.time, [registration])
        #expect(try world.code(at: Self.time + 1, try world.registration(1)) == .duplicate)
        for trustee in UInt32(2)...5 {
            try world.block(
                at: Self.time + UInt64(trustee), [try world.registration(trustee)])
        }
        let late = world.ceremony(.registration, 1, DealerCommitment(digest: seed("late")))
        #expect(try world.code(at: Self.time + 9, late) == .duplicate)
        try world.all(at: Self.time + 10) { try $0.commitment($1) }
        #expect(
            try world.code(
                at: Self.time + 11,
                world.ceremony(.commitment, 1, DealerCommitment(digest: seed("x")))) == .duplicate)
        try world.block(at: Self.time + 11, [try world.dealing(1)])
        #expect(try world.code(at: Self.time + 12, try world.dealing(1)) == .duplicate)
        #expect(try world.status.phase == .keyCeremony)
    }

    @Test func onlyTheTrusteeMaySpeakForItself() throws {
        var world = Stages.created
        guard case .ceremony(_, let signed) = try world.registration(1) else { return }
        let payload = try TrusteeRegistration(canonicalBytes: signed.body.payload)
        #expect(
            try world.code(
                at: Self.time, world.ceremony(.registration, 1, payload, by: "trustee 2"))
                == .authorization)
        #expect(
            try world.code(
                at: Self.time, world.ceremony(.registration, 9, payload)) == .authorization)
        #expect(
            try world.code(
                at: Self.time, world.ceremony(.registration, 0, payload)) == .authorization)
        // A proof made for trustee 1 does not serve trustee 2.
        #expect(
            try world.code(at: Self.time, world.ceremony(.registration, 2, payload)) == .proof)
        #expect(
            try world.code(
                at: Self.time, world.ceremony(.registration, 2, Height(1))) == .length)
        try world.block(at: Self.time, [try world.registration(1)])
        #expect(
            try world.code(at: Self.time + 1, world.ceremony(.registration, 2, payload))
                == .duplicate)
    }

    @Test func dealingMustOpenItsCommitmentAndPassItsProofs() throws {
        var world = Stages.created
        try world.all(at: Self.time) { try $0.registration($1) }
        try world.all(at: Self.time + 1) { try $0.commitment($1) }
        func code(_ change: (Dealing) -> Dealing) throws -> RefusalCode? {
            var copy = world
            return try world.code(at: Self.time + 2, try copy.dealing(1, change))
        }
        #expect(try code { $0 } == nil)
        let other = try code { dealing in
            var commitments = dealing.commitments
            commitments[0] = dealing.ephemeralKey
            return Self.dealing(dealing, commitments: commitments)
        }
        #expect(other == .commitment)
        let possession = try code { dealing in
            Self.dealing(dealing, responses: dealing.possessionResponses.reversed())
        }
        #expect(possession == .possession)
        let fewer = try code { dealing in
            Self.dealing(dealing, sealed: [[UInt8]](dealing.sealedShares.dropLast()))
        }
        #expect(fewer == .length)
    }

    @Test func confirmationMustBeOfTheLedgersKeys() throws {
        var world = Stages.dealt
        guard case .ceremony(_, let signed) = try world.confirmation(1) else { return }
        let good = try Confirmation(canonicalBytes: signed.body.payload)
        let wrong = Confirmation(digest: seed("other keys"), proof: good.proof)
        #expect(
            try world.code(at: Self.time + 9, world.ceremony(.confirmation, 1, wrong))
                == .commitment)
        // Who lost the shares cannot confirm: another's proof does not serve.
        #expect(
            try world.code(at: Self.time + 9, world.ceremony(.confirmation, 2, good)) == .proof)
        guard case .ceremony(_, let rehearsal) = try world.rehearsal(1) else { return }
        let share = try PartialDecryption(canonicalBytes: rehearsal.body.payload)
        #expect(
            try world.code(at: Self.time + 9, world.ceremony(.rehearsal, 2, share)) == .proof)
        try world.block(at: Self.time + 9, [try world.confirmation(1), try world.rehearsal(1)])
        #expect(try world.code(at: Self.time + 10, try world.confirmation(1)) == .duplicate)
        #expect(try world.code(at: Self.time + 10, try world.rehearsal(1)) == .duplicate)
    }

    @Test func ceremonyEndsAtItsDeadlineWithTheRequiredConfirmations() throws {
        var world = Stages.dealt
        for trustee in UInt32(1)...4 {
            try world.block(
                at: 100 + UInt64(trustee),
                [try world.confirmation(trustee), try world.rehearsal(trustee)])
        }
        #expect(try world.status.phase == .keyCeremony)
        try world.block(at: Hour.confirmation)
        #expect(try world.status.phase == .rehearsed)
        let electionID = try world.status.electionID
        #expect(electionID == world.document.electionID(keys: try world.keys))
    }

    @Test func lateConfirmationEndsACeremonyThatWaitedForIt() throws {
        var world = Stages.dealt
        for trustee in UInt32(1)...3 {
            try world.block(
                at: 100 + UInt64(trustee),
                [try world.confirmation(trustee), try world.rehearsal(trustee)])
        }
        try world.block(at: Hour.confirmation + 1)
        #expect(try world.status.phase == .keyCeremony)
        try world.block(at: Hour.confirmation + 2, [try world.confirmation(5)])
        #expect(try world.status.phase == .keyCeremony)
        try world.block(at: Hour.confirmation + 3, [try world.rehearsal(5)])
        #expect(try world.status.phase == .rehearsed)
        #expect(try world.code(at: Hour.confirmation + 4, try world.rehearsal(4)) == .phase)
    }

    @Test func missingRegistrationBeginsTheCeremonyAgainWithoutIt() throws {
        var world = Stages.created
        for trustee in UInt32(1)...4 {
            try world.block(at: 100 + UInt64(trustee), [try world.registration(trustee)])
        }
        try world.block(at: Hour.registration)
        let status = try world.ceremonyStatus
        #expect(status.number == 2)
        #expect(status.participants == [1, 2, 3, 4])
        // Deadlines count from the new beginning.
        #expect(
            status.stageEnds == Hour.time(2 * Hour.registration - Hour.created))
    }

    @Test func electionIsAbortedWhenTooFewTrusteesRemain() throws {
        var world = Stages.created
        for trustee in UInt32(1)...3 {
            try world.block(at: 100 + UInt64(trustee), [try world.registration(trustee)])
        }
        try world.block(at: Hour.registration)
        #expect(try world.status.phase == .aborted)
        #expect(try world.status.abortReason?.contains("trustee 4, trustee 5") == true)
    }

    @Test func trusteeWhoDoesNotCommitReceivesSharesOnly() throws {
        var world = Stages.created
        try world.all(at: 100) { try $0.registration($1) }
        for trustee in UInt32(1)...4 {
            try world.block(at: 200 + UInt64(trustee), [try world.commitment(trustee)])
        }
        try world.block(at: Hour.commitment)
        #expect(try world.ceremonyStatus.stage == .dealing)
        #expect(try world.code(at: Hour.commitment + 1, try world.dealing(5)) == .phase)
        for trustee in UInt32(1)...4 {
            try world.block(
                at: Hour.commitment + UInt64(trustee), [try world.dealing(trustee)])
        }
        #expect(try world.ceremonyStatus.qualified == [1, 2, 3, 4])
        try world.confirmAll(at: Hour.commitment + 10)
        #expect(try world.status.phase == .rehearsed)
    }

    @Test(arguments: ComplaintPolicy.allCases)
    func trusteeWhoCommitsAndDoesNotDealLosesItsSeat(policy: ComplaintPolicy) throws {
        var world = World { $0.complaintPolicy = policy }
        try world.block(at: Hour.created, [try world.creation()])
        try world.all(at: 100) { try $0.registration($1) }
        try world.all(at: 101) { try $0.commitment($1) }
        for trustee in UInt32(1)...4 {
            try world.block(at: 200 + UInt64(trustee), [try world.dealing(trustee)])
        }
        try world.block(at: Hour.dealing)
        let status = try world.ceremonyStatus
        switch policy {
        case .restart:
            #expect(status.number == 2)
            #expect(status.participants == [1, 2, 3, 4])
        case .proceed:
            #expect(status.number == 1)
            #expect(status.stage == .confirmation)
            #expect(status.qualified == [1, 2, 3, 4])
        }
        #expect(
            world.events.contains {
                if case .alarm(let alarm) = $0 { alarm.name == "A_ABORT" } else { false }
            })
    }
}
