import APISchema
import Codec
import DocumentFiles
import Foundation
import Ledger
import ProcessHarness
import Testing

/// From the network to the eve of the opening.
extension EndToEnd.PreparationTests {
    @Test func fourValidatorsAndAnObserverFollowOneChain() async throws {
        try await walk.require(.network)
        let network = try await walk.network
        let chainID = try network.genesis().chainID
        for name in network.allNames {
            let status = try await network.requireStatus(name)
            #expect(status.chainID == chainID)
            #expect(status.voting == (name != TestNetwork.observer))
            #expect(status.validator == (name == TestNetwork.observer ? nil : name))
        }
        try await eventually("every validator is connected to the three others") {
            for name in network.validatorNames {
                let peers = await network.status(name)?.peers ?? []
                guard peers.count(where: { $0.role == "validator" }) >= 3 else { return false }
            }
            return true
        }
        let status = try await succeed(
            .node, ["status", "--url", network.url("validator-1")], in: network.directory)
        for word in ["Height:", "view", "Voting:  yes", "Peers:"] {
            #expect(status.output.contains(word))
        }
    }

    @Test func trusteesKeysAreNeverOverwritten() async throws {
        try await walk.require(.keys)
        let network = try await walk.network
        let before = FileManager.default.contents(
            atPath: network.directory.path + "/trustee-1/identity.key")
        let outcome = try await run(
            .ceremony,
            [
                "trustee", "init", "--home", network.directory.path + "/trustee-1", "--name",
                "Again", "--cost", "interactive",
            ] + Walk.passphrase(network.directory), in: network.directory)
        #expect(outcome.status == 66)
        #expect(outcome.errors.contains("exists already"))
        let after = FileManager.default.contents(
            atPath: network.directory.path + "/trustee-1/identity.key")
        #expect(before != nil && before == after)
    }

    @Test func electionIsCreatedByFourOfSevenMembersAndByNoFewer() async throws {
        try await walk.require(.created)
        let network = try await walk.network
        #expect(try await walk.electionStatus().summary.phase == "announced")
        let early = try await run(
            .ceremony,
            [
                "commission", "abort", "--election", "walk", "--reason", "no reason",
                "--output", network.directory.path + "/abort.json",
            ] + network.chain() + network.memberKey(1), in: network.directory)
        try #require(early.status == 0, early.comment)
        let alone = try await run(
            .ceremony,
            ["commission", "sign", network.directory.path + "/abort.json", "--yes", "--submit"]
                + network.chain() + network.memberKey(2), in: network.directory)
        #expect(alone.status == 1, alone.comment)
        #expect(alone.errors.contains("2 more members must sign first"))
    }

    @Test func proposalChangedAfterItWasSignedNamesWhoseSignatureFails() async throws {
        try await walk.require(.created)
        let network = try await walk.network
        let file = network.directory.path + "/create.json"
        let text = String(decoding: try LocalFile.read(file, limit: 1 << 20), as: UTF8.self)
        try network.directory.write(
            text.replacingOccurrences(of: "A clinic", with: "A casino"), to: "changed.json")
        let outcome = try await run(
            .ceremony,
            ["commission", "sign", network.directory.path + "/changed.json", "--yes"]
                + network.chain() + network.memberKey(5), in: network.directory)
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("Member 1, Member 2, Member 3, Member 4"))
    }

    @Test func trusteesStepAtTheWrongStageIsRefusedWithTheStage() async throws {
        try await walk.require(.created)
        let network = try await walk.network
        for step in ["deal", "rehearse", "decrypt"] {
            let outcome = try await run(
                .ceremony, Walk.step(step, 1, network), in: network.directory)
            #expect(outcome.status == 1, outcome.comment)
            #expect(
                outcome.errors.contains(step == "decrypt" ? "announced" : "registration"),
                outcome.comment)
        }
    }

    @Test func wrongPassphraseIsSaidAndSendsNothing() async throws {
        try await walk.require(.created)
        let network = try await walk.network
        let other = try network.directory.write("not the passphrase\n", to: "other")
        let outcome = try await run(
            .ceremony,
            [
                "trustee", "register", "--home", network.directory.path + "/trustee-1",
                "--election", "walk", "--passphrase-file", other,
            ] + network.chain(), in: network.directory)
        #expect(outcome.status == 66, outcome.comment)
        #expect(outcome.errors.contains("the passphrase does not open this file"))
    }

    @Test func rehearsalEndsTheKeyCeremonyWithAnElectionID() async throws {
        try await walk.require(.keyCeremony)
        let status = try await walk.electionStatus()
        #expect(status.summary.phase == "rehearsed")
        #expect(status.summary.electionID != nil)
    }

    @Test func registerWithFaultsIsRefusedWithTheirLines() async throws {
        try await walk.require(.keyCeremony)
        let network = try await walk.network
        let file = try network.directory.write(
            "voter,code,style\nv1,ABCDEFGH,1\nv1,HIJKLMNO,1\nv2,OPQRSTUV,9\n", to: "bad.csv")
        let outcome = try await run(
            .registrar,
            [
                "roll", "--register", file, "--home",
                network.directory.path + "/registrar", "--election", "walk",
            ] + network.chain() + Walk.passphrase(network.directory), in: network.directory)
        #expect(outcome.status == 66, outcome.comment)
        #expect(outcome.errors.contains("3") && outcome.errors.contains("4"))
    }

    @Test func ballotBeforeTheOpeningIsRefused() async throws {
        try await walk.require(.issuing)
        let device = try await Device(.early, walk)
        try #require(Timestamp.now < (await walk.opensLate), "the machine is too slow")
        for node in ["validator-1", TestNetwork.observer] {
            let answer = try await walk.submit(try device.ballot(), to: node)
            #expect(answer.status == 422)
            #expect(answer.code == "E_PHASE")
            #expect(answer.message.contains("opens at"))
        }
    }

    @Test func voterIsToldThatTheElectionIsNotOpenAndVotesLaterWithTheSameHome() async throws {
        try await walk.require(.issuing)
        let outcome = try await walk.vote(Voter.casting[0], through: ["validator-1"])
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("E_PHASE"), outcome.comment)
    }

    @Test func unknownElectionIsSaid() async throws {
        try await walk.require(.issuing)
        let network = try await walk.network
        let answer = try await HTTP.get(
            network.url("validator-1") + "/v1/elections/another")
        #expect(answer.status == 404)
        #expect(answer.code == "NOT_FOUND")
        let outcome = try await run(
            .veche, ["results", "--election", "another"] + network.chain(),
            in: network.directory)
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("It holds 'walk'"))
    }
}
