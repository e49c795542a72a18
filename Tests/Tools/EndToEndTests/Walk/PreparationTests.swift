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

    // MARK: - Proposals that are judged and shown

    @Test func whatNobodyMaySignIsRefusedByTheFirstSignersTool() async throws {
        try await walk.require(.keys)
        let many = (0..<16).map { "N\($0)" }
        for (template, reason) in [
            (try template(options: ["Ivanov I. I.", "Ivanov I. I."]), "cannot be told apart"),
            (try template(options: ["A  3  75.00 %\n  B", "B"]), "a line break"),
            (try template(title: "   "), "spaces alone"),
            (try template(zone: "GMT+3"), "GMT+3 is not the IANA zone of a place"),
            (try template(zone: "Etc/GMT+3"), "UTC-03:00"),
            (try template(options: many, contests: 16), "ballots of style 1 would be too large"),
        ] {
            let file = try await freshFile("refused.json")
            let outcome = try await create(template, to: file)
            #expect(outcome.status == 1, outcome.comment)
            #expect(outcome.errors.contains(reason), outcome.comment)
            #expect(!FileManager.default.fileExists(atPath: file))
        }
        let file = try await freshFile("late.json")
        let late = try await create(
            try template(),
            opens: "\(Timestamp(milliseconds: Timestamp.now.wholeSeconds.milliseconds - 60_000))",
            to: file)
        #expect(late.status == 1, late.comment)
        #expect(late.errors.contains("E_PHASE"), late.comment)
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func everySignerIsShownAllThatIsSigned() async throws {
        try await walk.require(.keys)
        let network = try await walk.network
        let file = try await freshFile("shown.json")
        let first = try await create(
            try template(
                question: "Shall the budget be approved?\nOr not?",
                options: ["Option A: approve the budget", "Option B: reject it"]), to: file)
        #expect(first.status == 0, first.comment)
        let second = try await run(
            .ceremony,
            ["commission", "sign", file, "--yes"] + network.chain() + network.memberKey(2),
            in: network.directory)
        #expect(second.status == 0, second.comment)
        for outcome in [first, second] {
            for part in [
                "Shall the budget be approved?⏎Or not?", "Option A: approve the budget",
                "Option B: reject it", "Trustee 1  ", "Trustee 3  ", "Member 7  ", "Registrar  ",
                "2037-10-01T03:00:00+03:00", "1000 ms",
            ] {
                #expect(outcome.output.contains(part), outcome.comment)
            }
        }
    }

    /// A file that somebody made with other tools, or none.
    @Test func aProposalOfOtherToolsIsJudgedByEachSigner() async throws {
        try await walk.require(.keys)
        let network = try await walk.network
        let file = try await freshFile("good.json")
        let good = try await create(
            try template(options: ["Ivanov I. I.", "Petrov P. P."]), to: file)
        try #require(good.status == 0, good.comment)
        let text = String(decoding: try LocalFile.read(file, limit: 1 << 20), as: UTF8.self)
        let approvals = try #require(text.range(of: "\"approvals\" : ["))
        let end = try #require(text[approvals.upperBound...].firstIndex(of: "]"))
        let unsigned = text.replacingCharacters(in: approvals.upperBound..<end, with: "")
        let twins = try network.directory.write(
            unsigned.replacingOccurrences(of: "Petrov P. P.", with: "ivanov  I. I."),
            to: "twins.json")
        let outcome = try await run(
            .ceremony,
            ["commission", "sign", twins, "--yes"] + network.chain() + network.memberKey(2),
            in: network.directory)
        #expect(outcome.status == 1, outcome.comment)
        #expect(
            outcome.errors.contains(
                "contests[0].options[0].name: cannot be told apart from contests[0].options[1].name"
            ),
            outcome.comment)
        let after = String(decoding: try LocalFile.read(twins, limit: 1 << 20), as: UTF8.self)
        #expect(!after.contains("signature"))
    }

    @Test func aCloseInAnHourThatComesTwiceIsToldApart() async throws {
        try await walk.require(.keys)
        var local: [[Substring]] = []
        for closes in ["2037-10-25T00:30:00Z", "2037-10-25T01:30:00Z"] {
            let outcome = try await create(
                try template(zone: "Europe/Berlin"), closes: closes,
                to: try await freshFile("twice.json"))
            #expect(outcome.status == 0, outcome.comment)
            #expect(outcome.output.contains("which the clocks there show twice"), outcome.comment)
            local.append(outcome.output.split(separator: "\n").filter { $0.contains(" local,") })
        }
        #expect(!local[0].isEmpty)
        #expect(Set(local[0]).isDisjoint(with: local[1]))
    }

    // MARK: - From the creation on

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
