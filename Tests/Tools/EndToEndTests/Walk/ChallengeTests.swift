import APISchema
import BallotCryptography
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Hashing
import Ledger
import ProcessHarness
import Testing

/// A voter who does not trust the machine, and what is tried with what it opened.
extension EndToEnd.ChallengeTests {
    private struct Opened: Decodable {
        struct Choice: Decodable, Equatable {
            let contest: String
            let selected: [String]
        }

        let trackingCode: String
        let choices: [Choice]
        let spoiled: Bool?
        let trackingCodeCompared: Bool
    }

    private struct TrackingRecord: Decodable { let trackingCode: String }

    /// Runs `veche vote` with the answers of a person at its terminal.
    private func vote(
        _ voter: Voter, answers: [String], extra: [String] = []
    ) async throws -> Outcome {
        let network = try await walk.network
        let directory = network.directory
        let code = try directory.write(voter.code + "\n", to: "codes/\(voter.name)")
        let typed = try directory.write(
            answers.map { $0 + "\n" }.joined(), to: "typed/\(voter.name)")
        let command =
            [
                try Program.veche.path, "vote", "--election", "walk", "--registrar",
                try await walk.registrarURL, "--voter", voter.name, "--code-file", code,
                "--home", try await walk.home(voter.name),
            ] + network.chain("validator-1", "validator-3") + voter.selections
            + Walk.passphrase(directory) + extra
        let text = command.map { "'\($0)'" }.joined(separator: " ")
        return try await run(
            .bash, ["-c", text + " < '\(typed)'"], in: directory, atMost: .seconds(120))
    }

    private func open(
        _ file: String, _ extra: [String] = [], online: Bool = true
    ) async throws -> Outcome {
        let network = try await walk.network
        // Another machine asks another node.
        let chain =
            online
            ? network.chain(TestNetwork.observer) : ["--genesis", network.genesisFile]
        return try await run(.veche, ["open", file] + chain + extra, in: network.directory)
    }

