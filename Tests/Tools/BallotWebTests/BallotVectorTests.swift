import BallotCryptography
import Codec
import Ristretto
import Testing

/// The ballots of `Tests/Vectors/ballot.json`, in both hosts.
@Suite struct BallotVectorTests {
    private struct Vector {
        let name: String
        let rules: TestRules
        let wire: [UInt8]
        let expected: HostAnswer
    }

    private static func contests(_ file: HostAnswer, style: Int) throws -> [BallotContest] {
        let styles = try file["ballot"]["styles"].list
        let node = try #require(try styles.first { try $0["style"].number == style })
        return try node["contests"].list.map { contest in
            BallotContest(
                index: UInt32(try contest["index"].number),
                shape: try ContestShape(
                    options: try contest["options"].number, min: try contest["min"].number,
                    max: try contest["max"].number,
                    countsBlank: try contest["blank"].isTrue))
        }
    }

    private static func accepted() throws -> [Vector] {
        let file = try vectorFile("ballot.json")
        let keys = try TestElection.vectorKeys(file)
        return try file["ballot"]["accept"].list.map { vector in
            let style = try vector["style"].number
            return Vector(
                name: "accepted ballot \(try vector["name"].text)",
                rules: TestRules(
                    electionID: try file["ballot"]["electionId"].bytes32, style: UInt32(style),
                    contests: try contests(file, style: style), keys: keys),
                wire: try vector["wire"].hexadecimal, expected: vector)
        }
    }

    private static func refused() throws -> [Vector] {
        let file = try vectorFile("ballot.json")
        let trapdoor = try file["trapdoorH"]
        return try (try file["ballot"]["reject"].list + [trapdoor]).map { vector in
            let name = try vector["name"].text
            var style = try vector["style"].number
            var keys = try TestElection.vectorKeys(file)
            let number = UInt32(style)
            // These cases change what the verifier holds, not the wire.
            if name == "style changed in wire and verifier (moved to other precinct)" { style = 1 }
            var contests = try Self.contests(file, style: style)
            if name == "contests reordered" { contests.reverse() }
            if name == "verified under other keys" { keys = try otherKeys(keys) }
            return Vector(
                name: "refused ballot \(name)",
                rules: TestRules(
                    electionID: try vector["electionId"].bytes32, style: number,
                    contests: contests, keys: keys),
                wire: try vector["wire"].hexadecimal, expected: vector)
        }
    }

    /// The same keys with the first two exchanged.
    private static func otherKeys(_ keys: ElectionKeys) throws -> ElectionKeys {
        var joint = keys.jointKeys
        joint.swapAt(0, 1)
        return try ElectionKeys(
            parameters: keys.parameters, jointKeys: joint,
            verificationKeys: keys.verificationKeys)
    }

    static func cases() throws -> [HostCase] {
        let vectors = try accepted() + refused()
        return vectors.map {
            HostCase($0.name, call: "verifyBallot", [$0.rules.json, json($0.wire)])
        }
    }

    @Test(arguments: Host.allCases)
    func acceptedBallotsHaveTheTrackersAndIdsOfTheVectors(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let vectors = try Self.accepted()
        #expect(vectors.count == 8)
        for vector in vectors {
            let answer = try results[vector.name].answer
            let outline = try BallotOutline(vector.wire)
            #expect(try answer["tracker"].bytes == vector.expected["tracker"].hexadecimal)
            #expect(try answer["ballotID"].bytes == vector.expected["ballotId"].hexadecimal)
            #expect(try answer["sequence"].number == vector.expected["seq"].number)
            #expect(try answer["previous"].bytes == vector.expected["prev"].hexadecimal)
            #expect(try answer["credentialKey"].bytes == outline.header.credentialKey.bytes)
        }
    }

    @Test(arguments: Host.allCases)
    func refusedBallotsAreRefusedWithTheirExactCode(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let vectors = try Self.refused()
        #expect(vectors.count == 40)
        for vector in vectors {
            let code = try vector.expected["error"].text
            #expect(try results[vector.name].refusal == code, "\(vector.name)")
        }
    }
}
