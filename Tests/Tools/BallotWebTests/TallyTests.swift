import BallotCryptography
import Codec
import Ristretto
import Testing

/// The decrypted unit of `Tests/Vectors/ballot.json`.
@Suite struct TallyTests {
    private struct Vector {
        let file: HostAnswer
        let tally: HostAnswer
        let keys: ElectionKeys
        let electionID: Bytes32
        let total: EncryptedTotal

        init() throws {
            self.file = try vectorFile("ballot.json")
            self.tally = try self.file["tally"]
            self.keys = try TestElection.vectorKeys(self.file)
            self.electionID = try self.file["ballot"]["electionId"].bytes32
            self.total = EncryptedTotal(
                a: try self.tally["A"].element.point,
                c: try self.tally["C"].list.map { try $0.element.point }, counted: 4)
        }

        func decryption(_ node: HostAnswer) throws -> [UInt8] {
            var reader = ByteReader(try node["proof"].hexadecimal)
            return PartialDecryption(
                shares: try node["M"].list.map { try $0.bytes32 },
                proof: try EqualityProof(from: &reader)
            ).canonicalBytes
        }

        func share(_ trustee: Int) throws -> [String: Any] {
            [
                "trustee": trustee,
                "decryption": json(try decryption(try tally["shares"]["\(trustee)"])),
            ]
        }

        func hostCase(
            _ name: String, unit: Int = 1, total: EncryptedTotal? = nil, _ shares: [[String: Any]],
            counts: [Int]? = nil, max: Int = 1
        ) -> HostCase {
            var values: [String: Any] = [
                "electionID": json(electionID.bytes), "unit": unit,
                "shape": ["options": 4, "min": 1, "max": max, "blank": false],
                "total": json((total ?? self.total).canonicalBytes),
                "keys": json(keys.canonicalBytes), "shares": shares,
            ]
            if let counts { values["counts"] = counts }
            return HostCase(name, call: "verifyTally", [values])
        }
    }

    private static let sets = [[1, 2], [1, 3], [2, 3], [1, 2, 3], [3, 1]]

    static func cases() throws -> [HostCase] {
        let vector = try Vector()
        let two = [try vector.share(1), try vector.share(3)]
        let counts = try vector.tally["results"]["1,3"].list.map { try $0.number }
        var other = counts
        other.swapAt(0, 1)
        other[0] += counts[0] == counts[1] ? 1 : 0
        let more = EncryptedTotal(a: vector.total.a, c: vector.total.c, counted: 5)
        let less = EncryptedTotal(a: vector.total.a, c: vector.total.c, counted: 3)
        var cases = try sets.map {
            vector.hostCase("tally \($0)", try $0.map { try vector.share($0) })
        }
        cases += [
            vector.hostCase("claimed tally", two, counts: counts),
            vector.hostCase("wrongly claimed tally", two, counts: other),
            vector.hostCase("tally of fewer counts", two, counts: counts.dropLast()),
            vector.hostCase("tally of one trustee", [two[0]]),
            vector.hostCase("tally of one trustee twice", [two[0], two[0]]),
            vector.hostCase("tally of another unit", unit: 2, two),
            vector.hostCase("tally of more ballots", total: more, two),
            vector.hostCase("tally of fewer ballots", total: less, two),
            vector.hostCase(
                "tally without ballots", total: EncryptedTotal(cellCount: 4), []),
        ]
        for (number, node) in try vector.tally["negative"].list.enumerated() {
            let bad: [String: Any] = [
                "trustee": try node["trustee"].number,
                "decryption": json(try vector.decryption(node)),
            ]
            cases.append(
                vector.hostCase(
                    "refused share \(number)", unit: try node["unit"].number,
                    [bad, try vector.share(2)]))
        }
        return cases
    }

    @Test(arguments: Host.allCases)
    func anyEnoughSharesGiveTheCountsOfTheVectors(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let vector = try Vector()
        for set in Self.sets {
            let expected = try vector.tally["results"][
                set.sorted().map(String.init).joined(separator: ",")
            ].list.map { try $0.number }
            #expect(try results["tally \(set)"].answer.list.map { try $0.number } == expected)
        }
        #expect(try results["claimed tally"].refusal == nil)
        let zeros = try results["tally without ballots"].answer.list.map { try $0.number }
        #expect(zeros == [0, 0, 0, 0])
    }

    @Test(arguments: Host.allCases)
    func talliesThatDoNotFollowFromTheirSharesAreRefused(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        for (name, code) in [
            ("wrongly claimed tally", "E_TALLY"), ("tally of fewer counts", "E_TALLY"),
            ("tally of one trustee", "E_SHARES"), ("tally of one trustee twice", "E_SHARES"),
            ("tally of another unit", "E_PROOF"),
            // Four selections can come neither from five ballots of exactly one nor from three.
            ("tally of more ballots", "E_TALLY"), ("tally of fewer ballots", "E_TALLY"),
        ] {
            #expect(try results[name].refusal == code, "\(name)")
        }
        for (number, node) in try Vector().tally["negative"].list.enumerated() {
            let name = try node["name"].text
            let code = try node["error"].text
            #expect(try results["refused share \(number)"].refusal == code, "\(name)")
        }
    }
}
