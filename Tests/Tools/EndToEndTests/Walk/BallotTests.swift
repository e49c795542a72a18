import APISchema
import BallotCryptography
import Codec
import Cryptography
import Hashing
import Ledger
import ProcessHarness
import Ristretto
import Testing

/// Credentials and ballots, honest and not, while the election is open.
extension EndToEnd.BallotTests {
    @Test func wrongAccessCodeIsRefused() async throws {
        try await walk.reach(.open)
        let answer = try await Device.ask(
            .stranger, code: "WRONGCODE", blinded: String(repeating: "1", count: 768), walk)
        #expect(answer.status == 403)
        #expect(answer.code == "E_AUTH")
        let outcome = try await walk.vote(
            .stranger, through: ["validator-1"], code: "WRONGCODE", home: "wrong")
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("E_AUTH"))
    }

    @Test func voterWhoIsNotListedIsRefused() async throws {
        try await walk.reach(.open)
        let nobody = Voter(name: "nobody", code: "ANYCODE1", style: 1, project: "tram", parks: [])
        let outcome = try await walk.vote(nobody, through: ["validator-2"])
        #expect(outcome.status == 1, outcome.comment)
        // As to a wrong code: nobody learns here who is listed.
        #expect(outcome.errors.contains("E_AUTH"))
        #expect(outcome.errors.contains("registrar's office"))
    }

    @Test(arguments: [
        "", "00", String(repeating: "0", count: 768),
        String(repeating: "f", count: 768), String(repeating: "z", count: 768),
    ])
    func blindedMessageThatIsNoneIsRefused(blinded: String) async throws {
        try await walk.reach(.open)
        let answer = try await Device.ask(.stranger, blinded: blinded, walk)
        #expect(answer.status == 422)
        #expect(answer.code == "E_BLIND")
    }

    @Test func secondRequestOfAVoterIsRefusedAndTheFirstIsAnsweredAlike() async throws {
        try await walk.reach(.open)
        let first = try await Device(.twice, walk)
        let again = try await Device(.twice, walk)
        #expect(first.certificate == again.certificate)
        let style = try #require(first.document.style(numbered: Voter.twice.style))
        let other = try CredentialRequest(
            seed: SHA256.digest([9]), electionID: first.electionID, style: 1,
            modulus: style.issuingKey, arithmetic: SodiumArithmetic())
        let answer = try await Device.ask(
            .twice, blinded: Hexadecimal.encode(other.blindedMessage), walk)
        #expect(answer.status == 422)
        #expect(answer.code == "E_ISSUED")
        #expect(answer.message.contains("another request"))
    }

    @Test func ballotCastTwiceIsAnsweredAlikeAndCountsOnce() async throws {
        try await walk.require(.open)
        let device = try await Device(.twice, walk)
        let ballot = try device.ballot()
        let id = Transaction.id(of: ballot)
        let first = try await walk.submit(ballot, to: "validator-1")
        #expect(first.status == 202, "\(first.text)")
        let again = try await walk.submit(ballot, to: "validator-1")
        #expect([200, 202].contains(again.status))
        #expect(try again.json(SubmissionAnswer.self).transactionID == id)
        await walk.count(.twice)
        try await walk.waitUntilFinal(id)
        for node in try await walk.network.allNames {
            let answer = try await walk.submit(ballot, to: node)
            #expect(answer.status == 200)
            #expect(try answer.json(SubmissionAnswer.self).status == "final")
        }
        let other = try await walk.submit(try device.ballot(random: 2), to: "validator-3")
        #expect(other.status == 422)
        #expect(other.code == "E_SEQ")
        let base = try await walk.electionURL
        let last = try await HTTP.get(
            base + "/credentials/\(device.request.key.publicKey)"
        ).json(CredentialStatus.self)
        #expect(last.sequence == 1)
        let replacing = try device.ballot(sequence: 2, previous: last.ballotID)
        let second = try await walk.submit(replacing, to: "validator-4")
        #expect(second.status == 422)
        #expect(second.code == "E_RATE")
    }

    @Test func credentialOfAnotherStyleIsRefused() async throws {
        try await walk.require(.open)
        let device = try await Device(.flipped, walk)
        let answer = try await walk.submit(try device.ballot(style: 1), to: "validator-1")
        #expect(answer.status == 422)
        #expect(answer.code == "E_CERT")
        let unknown = try await walk.submit(
            try device.ballot().replacing(at: 2 + 4 + 33, with: [0, 0, 0, 9]), to: "validator-1")
        #expect(unknown.status == 422)
        #expect(unknown.code == "E_STYLE")
    }

    @Test func ballotOfAnotherElectionIsRefused() async throws {
        try await walk.require(.open)
        let device = try await Device(.flipped, walk)
        let ballot = try device.ballot(electionID: SHA256.digest([1]))
        for node in ["validator-2", TestNetwork.observer] {
            let answer = try await walk.submit(ballot, to: node)
            #expect(answer.status == 422)
            #expect(answer.code == "E_ELECTION")
        }
    }

    @Test func ballotWithABitFlippedAnywhereIsRefusedAndTheHonestOneIsStillTaken() async throws {
        try await walk.require(.open)
        let device = try await Device(.flipped, walk)
        let ballot = try device.ballot()
        // A spread over the whole transaction: envelope, header, points, scalars, certificate.
        let positions =
            Array(0..<12) + Array(stride(from: 12, to: ballot.count, by: ballot.count / 60))
            + Array(stride(from: ballot.count - 386, to: ballot.count, by: 47))
            + [ballot.count - 1]
        var codes: Set<String> = []
        for (number, position) in positions.enumerated() {
            var changed = ballot
            changed[position] ^= 1 << (number % 8)
            let node = "validator-\(number % 4 + 1)"
            let answer = try await walk.submit(changed, to: node)
            #expect(
                [400, 422].contains(answer.status) && !answer.code.isEmpty
                    && !answer.message.isEmpty,
                "bit \(number % 8) of byte \(position): \(answer.status) \(answer.text)")
            codes.insert(answer.code)
        }
        // The codes say what was wrong, and not only that something was.
        #expect(codes.isSuperset(of: ["E_ELECTION", "E_CERT"]), "\(codes)")
        #expect(!codes.isDisjoint(with: ["E_PROOF", "E_SUM"]), "\(codes)")
        let honest = try await walk.submit(ballot, to: "validator-1")
        #expect(honest.status == 202, "\(honest.text)")
        await walk.count(.flipped)
        try await walk.waitUntilFinal(Transaction.id(of: ballot))
    }

    @Test func selectionThatTheBallotDoesNotOfferIsSaidAndCastsNothing() async throws {
        try await walk.require(.open)
        for (project, parks, word) in [
            ("castle", [], "has no option 'castle'"),
            ("tram", ["north", "south", "east", "west"], "4 options are selected"),
            ("tram", ["north", "north"], "is selected twice"),
        ] {
            let voter = Voter(
                name: "stranger", code: Voter.stranger.code, style: 1, project: project,
                parks: parks)
            let outcome = try await walk.vote(voter, through: ["validator-1"])
            #expect(outcome.status == 1, outcome.comment)
            #expect(outcome.errors.contains(word), outcome.comment)
        }
    }
}