    @Test func voterChallengesSeesTheChoicesElsewhereAndThenCasts() async throws {
        try await walk.require(.open)
        let voter = Voter.doubting
        let home = try await walk.home(voter.name)
        let stopped = try await vote(voter, answers: ["challenge", "what", "stop"])
        #expect(stopped.status == 1, stopped.comment)
        #expect(stopped.errors.contains("Nothing was cast"), stopped.comment)
        let parts = stopped.output.components(separatedBy: "encrypted choices: ")
        // The code stands there before the question is asked, and another one after the challenge.
        let codes = parts.dropFirst().map { String($0.prefix { $0 != "\n" }) }
        try #require(codes.count == 2, stopped.comment)
        #expect(codes[0] != codes[1])
        #expect(parts[1].contains("Type `cast`"))
        let file = home + "/challenge-1.opening.json"
        let outcome = try await open(
            file, ["--tracking-code", codes[0], "--json"] + voter.selections)
        #expect(outcome.status == 0, outcome.comment)
        let opened = try JSONDecoder().decode(Opened.self, from: Data(outcome.output.utf8))
        #expect(opened.trackingCode == codes[0])
        #expect(opened.spoiled == true)
        #expect(opened.trackingCodeCompared)
        #expect(
            opened.choices == [
                .init(contest: "project", selected: [voter.project]),
                .init(contest: "parks", selected: Voter.parks.filter(voter.parks.contains)),
            ])
        let people = try await open(file)
        #expect(people.output.contains("it can never be cast"), people.comment)
        #expect(people.output.contains("Трамвайная линия"), people.comment)
        let other = try await open(file, ["--tracking-code", codes[1]])
        #expect(other.status == 1, other.comment)
        #expect(other.errors.contains("do not vote with it"), other.comment)
        let flipped = try await open(
            file, ["--select", "project=clinic", "--select", "parks=none"])
        #expect(flipped.status == 1, flipped.comment)
        #expect(flipped.errors.contains("other choices"), flipped.comment)
        let cast = try await vote(voter, answers: ["cast"])
        #expect(cast.status == 0, cast.comment)
        #expect(cast.output.contains("Your ballot is in the log."), cast.comment)
        #expect(!cast.output.contains(codes[0]) && !cast.output.contains(codes[1]))
        await walk.count(voter)
        // On another machine, which believes no node: what is in the log, and what never came there.
        let network = try await walk.network
        func find(_ code: String) async throws -> Outcome {
            try await run(
                .veche, ["find", code] + network.chain("validator-1", "validator-3"),
                in: network.directory)
        }
        let own = try JSONDecoder().decode(
            TrackingRecord.self,
            from: Data(try LocalFile.read(home + "/vote.json", limit: 1 << 16)))
        let found = try await find(own.trackingCode)
        #expect(found.status == 0, found.comment)
        #expect(found.output.contains("was cast"), found.comment)
        let challenged = try await find(codes[0])
        #expect(challenged.status == 0, challenged.comment)
        #expect(challenged.output.contains("was challenged"), challenged.comment)
        // Shown, and dropped with `stop`: success without sending would look like this.
        let never = try await find(codes[1])
        #expect(never.status == 1, never.comment)
        #expect(never.errors.contains("was never cast"), never.comment)
        let late = try await vote(voter, answers: [], extra: ["--challenge"])
        #expect(late.status == 1, late.comment)
        #expect(
            late.errors.contains("come before casting") || late.errors.contains("before casting"))
    }

    @Test func openingIsCheckedWithoutANetworkFromTheElectionsFile() async throws {
        try await walk.require(.open)
        let network = try await walk.network
        let file = try await walk.home(Voter.doubting.name) + "/challenge-1.opening.json"
        let keys = try network.directory.file("walk.election.json")
        try await succeed(
            .veche, ["keys", "--election", "walk", "--output", keys] + network.chain(),
            in: network.directory)
        let outcome = try await open(file, ["--election-file", keys, "--json"], online: false)
        #expect(outcome.status == 0, outcome.comment)
        let opened = try JSONDecoder().decode(Opened.self, from: Data(outcome.output.utf8))
        #expect(opened.spoiled == nil)
        #expect(opened.choices[0].selected == [Voter.doubting.project])
        // Another chain's keys open nothing.
        let text = String(decoding: try LocalFile.read(keys, limit: 4 << 20), as: UTF8.self)
        let forged = try network.directory.write(
            text.replacingOccurrences(
                of: try network.genesis().chainID.description, with: Bytes32.zero.description),
            to: "forged.election.json")
        let refused = try await open(file, ["--election-file", forged], online: false)
        #expect(refused.status == 1, refused.comment)
    }

    @Test(arguments: [
        ("form", "veche-opening-9", "unknown form"), ("chainID", "", "of the chain"),
        ("election", "other", "of the election"), ("electionID", "", "of the election"),
        ("trackingCode", "AAAA", "has the tracking code"), ("opening", "00", "no opening"),
        ("spoil", "00", "does not spoil"),
    ])
    func changedOpeningIsRefusedWithTheReason(
        field: String, value: String, reason: String
    ) async throws {
        try await walk.require(.open)
        let network = try await walk.network
        let file = try await walk.home(Voter.doubting.name) + "/challenge-1.opening.json"
        let data = Data(try LocalFile.read(file, limit: 1 << 20))
        var object = try #require(
            try JSONSerialization.jsonObject(with: data) as? [String: String])
        object[field] = value.isEmpty ? Bytes32.zero.description : value
        let changed = try network.directory.write(
            String(
                decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self),
            to: "changed.opening.json")
        let outcome = try await open(changed)
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains(reason), outcome.comment)
    }

    /// What a machine would do that casts what it opened.
    @Test func spoiledBallotIsRefusedWhereverItIsSent() async throws {
        try await walk.require(.open)
        let device = try await Device(.spoiler, walk)
        let ballot = try device.ballot(random: 3)
        guard case .ballot(let cast) = try Transaction(canonicalBytes: ballot) else {
            Issue.record("not a ballot")
            return
        }
        let tracker = try BallotOutline(cast.wire).tracker
        let spoil = device.spoil(tracker)
        let answer = try await walk.submit(spoil, to: "validator-2")
        #expect([200, 202].contains(answer.status), "\(answer.text)")
        try await walk.waitUntilFinal(Transaction.id(of: spoil))
        for node in try await walk.network.allNames {
            let refused = try await walk.submit(ballot, to: node)
            #expect(refused.status == 422)
            #expect(refused.code == "E_SPOILED", "\(refused.text)")
        }
    }

    @Test func ninthChallengeOfACredentialIsRefused() async throws {
        try await walk.require(.open)
        let device = try await Device(.spoiler, walk)
        var sent: [Bytes32] = []
        for number in UInt8(1)...7 {
            let spoil = device.spoil(SHA256.digest([0x73, number]))
            let answer = try await walk.submit(spoil, to: "validator-1")
            #expect([200, 202].contains(answer.status), "\(number): \(answer.text)")
            sent.append(Transaction.id(of: spoil))
        }
        for id in sent { try await walk.waitUntilFinal(id) }
        // With the one of the test before this is the ninth.
        let ninth = try await walk.submit(
            device.spoil(SHA256.digest([0x73, 8])), to: "validator-3")
        #expect(ninth.status == 422)
        #expect(ninth.code == "E_RATE", "\(ninth.text)")
    }

    /// The power fails between the files of a challenge and its way into the log.
    @Test func challengeThatWasCutOffIsRegisteredByTheNextRun() async throws {
        try await walk.require(.open)
        let voter = Voter.interrupted
        let network = try await walk.network
        let home = try await walk.home(voter.name)
        let code = try network.directory.write(voter.code + "\n", to: "codes/\(voter.name)")
        let process = try LocalProcess(
            .veche,
            [
                "vote", "--election", "walk", "--registrar", try await walk.registrarURL,
                "--voter", voter.name, "--code-file", code, "--home", home, "--challenge",
            ] + network.chain() + voter.selections + Walk.passphrase(network.directory),
            name: network.directory.freshName("killed"), directory: network.directory.logs)
        try await eventually("the challenge's files are there") {
            LocalFile.exists(home + "/challenge-1.opening.json") || process.status != nil
        }
        try await process.kill()
        #expect(!LocalFile.exists(home + "/ballot.transaction"))
        let spoil = try LocalFile.read(home + "/challenge-1.transaction", limit: 1 << 16)
        let cast = try await walk.vote(voter, through: ["validator-4"])
        #expect(cast.status == 0, cast.comment)
        #expect(LocalFile.exists(home + "/challenge-1.tlog-proof"))
        try await walk.waitUntilFinal(Transaction.id(of: spoil))
        await walk.count(voter)
        let opened = try await open(home + "/challenge-1.opening.json", voter.selections)
        #expect(opened.status == 0, opened.comment)
    }
}
