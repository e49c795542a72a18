import BallotCryptography
import Codec
import Ristretto
import Testing

@Suite struct BallotVectorTests {
    let election: VectorElection

    init() throws { self.election = try VectorElection() }

    @Test func transcriptsEncodeAndHashAsTheVectorsSay() throws {
        for vector in try self.election.file["encoding"].list {
            let label = TranscriptLabel(try vector["label"].text)
            let items = try vector["items"].list.map { item throws in try item.bytes }
            #expect(Transcript.encode(label, items) == (try vector["encoded"].bytes))
            #expect(Transcript.wideDigest(label, items) == (try vector["sha512"].bytes))
            #expect(Transcript.scalar(label, items) == (try vector["scalar"].scalar))
        }
    }

    @Test func fixedGeneratorsAreThoseOfTheVectors() throws {
        let nums = try self.election.file["nums"]
        #expect(FixedGenerators.pedersen.encoded() == (try nums["H"].bytes32))
        #expect(FixedGenerators.slack.map { $0.encoded() } == (try nums["slack"].bytes32List))
    }

    @Test func electionIdentityCoversManifestAndKeys() throws {
        let manifest = try self.election.file["ballot"]["electionManifest"].bytes
        #expect(
            ElectionIdentity.electionID(manifest: manifest, keys: self.election.keys)
                == self.election.electionID)
        #expect(
            ElectionIdentity.electionID(manifest: manifest + [0], keys: self.election.keys)
                != self.election.electionID)
    }

    @Test func shapesHaveTheCellsOfTheVectors() throws {
        for style in try self.election.file["ballot"]["styles"].list {
            let contests = try self.election.contests(style: try style["style"].number)
            for (node, contest) in zip(try style["contests"].list, contests) {
                let weights = try node["weights"].list.map { weight throws in
                    UInt32(try weight.number)
                }
                #expect(contest.shape.weights == weights)
                #expect(contest.shape.target == UInt32(try node["target"].number))
                #expect(contest.shape.cellCount == (try node["cells"].number))
            }
        }
    }

    @Test func acceptedBallotsVerifyWithEveryIntermediateValue() throws {
        for vector in try self.election.file["ballot"]["accept"].list {
            let style = try vector["style"].number
            let rules = try self.election.rules(style: style)
            let wire = try vector["wire"].bytes
            let ballot = try Ballot(wire, rules: rules)
            #expect(wire.count == (try vector["bytes"].number))
            #expect(wire.count == rules.wireSize)
            #expect(ballot.delta == (try vector["delta"].scalar))
            #expect(ballot.challenge == (try vector["challenge"].scalar))
            #expect(ballot.tracker == (try vector["tracker"].bytes32))
            #expect(ballot.ballotID == (try vector["ballotId"].bytes32))
            #expect(ballot.header.sequence == UInt32(try vector["seq"].number))
            #expect(ballot.header.previous == (try vector["prev"].bytes32))
            let key = Point.base
            #expect(
                MultiScalar.sum([try vector["x"].scalar], [key]).encoded()
                    == ballot.header.credentialKey)
            #expect(BallotVerifier.diagnose(ballot, rules: rules) == nil)
            var random = SeededRandom(1)
            #expect(BallotVerifier.verify([(ballot, rules)], random: &random) == [nil])
        }
    }

    @Test func choicesOfTheVectorsHaveTheirCellValues() throws {
        for vector in try self.election.file["ballot"]["accept"].list {
            let contests = try self.election.contests(style: try vector["style"].number)
            let choices = try vector["choices"].list
            let values = try vector["cellValues"].list
            for (contest, (choice, cells)) in zip(contests, zip(choices, values)) {
                let chosen: ContestChoice =
                    choice.isNull
                    ? .blank : .options(try choice.list.map { option throws in try option.number })
                let expected = try cells.list.map { cell throws in UInt8(try cell.number) }
                #expect(try contest.shape.cells(for: chosen) == expected)
                #expect(contest.shape.choice(of: expected) == chosen)
            }
        }
    }

    /// The vectors give the fine code; the ledger gives E_PROOF for a failed group equation.
    @Test func refusedBallotsAreRefusedWithTheirExactCode() throws {
        let vectors = try self.election.file["ballot"]["reject"].list
        #expect(vectors.count == 39)
        for vector in vectors {
            let name = try vector["name"].text
            let style = try vector["style"].number
            let expected = try RefusalCode.named(try vector["error"].text)
            // These cases change what the verifier holds, not the wire.
            var contests = try self.election.contests(style: min(style, 2))
            var keys = self.election.keys
            var shownAs = UInt32(style)
            switch name {
            case "style changed in wire and verifier (moved to other precinct)":
                contests = try self.election.contests(style: 1)
                shownAs = 9
            case "verified under other keys": keys = try self.otherKeys()
            case "contests reordered": contests.reverse()
            default: break
            }
            let rules = try BallotRules(
                electionID: try vector["electionId"].bytes32, style: shownAs, contests: contests,
                keys: keys)
            let wire = try vector["wire"].bytes
            do throws(RefusalCode) {
                let ballot = try Ballot(wire, rules: rules)
                #expect(BallotVerifier.diagnose(ballot, rules: rules) == expected, "\(name)")
                var random = SeededRandom(2)
                let refusals = BallotVerifier.verify([(ballot, rules)], random: &random)
                #expect(refusals == [expected.onLedger], "\(name)")
            } catch {
                #expect(error == expected, "\(name)")
            }
        }
    }

    @Test func batchNamesTheBadBallotsAlone() throws {
        let rules = try self.election.rules(style: 1)
        let rejected = try self.election.file["ballot"]["reject"].list
        let shifted = try #require(
            try rejected.first { try $0["name"].text == "f0 + 1, f1 - 1 (sum kept)" })
        var random = SeededRandom(3)
        let good = try ["a0", "a1", "a2", "a3"].map { name throws in
            (ballot: try Ballot(try self.election.wire(name), rules: rules), rules: rules)
        }
        #expect(BallotVerifier.verify(good, random: &random) == [nil, nil, nil, nil])
        let bad = (ballot: try Ballot(try shifted["wire"].bytes, rules: rules), rules: rules)
        #expect(
            BallotVerifier.verify([good[0], bad, good[2]], random: &random) == [nil, .proof, nil])
    }

    @Test func batchMixesStyles() throws {
        let first = try self.election.rules(style: 1)
        let second = try self.election.rules(style: 2)
        let batch = [
            (ballot: try Ballot(try self.election.wire("a1"), rules: first), rules: first),
            (ballot: try Ballot(try self.election.wire("b0"), rules: second), rules: second),
            (ballot: try Ballot(try self.election.wire("b1"), rules: second), rules: second),
        ]
        var random = SeededRandom(4)
        #expect(BallotVerifier.verify(batch, random: &random) == [nil, nil, nil])
    }

    /// Every decodable ballot of style 1, good and bad, in random mixtures.
    @Test func batchDecidesAsEachBallotAlone() throws {
        let rules = try self.election.rules(style: 1)
        let nodes =
            try self.election.file["ballot"]["accept"].list
            + self.election.file["ballot"]["reject"].list
        // A wire that the rules cannot read is no candidate.
        let candidates = try nodes.compactMap { node throws in
            try? Ballot(try node["wire"].bytes, rules: rules)
        }
        let alone = candidates.map { BallotVerifier.diagnose($0, rules: rules)?.onLedger }
        #expect(alone.contains(nil) && alone.contains(.sum) && alone.contains(.proof))
        var random = SeededRandom(6)
        for _ in 0..<6 {
            let chosen = (0..<(1 + random.below(8))).map { _ in random.below(candidates.count) }
            let batch = chosen.map { (ballot: candidates[$0], rules: rules) }
            #expect(BallotVerifier.verify(batch, random: &random) == chosen.map { alone[$0] })
        }
    }

    @Test func sumsOfCiphertextsDecryptAsTheVectorsSay() throws {
        let elgamal = try self.election.file["elgamal"]
        let key = try elgamal["Y"].element
        var total = EncryptedTotal(cellCount: 1)
        for node in try elgamal["ciphertexts"].list {
            let r = try node["r"].scalar
            let v = Scalar(UInt64(try node["v"].number))
            #expect(MultiScalar.sum([r], [.base]).encoded() == (try node["A"].bytes32))
            #expect(
                MultiScalar.sum([r, v], [key.point, .base]).encoded() == (try node["C"].bytes32))
            try total.add(
                BallotCiphertext(
                    contest: 0, a: try node["A"].bytes32, c: [try node["C"].bytes32]))
        }
        #expect(total.a.encoded() == (try elgamal["sum"]["A"].bytes32))
        #expect(total.c[0].encoded() == (try elgamal["sum"]["C"].bytes32))
        let plain = MultiScalar.sum([.one, -(try elgamal["x"].scalar)], [total.c[0], total.a])
        #expect(
            DiscreteLogarithms(bound: 100).logarithm(of: plain, atMost: 100)
                == UInt64(try elgamal["sum"]["v"].number))
    }

    @Test func ballotsThatCancelUnderEqualWeightsAreBothRefused() throws {
        let rules = try self.election.rules(style: 1)
        let batch = try self.election.file["ballot"]["batchCancel"].list.map { wire throws in
            (ballot: try Ballot(try wire.bytes, rules: rules), rules: rules)
        }
        #expect(batch.count == 2)
        for seed in 0..<8 {
            var random = SeededRandom(UInt64(seed))
            #expect(BallotVerifier.verify(batch, random: &random) == [.proof, .proof])
        }
    }

    @Test func doubleWeightForgedWithATrapdooredGeneratorIsRefused() throws {
        let vector = try self.election.file["trapdoorH"]
        let rules = try self.election.rules(style: try vector["style"].number)
        let ballot = try Ballot(try vector["wire"].bytes, rules: rules)
        #expect(BallotVerifier.diagnose(ballot, rules: rules) == .bit)
        var random = SeededRandom(5)
        #expect(BallotVerifier.verify([(ballot, rules)], random: &random) == [.proof])
    }

    /// Joint keys in another order.
    private func otherKeys() throws -> ElectionKeys {
        try ElectionKeys(
            parameters: self.election.keys.parameters,
            jointKeys: self.election.keys.jointKeys.reversed(),
            verificationKeys: self.election.keys.verificationKeys)
    }
}
