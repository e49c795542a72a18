import BallotCryptography
import CeremonyStation
import Codec
import Cryptography
import DocumentFiles
import Elections
import Foundation
import Ledger
import Testing

/// A trustee's steps, each at its stage and at no other.
@Suite struct TrusteeStationTests {
    private typealias Step = (name: String, take: (TrusteeStation) throws -> Void)

    private let steps: [Step] = [
        ("register", { _ = try $0.registration() }), ("commit", { _ = try $0.commitment() }),
        ("deal", { _ = try $0.dealing() }), ("check", { _ = try $0.reviewDealings() }),
        ("confirm", { _ = try $0.confirmation() }), ("rehearse", { _ = try $0.rehearsal() }),
        ("decrypt", { _ = try $0.partialDecryptions() }),
    ]

    /// Takes every step but those named: each must be refused with the stage's name.
    private func expectRefusals(
        _ world: StationWorld, except allowed: [String], stage: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let station = try world.station(1)
        for step in steps where !allowed.contains(step.name) {
            #expect(sourceLocation: location) {
                try step.take(station)
            } throws: { error in
                guard let error = error as? StationError else { return false }
                return step.name == "decrypt"
                    ? error.description.contains("only between its close and its tally")
                    : error.description.contains("at the step '\(stage)'")
            }
        }
    }

    @Test func everyStepIsRefusedAtTheWrongStageAndNamesTheStage() throws {
        var world = try StationWorld()
        try expectRefusals(world, except: ["register"], stage: "registration")
        try world.step { try $0.registration() }
        try expectRefusals(world, except: ["commit"], stage: "commitment")
        try world.step { try $0.commitment() }
        try expectRefusals(world, except: ["deal"], stage: "dealing")
        try world.step { try $0.dealing() }
        try expectRefusals(
            world, except: ["check", "confirm", "rehearse"], stage: "confirmation")
        try world.step { try $0.confirmation() }
        try world.step { try $0.rehearsal() }
        try expectRefusals(world, except: [], stage: "finished")
    }

    @Test func fromRegistrationToTheTallyTheStationsMakeWhatTheLedgerTakes() throws {
        var world = try StationWorld()
        try world.deal()
        for trustee in 1...5 {
            let reviews = try world.station(trustee).reviewDealings()
            #expect(reviews.map(\.dealer) == [1, 2, 3, 4, 5])
            #expect(reviews.allSatisfy { $0.complaint == nil })
        }
        try world.step { try $0.confirmation() }
        try world.step { try $0.rehearsal() }
        #expect(try world.queries.status(world.election)?.phase == .rehearsed)
        try world.voteAndClose()
        #expect(try world.queries.status(world.election)?.phase == .closed)
        for trustee in [3, 1, 5] {
            let shares = try world.station(trustee).partialDecryptions()
            #expect(shares.count == 1)
            try world.add(shares)
        }
        let unit = try #require(try world.queries.units(world.election).first)
        #expect(unit.counts == [1, 2, 0])
    }

    @Test func totalThatHasTheTrusteesShareIsNotDecryptedAgain() throws {
        var world = try StationWorld()
        try world.holdCeremony()
        try world.voteAndClose()
        try world.add(try world.station(2).partialDecryptions())
        #expect(try world.station(2).partialDecryptions().isEmpty)
        #expect(try world.station(1).partialDecryptions().count == 1)
    }

    @Test func shareUnderAnotherTrusteesNumberIsRefused() throws {
        var world = try StationWorld()
        try world.holdCeremony()
        try world.voteAndClose()
        let station = try world.station(1)
        guard case .partialDecryption(let share)? = try station.partialDecryptions().first else {
            Issue.record("a share is expected")
            return
        }
        let swapped = PartialDecryptionMessage(
            election: share.body.election, trustee: 2, unit: share.body.unit,
            payload: share.body.payload)
        #expect(
            try world.refusal(
                .partialDecryption(station.sign(swapped, tag: .partialDecryption)))
                == .authorization)
    }

    @Test func repeatedCommitmentIsTheSameMessage() throws {
        var world = try StationWorld()
        try world.step { try $0.registration() }
        #expect(
            try world.station(1).commitment().canonicalBytes
                == (try world.station(1).commitment().canonicalBytes))
    }

    @Test func repeatedStepIsRefusedByTheLedgerAndChangesNothing() throws {
        var world = try StationWorld()
        let first = try world.station(1).registration()
        try world.add([first])
        let second = try world.station(1).registration()
        #expect(try world.refusal(second) == .duplicate)
        #expect(try world.queries.ceremony(world.election)?.registered == [1])
    }

    /// A world in which trustee 3 spoiled the share that it sealed for trustee 1, and trustee 1's
    /// complaint is in the log.
    private func complaint(policy: ComplaintPolicy) throws -> StationWorld {
        var world = try StationWorld(policy: policy)
        try world.step { try $0.registration() }
        try world.step { try $0.commitment() }
        try world.step { station in
            let honest = try station.dealing()
            guard station.trustee == 3, case .ceremony(let step, let signed) = honest else {
                return honest
            }
            let dealing = try Dealing(canonicalBytes: signed.body.payload)
            let body = CeremonyMessage(
                election: signed.body.election, ceremony: 1, trustee: 3, payload: spoiled(dealing))
            return .ceremony(step, station.sign(body, tag: step.tag))
        }
        let reviews = try world.station(1).reviewDealings()
        #expect(reviews.filter { $0.complaint != nil }.map(\.dealer) == [3])
        #expect(try world.station(2).reviewDealings().allSatisfy { $0.complaint == nil })
        try world.add(reviews.compactMap(\.complaint))
        return world
    }

    @Test func badShareBecomesAComplaintAfterWhichTheCeremonyBeginsAgainWithoutItsDealer() throws {
        let world = try complaint(policy: .restart)
        let ceremony = try #require(try world.queries.ceremony(world.election))
        #expect(ceremony.number == 2)
        #expect(ceremony.participants == [1, 2, 4, 5])
        #expect { try world.station(3).registration() } throws: { error in
            "\(error)".contains("You take no part in key ceremony 2")
        }
        #expect(throws: Never.self) { try world.station(4).registration() }
    }

    @Test func keysAreMadeWithoutADealerWhoseShareWasBad() throws {
        var world = try complaint(policy: .proceed)
        let ceremony = try #require(try world.queries.ceremony(world.election))
        #expect(ceremony.number == 1)
        #expect(ceremony.qualified == [1, 2, 4, 5])
        try world.step { try $0.confirmation() }
        try world.step { try $0.rehearsal() }
        #expect(try world.queries.status(world.election)?.phase == .rehearsed)
    }

    /// The dealing with one byte of the first sealed share changed.
    private func spoiled(_ dealing: Dealing) -> [UInt8] {
        var shares = dealing.sealedShares
        shares[0][0] ^= 1
        return Dealing(
            commitments: dealing.commitments, ephemeralKey: dealing.ephemeralKey,
            nonce: dealing.nonce, possessionCommitments: dealing.possessionCommitments,
            possessionResponses: dealing.possessionResponses, sealedShares: shares
        ).canonicalBytes
    }

    @Test func keyOfNoTrusteeIsRefusedWithTheNamesOfTheTrustees() throws {
        let world = try StationWorld()
        #expect {
            try TrusteeStation(
                genesis: world.chain.genesis, queries: world.queries, election: world.election,
                keys: TrusteeKeys(identity: signer("Mallory"), seed: .zero))
        } throws: { error in
            "\(error)".contains("no trustee's")
                && "\(error)".contains("Trustee 1, Trustee 2, Trustee 3, Trustee 4, Trustee 5")
        }
    }

    @Test func electionThatTheChainDoesNotHoldIsRefused() throws {
        let world = try StationWorld()
        #expect {
            try TrusteeStation(
                genesis: world.chain.genesis, queries: world.queries, election: .zero,
                keys: StationWorld.keys(1))
        } throws: { error in "\(error)".contains("does not hold this election") }
    }
}

