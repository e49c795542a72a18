import BallotCryptography
import Codec
import Elections
import Ledger
import Testing

/// Whatever a transaction holds, it is applied or refused; nothing stops the process.
struct HostileInputTests {
    private struct Raw: CanonicalCodable {
        let bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }
        init(from reader: inout ByteReader) throws(CodecError) {
            self.bytes = try reader.readRaw(reader.remaining)
        }
        func encode(to writer: inout ByteWriter) { writer.write(raw: self.bytes) }
    }

    /// The bytes with some changed, taken out, put in, or set to what breaks careless arithmetic.
    private func mutated(_ good: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = good
        let dice = random.bytes(12)
        for turn in 0..<(1 + Int(dice[0] & 3)) {
            guard !bytes.isEmpty else { return bytes }
            let place = (Int(dice[1 + turn]) << 8 | Int(dice[5 + turn])) % bytes.count
            switch dice[9] % 5 {
            case 0: bytes[place] ^= 1 << (dice[10] & 7)
            case 1: bytes[place] = dice[11]
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(dice[11], at: place)
            default:
                for index in place..<min(place + 4, bytes.count) { bytes[index] = 0xFF }
            }
        }
        return bytes
    }

    @Test func changedMessagesOfTheCeremonyAreAppliedOrRefused() throws {
        var random = SeededRandom("ceremony")
        var registering = Stages.created
        var dealing = Stages.created
        try dealing.all(at: 100) { try $0.registration($1) }
        try dealing.all(at: 101) { try $0.commitment($1) }
        var confirming = Stages.dealt
        let cases: [(World, Transaction)] = [
            (Stages.created, try registering.registration(1)),
            (dealing, try dealing.dealing(1)),
            (Stages.dealt, try confirming.confirmation(1)),
            (Stages.dealt, try confirming.rehearsal(1)),
        ]
        for (world, transaction) in cases {
            guard case .ceremony(let step, let signed) = transaction else { continue }
            for _ in 0..<60 {
                let payload = Raw(self.mutated(signed.body.payload, &random))
                _ = try world.code(at: 5_000, world.ceremony(step, 1, payload))
                _ = try world.code(at: 5_000, world.ceremony(.complaint, 1, payload))
            }
        }
    }

    @Test func changedBallotsAreRefused() throws {
        var random = SeededRandom("ballots")
        var world = Stages.open
        let (transaction, _) = try world.ballot(
            try world.voter("a", style: 1), [.options([0]), .options([0])])
        guard case .ballot(let ballot) = transaction else { return }
        for _ in 0..<150 {
            let wire = self.mutated(ballot.wire, &random)
            guard wire != ballot.wire, wire.count <= Limits.ballotWire else { continue }
            let changed = Transaction.ballot(
                BallotTransaction(wire: wire, certificate: ballot.certificate))
            #expect(try world.code(at: Hour.opens + 1, changed) != nil)
        }
    }

    @Test func changedTransactionsAreRefused() throws {
        var random = SeededRandom("transactions")
        var closed = Stages.closed
        let bytes = try #require(
            try Stages.resulted.queries.resultProtocol(Stages.resulted.election))
        let cases: [(World, UInt64, Transaction)] = [
            (World(), Hour.created, try World().creation()),
            (Stages.open, Hour.opens + 1, try Stages.open.extensionOf([1], to: Hour.after)),
            (Stages.open, Hour.opens + 1, try Stages.open.abortion()),
            (Stages.rehearsed, 9_000, Stages.rehearsed.roll(1)),
            (Stages.open, Hour.opens + 1, Stages.open.rollChange(1, leaf: 0, .paper)),
            (Stages.open, Hour.opens + 1, Stages.open.issueCount(1, 4)),
            (Stages.open, Hour.opens + 1, Stages.open.issuedLeaves(1, [0, 2])),
            (closed, Hour.after + 1, try closed.decryption(1, unit: 1)),
            (
                Stages.resulted, Hour.after + 200,
                Stages.resulted.protocolSignature(0, over: bytes)
            ),
        ]
        for (world, time, transaction) in cases {
            let good = transaction.canonicalBytes
            #expect(try world.refusal(at: time, bytes: good) == nil)
            for _ in 0..<60 {
                let changed = self.mutated(good, &random)
                guard changed != good else { continue }
                #expect(try world.refusal(at: time, bytes: changed) != nil)
            }
        }
    }

    @Test func numbersAtTheirLimitsAreRefused() throws {
        let world = Stages.open
        let time = Hour.opens + 1
        #expect(try world.code(at: time, world.issueCount(1, .max)) == .quota)
        #expect(try world.code(at: time, world.issueCount(.max, 1)) == .style)
        #expect(try world.code(at: time, world.issuedLeaves(1, [.max])) == .roll)
        #expect(try world.code(at: time, world.rollChange(1, leaf: .max, .paper)) == .roll)
        let part = Stages.rehearsed.roll(1, part: .max)
        #expect(try Stages.rehearsed.code(at: 9_000, part) == .roll)
        let share = PartialDecryption(
            shares: [],
            proof: EqualityProof(
                baseCommitment: .zero, otherCommitment: .zero, response: .zero))
        #expect(
            try Stages.closed.code(
                at: Hour.after + 1, Stages.closed.share(1, unit: .max, share)) == .contest)
        #expect(
            try Stages.dealt.code(
                at: 9_000,
                Stages.dealt.ceremony(.confirmation, .max, share, by: "trustee 1"))
                == .authorization)
    }
}
