import BallotCryptography
import Codec
import Elections
import Foundation
import Hashing
import Ledger
import Testing

/// Partial decryptions, the result protocol and its signatures.
struct ClosingTests {
    static let time = Hour.after + 1

    private func payload(_ transaction: Transaction) throws -> PartialDecryption {
        guard case .partialDecryption(let signed) = transaction else {
            throw World.Missing("share")
        }
        return try PartialDecryption(canonicalBytes: signed.body.payload)
    }

    @Test func wrongShareIsRefusedAndDoesNotStopTheOthers() throws {
        var world = Stages.closed
        let good = try self.payload(try world.decryption(2, unit: 1))
        let wrong = PartialDecryption(shares: good.shares.reversed(), proof: good.proof)
        let refusal = try world.refusal(at: Self.time, world.share(2, unit: 1, wrong))
        #expect(refusal?.code == .proof)
        #expect(refusal?.reason.contains("trustee 2") == true)
        for trustee in [UInt32(1), 4, 5] {
            try world.block(
                at: Self.time + UInt64(trustee), [try world.decryption(trustee, unit: 1)])
        }
        #expect(try world.queries.units(world.election)[0].counts == [1, 1, 1])
    }

    @Test func shareOfAnotherUnitOrTrusteeIsRefused() throws {
        var world = Stages.closed
        // Units 1 and 3 have as many cells.
        let first = try self.payload(try world.decryption(1, unit: 1))
        #expect(try world.code(at: Self.time, world.share(1, unit: 3, first)) == .proof)
        #expect(try world.code(at: Self.time, world.share(2, unit: 1, first)) == .proof)
        #expect(
            try world.code(at: Self.time, world.share(1, unit: 1, first, by: "trustee 2"))
                == .authorization)
        #expect(try world.code(at: Self.time, world.share(9, unit: 1, first)) == .authorization)
        #expect(try world.code(at: Self.time, world.share(1, unit: 9, first)) == .contest)
        #expect(try world.code(at: Self.time, world.share(1, unit: 2, first)) == .proof)
        let short = PartialDecryption(
            shares: [Bytes32](first.shares.dropLast()), proof: first.proof)
        #expect(try world.code(at: Self.time, world.share(1, unit: 1, short)) == .length)
        let bad = PartialDecryption(
            shares: first.shares.map { _ in seed("no point") }, proof: first.proof)
        #expect(
            try [.point, .proof].contains(
                world.code(at: Self.time, world.share(1, unit: 1, bad))))
    }

    @Test func unitThatWasMergedAwayIsNeverDecrypted() throws {
        var world = Stages.closed
        let share = try self.payload(try world.decryption(1, unit: 4))
        #expect(try world.code(at: Self.time, world.share(1, unit: 4, share)) == .unitOverlap)
    }

    @Test func unitWithoutBallotsTakesNoShare() throws {
        var world = Stages.open
        let (ballot, _) = try world.ballot(try world.voter("a", style: 3), [.options([0])])
        let (second, _) = try world.ballot(try world.voter("b", style: 3), [.options([0])])
        try world.block(at: Hour.opens + 1, [ballot, second])
        try world.block(at: Hour.after)
        #expect(try world.queries.units(world.election)[0].counts == [0, 0, 0])
        #expect(try world.queries.units(world.election)[0].needsShares == false)
        #expect(try world.code(at: Self.time, try world.decryption(1, unit: 1)) == .phase)
        // An option without votes, and a unanimous unit.
        for trustee in UInt32(1)...3 {
            try world.block(
                at: Self.time + UInt64(trustee), [try world.decryption(trustee, unit: 3)])
        }
        #expect(try world.queries.units(world.election)[2].counts == [2, 0, 0])
        #expect(try world.status.phase == .tallied)
    }

    @Test func shareBeforeTheCloseOrTwiceIsRefused() throws {
        var world = Stages.closed
        let share = try world.decryption(1, unit: 1)
        #expect(try Stages.voted.code(at: Hour.after - 1, share) == .phase)
        try world.block(at: Self.time, [share])
        #expect(try world.status.phase == .decrypting)
        #expect(try world.code(at: Self.time + 1, try world.decryption(1, unit: 1)) == .duplicate)
    }

    @Test func fewerSharesThanTheThresholdDecideNothing() throws {
        var world = Stages.closed
        for trustee in [UInt32(1), 2] {
            try world.block(
                at: Self.time + UInt64(trustee), [try world.decryption(trustee, unit: 1)])
        }
        #expect(try world.queries.units(world.election)[0].counts == nil)
    }

    @Test func signatureOverOtherBytesIsRefused() throws {
        var world = Stages.resulted
        let bytes = try #require(try world.queries.resultProtocol(world.election))
        let time = Hour.after + 200
        func code(_ transaction: Transaction) throws -> RefusalCode? {
            try world.code(at: time, transaction)
        }
        var other = bytes
        other[other.count / 2] ^= 1
        #expect(try code(world.protocolSignature(0, over: other)) == .result)
        #expect(
            try code(world.protocolSignature(0, over: other, hash: SHA256.digest(bytes)))
                == .result)
        #expect(
            try code(world.protocolSignature(0, over: bytes, hash: seed("other"))) == .result)
        #expect(
            try code(world.protocolSignature(0, over: bytes, by: "member 1")) == .authorization)
        #expect(
            try code(world.protocolSignature(9, over: bytes)) == .authorization)
        #expect(
            try code(world.protocolSignature(0, over: bytes, dissent: "")) == .parameter)
        try world.block(at: time, [world.protocolSignature(0, over: bytes)])
        #expect(
            try world.code(
                at: time + 1, world.protocolSignature(0, over: bytes, dissent: "no"))
                == .duplicate)
    }

    @Test func nothingIsSignedBeforeTheProtocolIsFixed() throws {
        let world = Stages.counted
        let bytes = try #require(try Stages.resulted.queries.resultProtocol(world.election))
        var fixed = world
        try fixed.block(at: Hour.after + 100)
        #expect(
            try Stages.closed.code(at: Self.time, world.protocolSignature(0, over: bytes))
                == .phase)
        #expect(
            try fixed.code(at: Hour.after + 101, world.protocolSignature(0, over: bytes)) == nil)
    }

    @Test func resultProtocolIsJSONThatSaysWhatWasCounted() throws {
        let world = Stages.resulted
        let bytes = try #require(try world.queries.resultProtocol(world.election))
        let parsed = try #require(
            try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(parsed["format"] as? String == "veche-result-protocol/v1")
        let results = try #require(parsed["results"] as? [[String: Any]])
        let mayor = try #require(results[0]["options"] as? [[String: Any]])
        #expect(mayor.map { $0["votes"] as? Int } == [2, 3])
        #expect(results[0]["blank"] as? Int == 1)
        #expect(results[0]["counted"] as? Int == 6)
        let council = try #require(results[1]["options"] as? [[String: Any]])
        #expect(council.map { $0["votes"] as? Int } == [1, 0, 1])
        let units = try #require(parsed["units"] as? [[String: Any]])
        #expect(units.map { $0["unit"] as? Int } == [1, 2, 3])
        #expect(units.map { $0["cast"] as? Int } == [3, 3, 3])
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasSuffix("}\n"))
        #expect(text.contains("\"text\": \"Да\""))
    }
}