/// A trustee's directory of keys.
@Suite struct TrusteeHomeTests {
    private let passphrase = Passphrase([UInt8]("a passphrase".utf8))

    @Test func directoryOpensWithItsPassphraseAndNoOther() throws {
        try withTemporaryDirectory { directory in
            let home = TrusteeHome(path: directory + "/trustee")
            let member = try home.create(
                name: "Trustee", passphrase: passphrase, cost: .interactive)
            #expect(try JSONDocument.read(Member.self, at: home.publicFile) == member)
            let keys = try home.open(passphrase: passphrase)
            #expect(keys.identity.publicKey == member.key)
            #expect(try home.open(passphrase: passphrase).seed == keys.seed)
            #expect {
                try home.open(passphrase: Passphrase([UInt8]("another".utf8)))
            } throws: { error in
                guard case .wrongPassphrase? = error as? FileFailure else { return false }
                return true
            }
        }
    }

    @Test func keysThatExistAreNeverOverwritten() throws {
        try withTemporaryDirectory { directory in
            let home = TrusteeHome(path: directory + "/trustee")
            let member = try home.create(
                name: "Trustee", passphrase: passphrase, cost: .interactive)
            #expect {
                try home.create(name: "Other", passphrase: passphrase, cost: .interactive)
            } throws: { error in
                guard case .exists? = error as? FileFailure else { return false }
                return true
            }
            #expect(try home.open(passphrase: passphrase).identity.publicKey == member.key)
        }
    }

    @Test func missingDirectoryIsNamed() throws {
        #expect { try TrusteeHome(path: "/nowhere").open(passphrase: passphrase) } throws: {
            "\($0)".contains("/nowhere/identity.key")
        }
    }
}
