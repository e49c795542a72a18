import APISchema
import Codec
import DocumentFiles
import Foundation
import Hashing
import Ledger
import ProcessHarness
import Testing

/// Casting, close, decryption and protocol.
extension EndToEnd.ClosingTests {
    @Test func everyVoterVotesThoughAValidatorIsKilledMeanwhile() async throws {
        try await walk.require(.cast)
        let network = try await walk.network
        let cast = try await walk.electionStatus().styles.reduce(0) { $0 + Int($1.cast) }
        #expect(cast == (await walk.countedVoters.count))
        let back = try await network.requireStatus("validator-2")
        #expect(back.voting)
        let block = back.height
        var roots: Set<Bytes32> = []
        for name in network.allNames {
            try await network.wait(for: name, height: block)
            let detail = try await HTTP.get(network.url(name) + "/v1/blocks/\(block)")
                .json(BlockDetail.self)
            roots.insert(detail.summary.hash)
        }
        #expect(roots.count == 1)
    }

    @Test func voteThatIsRepeatedSendsTheSameBallot() async throws {
        try await walk.reach(.cast)
        let voter = Voter.casting[1]
        let before = try LocalFile.read(
            try await walk.home(voter.name) + "/ballot.transaction", limit: 1 << 20)
        let outcome = try await walk.vote(voter, through: ["validator-3"])
        #expect(outcome.status == 0, outcome.comment)
        let after = try LocalFile.read(
            try await walk.home(voter.name) + "/ballot.transaction", limit: 1 << 20)
        #expect(before == after)
    }

    @Test func voterWithoutTheFirstDeviceGetsNoSecondCredential() async throws {
        try await walk.reach(.cast)
        let outcome = try await walk.vote(
            Voter.casting[2], through: ["validator-1"], home: "second-device")
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("E_ISSUED"), outcome.comment)
    }

    @Test func wrongShareBeforeTheCloseIsNotEvenMade() async throws {
        try await walk.require(.cast)
        let network = try await walk.network
        let outcome = try await run(
            .wrongShare,
            [
                "--home", network.directory.path + "/trustee-4", "--election", "walk",
            ] + network.chain() + Walk.passphrase(network.directory), in: network.directory)
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("only between its close and its tally"))
    }

    @Test func ballotAfterTheCloseIsRefused() async throws {
        try await walk.require(.cast)
        let device = try await Device(.late, walk)
        let ballot = try device.ballot()
        try await walk.reach(.closed)
        for node in ["validator-1", "validator-2", TestNetwork.observer] {
            let answer = try await walk.submit(ballot, to: node)
            #expect(answer.status == 422)
            #expect(answer.code == "E_PHASE")
            #expect(answer.message.contains("closed"))
        }
        let outcome = try await walk.vote(.afterwards, through: ["validator-1"])
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("E_PHASE"), outcome.comment)
    }

    @Test func wrongShareIsRefusedAndItsTrusteeNamed() async throws {
        try await walk.require(.closed)
        let network = try await walk.network
        let outcome = try await run(
            .wrongShare,
            [
                "--home", network.directory.path + "/trustee-4", "--election", "walk",
            ] + network.chain() + Walk.passphrase(network.directory), in: network.directory)
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("E_PROOF"), outcome.comment)
        #expect(outcome.errors.contains("Trustee 4"), outcome.comment)
        #expect(try await walk.electionStatus().summary.phase == "closed")
    }

    @Test func threeOfFiveTrusteesDecryptWhatTheVotersChose() async throws {
        try await walk.reach(.tallied)
        let network = try await walk.network
        let outcome = try await succeed(
            .veche, ["results", "--election", "walk", "--csv"] + network.chain(),
            in: network.directory)
        var votes: [String: Int] = [:]
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first == "unit,contest,option,votes")
        for line in lines.dropFirst() {
            let parts = line.split(separator: ",")
            try #require(parts.count == 4)
            let number = try #require(Int(parts[3]))
            if number > 0 { votes["\(parts[1]),\(parts[2])", default: 0] += number }
        }
        #expect(votes == (await walk.expectedVotes))
        // The third style's unit is below the smallest size and is merged into the second.
        #expect(Set(lines.dropFirst().compactMap { $0.split(separator: ",").first }).count == 4)
    }

    @Test func resultIsShownInEveryLanguageOfTheDocument() async throws {
        try await walk.reach(.tallied)
        let network = try await walk.network
        for (language, word) in [("en", "A tram line"), ("ru", "Трамвайная линия")] {
            let outcome = try await succeed(
                .veche,
                ["results", "--election", "walk", "--language", language] + network.chain(),
                in: network.directory)
            #expect(outcome.output.contains(word))
            #expect(outcome.output.contains("TRAINING"))
            #expect(outcome.output.contains(" %"))
        }
    }

    @Test func membersSignaturesVerifyWithMinisign() async throws {
        try await walk.reach(.final)
        let network = try await walk.network
        let file = network.directory.path + "/protocol.json"
        #expect(
            try LocalFile.read(file, limit: 1 << 20)
                == (try await HTTP.get(try await walk.electionURL + "/protocol").body))
        let members = try await walk.document().commission.members
        for number in 1...4 {
            let signature = "\(file).member-\(number).minisig"
            // The key of the election document, as minisign takes it.
            let line = String(
                decoding: try LocalFile.read(signature, limit: 1 << 16), as: UTF8.self
            ).split(separator: "\n")[0]
            let key = String(line.split(separator: " ").last ?? "")
            let bytes = try #require(Data(base64Encoded: key))
            #expect([UInt8](bytes.suffix(32)) == members[number - 1].key.bytes)
            let outcome = try await run(
                .bash, ["-c", "minisign -Vm '\(file)' -x '\(signature)' -P '\(key)'"],
                in: network.directory)
            #expect(outcome.status == 0, outcome.comment)
            #expect(outcome.output.contains("agrees"), outcome.comment)
        }
    }

    @Test func fourMembersSignTheProtocolAndTheElectionIsFinal() async throws {
        try await walk.reach(.final)
        let network = try await walk.network
        let bytes = try await HTTP.get(try await walk.electionURL + "/protocol").body
        let tally = try await HTTP.get(try await walk.electionURL + "/tally")
            .json(TallyView.self)
        #expect(tally.protocolHash == SHA256.digest(bytes))
        #expect(tally.signers == [0, 1, 2, 3])
        #expect(tally.phase == "final")
        let outsider = try network.directory.file("outsider.key")
        try await succeed(
            .ceremony,
            ["commission", "init", "--key", outsider, "--name", "Outsider"]
                + Walk.passphrase(network.directory), in: network.directory)
        let refused = try await run(
            .ceremony,
            ["commission", "sign", "--protocol", "--election", "walk", "--yes", "--key", outsider]
                + network.chain() + Walk.passphrase(network.directory), in: network.directory)
        #expect(refused.status == 1, refused.comment)
        #expect(refused.errors.contains("no member's"))
    }
}
