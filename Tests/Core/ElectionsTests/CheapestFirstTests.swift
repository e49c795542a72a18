import BallotCryptography
import Codec
import Elections
import Ledger
import Ristretto
import Testing

/// A node looks at what is cheap first, and says what the order of the protocol says.
struct CheapestFirstTests {
    private static let time = Hour.opens + 2
    private static let choices: [ContestChoice] = [.options([0]), .options([1])]

    /// Random bytes that count how often somebody asks: each checked sum takes some.
    private struct CountingRandom: RandomSource {
        var calls = 0
        private var source = SeededRandom("weights")

        mutating func bytes(_ count: Int) -> [UInt8] {
            calls += 1
            return source.bytes(count)
        }
    }

    /// What can be wrong with a ballot, by the bytes that say so.
    private enum Fault: CaseIterable {
        case sequence, element, point, scalar, identity, certificate, signature, proof
    }

    private func wire(_ ballot: BallotTransaction, with fault: Fault) -> BallotTransaction {
        var wire = ballot.wire
        var certificate = ballot.certificate
        let end = wire.count
        switch fault {
        case .sequence: wire[BallotRefusalTests.sequenceOffset + 3] = 7
        case .element: wire.replaceSubrange(117..<149, with: wire[509..<541])
        // T_A of the first contest, of 3 cells.
        case .point: wire[117 + 32 * 4 + 31] |= 0x80
        case .scalar: wire[end - 65] = 0xFF
        case .identity: for place in 117..<149 { wire[place] = 0 }
        case .certificate:
            certificate = certificate.isEmpty ? [1] : certificate.map { $0 ^ 1 }
        // zs, and zq, which the signature does not cover.
        case .signature: wire[end - 32] ^= 1
        case .proof: wire[end - 96] ^= 1
        }
        return BallotTransaction(wire: wire, certificate: certificate)
    }

    /// What a node says of a transaction at its door.
    private func admission(
        _ world: World, _ transaction: Transaction, random: inout CountingRandom
    ) throws -> RefusalCode? {
        let entry = Entry(transaction.canonicalBytes)
        var check = try AdmissionCheck(
            chain: world.chain, state: world.state, catalog: world.head.catalog,
            time: Hour.time(Self.time))
        let screening = try check.screen(entry)
        if case .refused(let refusal) = screening.admission { return refusal.code }
        let ballot = try #require(screening.ballot)
        let verdicts = BallotCheck.verify([ballot], order: .cheapestFirst, random: &random)
        guard case .refused(let refusal) = verdicts[0] else { return nil }
        return refusal.code
    }

    @Test(arguments: [1, 2])
    func ballotsWithTwoFaultsAreRefusedWithTheCodeOfTheFirstRule(sequence: Int) throws {
        var world = Stages.open
        var voter = try world.voter("v", style: 1)
        var transaction = Transaction.ballot(BallotTransaction(wire: [], certificate: []))
        for number in 1...sequence {
            (transaction, voter) = try world.ballot(voter, Self.choices)
            if number < sequence { try world.block(at: Hour.opens + 1, [transaction]) }
        }
        guard case .ballot(let good) = transaction else { throw World.Missing("ballot") }
        var random = CountingRandom()
        #expect(try admission(world, transaction, random: &random) == nil)
        var codes: Set<RefusalCode> = []
        for first in Fault.allCases {
            for second in Fault.allCases {
                let ballot = Transaction.ballot(wire(wire(good, with: first), with: second))
                let expected = try world.code(at: Self.time, ballot)
                #expect(
                    try admission(world, ballot, random: &random) == expected,
                    "\(first) and \(second)")
                if let expected { codes.insert(expected) }
            }
        }
        let all: Set<RefusalCode> = [
            .sequence, .duplicateA, .point, .scalar, .identity, .certificate, .proof,
        ]
        #expect(codes == all)
    }

    /// Key and `prev` of a credential are in the public log, so a stranger can make the rest up.
    @Test func aForgedRevoteIsRefusedByItsSignatureAlone() throws {
        var world = Stages.open
        let (first, after) = try world.ballot(try world.voter("v", style: 1), Self.choices)
        try world.block(at: Hour.opens + 1, [first])
        guard case .ballot(let revote) = try world.ballot(after, Self.choices).0 else {
            throw World.Missing("ballot")
        }
        var random = CountingRandom()
        for fault in [Fault.signature, .certificate] {
            let forged = Transaction.ballot(wire(revote, with: fault))
            #expect(
                try admission(world, forged, random: &random)
                    == (fault == .signature ? .proof : .certificate))
        }
        // No sum of a batch was checked for it.
        #expect(random.calls == 0)
        #expect(try admission(world, .ballot(revote), random: &random) == nil)
        #expect(random.calls == 1)
    }

    /// A spoiled encryption shows its certificate to everybody, and the credential may still vote.
    @Test func aCopiedCertificateBuysNoCheckOfAProof() throws {
        var world = Stages.open
        let owner = try world.voter("v", style: 1)
        let (tracker, _) = try world.encrypted(owner, Self.choices)
        try world.block(at: Hour.opens + 1, [try world.spoil(owner, tracker)])
        guard case .ballot(let ballot) = try world.ballot(owner, Self.choices).0 else {
            throw World.Missing("ballot")
        }
        var random = CountingRandom()
        let forged = Transaction.ballot(wire(ballot, with: .signature))
        #expect(try admission(world, forged, random: &random) == .proof)
        #expect(random.calls == 0)
    }
}
