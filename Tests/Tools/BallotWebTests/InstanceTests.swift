import BallotCryptography
import BallotWeb
import Codec
import Foundation
import Ristretto
import Testing

/// What a host sees of an instance: its imports, exports, memory and failures.
@Suite struct InstanceTests {
    private static func vote() throws -> TestVote {
        var random = SeededRandom(31)
        let keys = try TestElection.vectorKeys(try vectorFile("ballot.json"))
        return TestVote(
            rules: TestRules(
                electionID: Bytes32(random.bytes(32)[...]), style: 1,
                contests: [
                    BallotContest(
                        index: 0,
                        shape: try ContestShape(options: 4, min: 1, max: 1, countsBlank: false))
                ], keys: keys),
            seed: Bytes32(random.bytes(32)[...]), sequence: 1, previous: .zero,
            choices: [.options([1])])
    }

    private static func wire(_ vote: TestVote, _ bytes: [UInt8]) throws -> [UInt8] {
        var random = RecordedRandom(bytes)
        return try EncryptedBallot(
            vote.choices, rules: try vote.rules.rules, credential: vote.credential, sequence: 1,
            previous: .zero, arithmetic: ConstantTimeArithmetic(), random: &random
        ).cast(arithmetic: ConstantTimeArithmetic(), random: &random)
    }

    static func cases() throws -> [HostCase] {
        let vote = try vote()
        var seeded = SeededRandom(32)
        let random = seeded.bytes(4000)
        let credential: [UInt8] = vote.seed.bytes + vote.rules.electionID.bytes + [0, 0, 0, 1]
        return [
            HostCase("wait too long", call: "waitTooLong", [vote.json]),
            HostCase("make many", call: "makeMany", [vote.json, 300]),
            HostCase(
                "fail and start", call: "failAndStart",
                [
                    vote.json,
                    ["rules": vote.rules.json, "wire": json(try wire(vote, random))],
                ], random: random),
            HostCase(
                "remains of seeds",
                steps: [
                    ("make-credential", [1] + credential), ("encrypt-prove-sign", vote.encoded),
                    ("blind", credential + [UInt8](repeating: 0xFF, count: 384)),
                    ("verify-ballot", [1, 2, 3]),
                ], random: random, secret: vote.seed.bytes),
            HostCase(
                "remains of what waits", steps: [("encrypt", vote.encoded)], random: random,
                secret: vote.credential.publicKey.bytes),
        ]
    }

    @Test(arguments: Host.allCases)
    func randomBytesAreAllThatTheModuleAsksForAndItsFunctionsAllThatItGives(
        host: Host
    ) async throws {
        let results = try await HostRuns.results(in: host)
        #expect(try results["imports"].list.map { try $0.text } == ["function host.random"])
        let own = ["memory", "allocate", "output", "output-size", "finish", "__heap_base"]
        #expect(
            Set(try results["exports"].list.map { try $0.text })
                == Set(own + WebFunction.allCases.map(\.rawValue)))
    }

    @Test(arguments: Host.allCases)
    func theHeapLiesBetweenTheDataAndTheEndOfAFixedMemory(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        // `HostMemory.swift` gives out memory from 2 MiB on.
        #expect(try results["heapBase"].number <= 2 << 20)
        #expect(try results["memorySize"].number == 16 << 20)
    }

    @Test(arguments: Host.allCases)
    func encryptionsThatWaitAreBounded(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        #expect(try results["wait too long"].answer.text == "E_ENCRYPTIONS")
    }

    @Test(arguments: Host.allCases)
    func memoryOfOneBallotServesTheNext(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        #expect(try results["make many"].answer.number == 300)
    }

    @Test(arguments: Host.allCases)
    func afterAFailureOfTheHostAFreshInstanceAnswers(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let answer = try results["fail and start"].answer
        let failures = try answer["failures"].list.map { try $0.text }
        #expect(
            failures == [
                "no random bytes are left", "the ballot module failed: await start() first",
                "E_ENCRYPTION",
            ])
        #expect(
            try answer["credentialKey"].bytes == (try Self.vote()).credential.publicKey.bytes)
    }

    @Test(arguments: Host.allCases)
    func noSeedRemainsInMemoryAfterACall(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        #expect(try results["remains of seeds"].number == 0)
        // The search finds what is there: an encryption that waits holds its credential.
        #expect(try results["remains of what waits"].number > 0)
    }
}
