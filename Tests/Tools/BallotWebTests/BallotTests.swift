import BallotCryptography
import Codec
import Cryptography
import Ristretto
import Testing

/// Ballots and openings that hosts make, checked by native code.
@Suite struct BallotTests {
    private struct Made {
        let name: String
        let vote: TestVote
        let random: [UInt8]
    }

    /// Votes of random choices in random contests of up to 10 options, and one of 64 cells.
    private static func votes() throws -> [Made] {
        var random = SeededRandom(11)
        let keys = try TestElection.randomKeys(&random)
        var made: [Made] = []
        for number in 0..<8 {
            made.append(
                Made(
                    name: "\(number)",
                    vote: try TestElection.randomVote(
                        keys: keys, contests: 1 + number % 3, options: 10, &random),
                    random: random.bytes(6000)))
        }
        let largest = TestVote(
            rules: TestRules(
                electionID: Bytes32(random.bytes(32)[...]), style: 3,
                contests: [
                    BallotContest(
                        index: 0,
                        shape: try ContestShape(options: 64, min: 1, max: 1, countsBlank: false))
                ], keys: keys),
            seed: Bytes32(random.bytes(32)[...]), sequence: 1, previous: .zero,
            choices: [.options([63])])
        return made + [Made(name: "64 cells", vote: largest, random: random.bytes(6000))]
    }

    /// What the contest does not offer.
    private static func wrongChoices() throws -> [(name: String, vote: TestVote)] {
        let vote = try votes()[0].vote
        let contests = [
            BallotContest(
                index: 0, shape: try ContestShape(options: 4, min: 1, max: 2, countsBlank: false))
        ]
        let rules = TestRules(
            electionID: vote.rules.electionID, style: 1, contests: contests,
            keys: vote.rules.keys)
        let choices: [(String, [ContestChoice])] = [
            ("none", [.options([])]), ("too many", [.options([0, 1, 2])]),
            ("unknown", [.options([4])]), ("repeated", [.options([1, 1])]), ("blank", [.blank]),
            ("no contest", []), ("another contest", [.options([0]), .options([0])]),
        ]
        return choices.map { name, choices in
            (
                "choice \(name)",
                TestVote(
                    rules: rules, seed: vote.seed, sequence: 1, previous: .zero, choices: choices)
            )
        }
    }

    /// Ceremony-free rules that no document may have.
    private static func wrongShapes() throws -> [(name: String, json: [String: Any])] {
        let vote = try votes()[0].vote
        let shapes: [(String, [String: Any])] = [
            ("no option", ["options": 0, "min": 0, "max": 1, "blank": false]),
            ("min above max", ["options": 4, "min": 3, "max": 2, "blank": false]),
            ("65 options", ["options": 65, "min": 1, "max": 1, "blank": false]),
            ("2^32 - 1 options", ["options": 4_294_967_295, "min": 1, "max": 1, "blank": false]),
        ]
        return shapes.map { name, shape in
            var json = vote.json
            var rules = vote.rules.json
            rules["contests"] = [shape.merging(["index": 0]) { $1 }]
            json["rules"] = rules
            return ("shape \(name)", json)
        }
    }

    static func cases() throws -> [HostCase] {
        var cases: [HostCase] = []
        for made in try votes() {
            cases += [
                // With the bytes that native code gets too, and with the host's own.
                HostCase(
                    "cast seeded \(made.name)", call: "castOnce", [made.vote.json],
                    random: made.random),
                HostCase("cast \(made.name)", call: "castOnce", [made.vote.json]),
                HostCase(
                    "challenge seeded \(made.name)", call: "challengeOnce", [made.vote.json],
                    random: made.random),
                HostCase("challenge \(made.name)", call: "challengeOnce", [made.vote.json]),
                HostCase("whole \(made.name)", call: "encryptProveSign", [made.vote.json]),
                HostCase(
                    "opening \(made.name)", call: "verifyOpening",
                    [made.vote.rules.json, json(try opening(made).canonicalBytes)]),
            ]
        }
        for (name, vote) in try wrongChoices() {
            cases.append(HostCase(name, call: "encrypt", [vote.json]))
        }
        for (name, vote) in try wrongShapes() {
            cases.append(HostCase(name, call: "encrypt", [vote]))
        }
        let first = try votes()[0]
        let other = try votes()[1]
        cases += [
            HostCase(
                "opening of another election", call: "verifyOpening",
                [other.vote.rules.json, json(try opening(first).canonicalBytes)]),
            HostCase(
                "spoil", call: "spoil",
                [
                    [
                        "seed": json(first.vote.seed.bytes),
                        "electionID": json(first.vote.rules.electionID.bytes),
                        "style": Int(first.vote.rules.style),
                    ], json([UInt8](repeating: 7, count: 32)),
                ]),
        ]
        return cases
    }

