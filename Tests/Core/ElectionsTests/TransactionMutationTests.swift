import BallotCryptography
import Codec
import Elections
import Ledger
import Mutations
import Testing

/// Every kind of transaction with one thing changed: a bit, a byte, a piece of another object of its
/// kind or of its own, a length. None is accepted where the original is.
struct TransactionMutationTests {
    /// An accepted transaction, the moment for it, and others of its kind.
    private struct Case {
        let world: World
        let time: UInt64
        let transaction: Transaction
        let others: [Transaction]
    }

    /// Every `step`th change: all of them together take minutes.
    private func changes(_ bytes: [UInt8], _ others: [[UInt8]], step: Int) -> [[UInt8]] {
        EveryChange.of(bytes, beside: others).enumerated()
            .filter { $0.offset.isMultiple(of: step) }.map(\.element)
    }

    private func check(_ item: Case, step: Int) throws {
        let good = item.transaction.canonicalBytes
        #expect(try item.world.refusal(at: item.time, bytes: good) == nil)
        let others = item.others.map(\.canonicalBytes)
        for changed in self.changes(good, others, step: step) where !others.contains(changed) {
            #expect(
                try item.world.refusal(at: item.time, bytes: changed) != nil,
                "\(item.transaction.tag) \(Hexadecimal.encode(changed))")
        }
    }

    @Test func changedMessagesOfTheCeremonyAreRefused() throws {
        var registering = Stages.created
        try self.check(
            Case(
                world: Stages.created, time: 101, transaction: try registering.registration(1),
                others: [try registering.registration(2)]), step: 13)
        var committing = Stages.created
        try committing.all(at: 100) { try $0.registration($1) }
        try self.check(
            Case(
                world: committing, time: 101, transaction: try committing.commitment(1),
                others: [try committing.commitment(2)]), step: 13)
        var dealing = committing
        try dealing.all(at: 101) { try $0.commitment($1) }
        let before = dealing
        try self.check(
            Case(
                world: before, time: 102, transaction: try dealing.dealing(1),
                others: [try dealing.dealing(2)]), step: 67)
        var confirming = Stages.dealt
        try self.check(
            Case(
                world: Stages.dealt, time: 5_000, transaction: try confirming.confirmation(1),
                others: [try confirming.confirmation(2)]), step: 13)
    }

    /// Signed anew by the trustee itself: the proofs stand against it. What a dealer seals is the
    /// receiver's to check, and a dealing with bad shares is taken so that it can be complained of.
    @Test func changedMessagesThatTheTrusteeSignsAreRefused() throws {
        var registering = Stages.created
        var confirming = Stages.dealt
        var closed = Stages.closed
        let cases: [(world: World, time: UInt64, good: Transaction, other: Transaction)] = [
            (
                Stages.created, 101, try registering.registration(1),
                try registering.registration(2)
            ),
            (Stages.dealt, 5_000, try confirming.confirmation(1), try confirming.confirmation(2)),
            (
                Stages.closed, Hour.after + 1, try closed.decryption(1, unit: 1),
                try closed.decryption(2, unit: 1)
            ),
        ]
        for (world, time, good, other) in cases {
            for changed in self.changes(good.payload, [other.payload], step: 7) {
                let transaction: Transaction
                switch good {
                case .ceremony(let step, _):
                    transaction = world.ceremony(step, 1, RawPayload(changed))
                default: transaction = world.share(1, unit: 1, RawPayload(changed))
                }
                #expect(
                    try world.code(at: time, transaction) != nil,
                    "\(good.tag) \(Hexadecimal.encode(changed))")
            }
        }
    }

    @Test func changedTransactionsOfTheRegistrarAreRefused() throws {
        let world = Stages.open
        let time = Hour.opens + 1
        let cases = [
            Case(
                world: Stages.rehearsed, time: 9_000, transaction: Stages.rehearsed.roll(1),
                others: [Stages.rehearsed.roll(2)]),
            Case(
                world: world, time: time, transaction: world.rollChange(1, leaf: 0, .paper),
                others: [world.rollChange(2, leaf: 0, .paper)]),
            Case(
                world: world, time: time, transaction: world.issueCount(1, 4),
                others: [world.issueCount(3, 3)]),
            Case(
                world: world, time: time, transaction: world.issuedLeaves(1, [0, 2]),
                others: [world.issuedLeaves(3, [0, 1])]),
        ]
        for item in cases { try self.check(item, step: 13) }
    }

    @Test func changedTransactionsOfTheCommissionAreRefused() throws {
        try self.check(
            Case(
                world: World(), time: Hour.created, transaction: try World().creation(),
                others: []), step: 199)
        try self.check(
            Case(
                world: Stages.open, time: Hour.opens + 1,
                transaction: try Stages.open.extensionOf([1], to: Hour.after), others: []),
            step: 13)
        try self.check(
            Case(
                world: Stages.open, time: Hour.opens + 1, transaction: try Stages.open.abortion(),
                others: []), step: 13)
        let result = try #require(
            try Stages.resulted.queries.resultProtocol(Stages.resulted.election))
        try self.check(
            Case(
                world: Stages.resulted, time: Hour.after + 200,
                transaction: Stages.resulted.protocolSignature(0, over: result),
                others: [Stages.resulted.protocolSignature(1, over: result)]), step: 13)
    }

    @Test func changedPartialDecryptionsAreRefused() throws {
        var world = Stages.closed
        try self.check(
            Case(
                world: Stages.closed, time: Hour.after + 1,
                transaction: try world.decryption(1, unit: 1),
                others: [try world.decryption(2, unit: 1), try world.decryption(1, unit: 2)]),
            step: 29)
    }

    /// Ballot and certificate: each change of either is refused, also one that exchanges the
    /// certificates of two voters.
    @Test func changedBallotsAreRefused() throws {
        var world = Stages.open
        let (first, _) = try world.ballot(
            try world.voter("a", style: 1), [.options([0]), .options([0])])
        let (second, _) = try world.ballot(
            try world.voter("b", style: 1), [.options([1]), .options([1])])
        try self.check(
            Case(
                world: Stages.open, time: Hour.opens + 1, transaction: first, others: [second]),
            step: 61)
        guard case .ballot(let one) = first, case .ballot(let two) = second else { return }
        let exchanged = Transaction.ballot(
            BallotTransaction(wire: one.wire, certificate: two.certificate))
        #expect(try world.code(at: Hour.opens + 1, exchanged) == .certificate)
    }
}

/// Bytes that stand where a message would.
private struct RawPayload: CanonicalCodable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }
    init(from reader: inout ByteReader) throws(CodecError) {
        self.bytes = try reader.readRaw(reader.remaining)
    }
    func encode(to writer: inout ByteWriter) { writer.write(raw: self.bytes) }
}

extension Transaction {
    /// What the trustee's signature is over, beside the fields that every message has.
    fileprivate var payload: [UInt8] {
        switch self {
        case .ceremony(_, let signed): signed.body.payload
        case .partialDecryption(let signed): signed.body.payload
        default: []
        }
    }
}