    private static func encryption(
        _ made: Made, _ random: inout RecordedRandom
    ) throws -> EncryptedBallot {
        try EncryptedBallot(
            made.vote.choices, rules: try made.vote.rules.rules,
            credential: made.vote.credential, sequence: made.vote.sequence,
            previous: made.vote.previous, arithmetic: SodiumArithmetic(), random: &random)
    }

    private static func opening(_ made: Made) throws -> BallotOpening {
        var random = RecordedRandom(made.random)
        return try encryption(made, &random).open()
    }

    @Test(arguments: Host.allCases)
    func ballotsOfTheSameRandomBytesAreThoseOfNativeCodeByteForByte(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        for made in try Self.votes() {
            var random = RecordedRandom(made.random)
            let encryption = try Self.encryption(made, &random)
            let tracker = encryption.tracker
            let wire = encryption.cast(arithmetic: SodiumArithmetic(), random: &random)
            let answer = try results["cast seeded \(made.name)"].answer
            #expect(try answer["tracker"].bytes == tracker.bytes)
            #expect(try answer["trackingCode"].text == TrackingCode(tracker: tracker).text)
            #expect(try answer["wire"].bytes == wire)
            let challenged = try results["challenge seeded \(made.name)"].answer
            #expect(try challenged["opening"].bytes == Self.opening(made).canonicalBytes)
        }
    }

    @Test(arguments: Host.allCases)
    func ballotsOfTheHostsOwnRandomBytesSatisfyNativeVerifiers(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        var random = SystemRandom()
        for made in try Self.votes() {
            let rules = try made.vote.rules.rules
            var wires: Set<[UInt8]> = []
            for way in ["cast", "whole"] {
                let answer = try results["\(way) \(made.name)"].answer
                let ballot = try Ballot(try answer["wire"].bytes, rules: rules)
                #expect(BallotVerifier.diagnose(ballot, rules: rules) == nil)
                #expect(BallotVerifier.verify([(ballot, rules)], random: &random) == [nil])
                #expect(ballot.tracker.bytes == (try answer["tracker"].bytes))
                #expect(ballot.header.credentialKey == made.vote.credential.publicKey)
                #expect(ballot.header.sequence == made.vote.sequence)
                #expect(ballot.header.previous == made.vote.previous)
                wires.insert(ballot.wire)
            }
            wires.insert(try results["cast seeded \(made.name)"].answer["wire"].bytes)
            #expect(wires.count == 3, "other random bytes make other ballots")
        }
    }

    @Test(arguments: Host.allCases)
    func openingsHoldWhatWasChosen(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        for made in try Self.votes() {
            let rules = try made.vote.rules.rules
            let answer = try results["challenge \(made.name)"].answer
            let opening = try BallotOpening(canonicalBytes: try answer["opening"].bytes)
            let (tracker, choices) = try opening.check(rules: rules)
            #expect(tracker.bytes == (try answer["tracker"].bytes))
            #expect(choices == Self.ascending(made.vote.choices))

            // A host as the second device, with an opening that native code made.
            let checked = try results["opening \(made.name)"].answer
            let expected = try Self.opening(made).check(rules: rules)
            #expect(try checked["tracker"].bytes == expected.tracker.bytes)
            #expect(
                try checked["trackingCode"].text == TrackingCode(tracker: expected.tracker).text)
            let shown: [ContestChoice] = try checked["choices"].list.map { choice in
                choice.value as? String == "blank"
                    ? .blank : .options(try choice.list.map { try $0.number })
            }
            #expect(shown == expected.choices)
        }
        #expect(try results["opening of another election"].refusal == "E_ELECTION")
    }

    private static func ascending(_ choices: [ContestChoice]) -> [ContestChoice] {
        choices.map { choice in
            switch choice {
            case .options(let options): .options(options.sorted())
            case .blank: .blank
            }
        }
    }

    @Test(arguments: Host.allCases)
    func anEncryptionIsEitherCastOrOpened(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        for way in ["cast 0", "challenge 0"] {
            #expect(try results[way].answer["again"].text == "E_ENCRYPTION")
        }
    }

    @Test(arguments: Host.allCases)
    func choicesThatAContestDoesNotOfferAreRefused(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        for (name, _) in try Self.wrongChoices() {
            #expect(try results[name].refusal == "E_CHOICE", "\(name)")
        }
        for (name, _) in try Self.wrongShapes() {
            #expect(try results[name].refusal == "E_PARAM", "\(name)")
        }
    }

    @Test(arguments: Host.allCases)
    func spoilProofsSatisfyTheNativeVerifier(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let vote = try Self.votes()[0].vote
        let proof = try SpoilProof(
            canonicalBytes: try HostAnswer(value: try results["spoil"].answer.value).bytes)
        try proof.verify(electionID: vote.rules.electionID)
        #expect(proof.credentialKey == vote.credential.publicKey)
        #expect(proof.tracker.bytes == [UInt8](repeating: 7, count: 32))
    }
}
