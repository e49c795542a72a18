import BallotCryptography
import Codec
import Ledger

/// The steps of one attempt at the key ceremony (`ballot.md` 1.4).
package enum CeremonyStage: UInt8, Sendable, CaseIterable {
    /// D0: trustees post communication keys.
    case registration = 1
    /// D1: dealers commit.
    case commitment = 2
    /// D2: dealers reveal and deal.
    case dealing = 3
    /// D3 to D5: complaints, confirmations and rehearsal shares.
    case confirmation = 4
    case finished = 5
    /// Another attempt follows, or the election is aborted.
    case failed = 6
}

/// One attempt at the key ceremony. Trustees are named by their number in the document; the
/// cryptography numbers the participants alone, from 1 in the same order.
struct CeremonyRecord: Hashable {
    let number: UInt32
    /// Block time at which the attempt began.
    let startedAt: Timestamp
    /// Milliseconds by which this attempt's deadlines lie after the document's.
    let delay: UInt64
    let participants: [UInt32]
    let parameters: CeremonyParameters
    var stage: CeremonyStage = .registration
    var registered: [UInt32] = []
    /// Who committed, rising once the step is over.
    var dealers: [UInt32] = []
    /// Who dealt; from the confirmation on, QUAL: those without a justified complaint.
    var qualified: [UInt32] = []
    var confirmed: [UInt32] = []
    var rehearsed: [UInt32] = []
    /// The election id of the present keys.
    var electionID: Bytes32?

    /// The index that the cryptography knows a trustee by, from 1.
    func index(of trustee: UInt32) -> UInt32? {
        self.participants.firstIndex(of: trustee).map { UInt32($0) + 1 }
    }

    /// The document's number of an index of the cryptography.
    func trustee(at index: UInt32) -> UInt32? {
        guard index >= 1, index <= UInt32(self.participants.count) else { return nil }
        return self.participants[Int(index) - 1]
    }

    /// When the present step ends at the latest; nil for an attempt that is over.
    func deadline(in document: ElectionDocument) -> Timestamp? {
        let deadline =
            switch self.stage {
            case .registration: document.deadlines.registration
            case .commitment: document.deadlines.commitment
            case .dealing: document.deadlines.dealing
            case .confirmation: document.deadlines.confirmation
            case .finished, .failed: nil as Timestamp?
            }
        return deadline?.adding(milliseconds: self.delay)
    }

    /// How many must confirm and rehearse: the document's number, or all where fewer are left.
    func required(by document: ElectionDocument) -> Int {
        min(Int(document.confirmations), self.participants.count)
    }
}

/// A trustee's message as it was accepted.
struct CeremonyMessageRecord: Hashable {
    let transaction: Bytes32
    let payload: [UInt8]
    /// Whether a complaint was justified; nil for other messages.
    var isJustified: Bool?
}

/// The keys that came out of a ceremony's dealings.
struct KeysRecord: Equatable {
    let keys: ElectionKeys
}

extension CeremonyRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(self.number)
        self.startedAt.encode(to: &writer)
        writer.write(self.delay)
        writer.write(numbers: self.participants)
        self.parameters.encode(to: &writer)
        writer.write(self.stage.rawValue)
        writer.write(numbers: self.registered)
        writer.write(numbers: self.dealers)
        writer.write(numbers: self.qualified)
        writer.write(numbers: self.confirmed)
        writer.write(numbers: self.rehearsed)
        writer.write(optional: self.electionID)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        let limit = Ledger.Limits.trustees
        self.number = try reader.readUInt32()
        self.startedAt = try Timestamp(from: &reader)
        self.delay = try reader.readUInt64()
        self.participants = try reader.readNumbers(limit: limit)
        self.parameters = try CeremonyParameters(from: &reader)
        self.stage = try reader.readCase()
        self.registered = try reader.readNumbers(limit: limit)
        self.dealers = try reader.readNumbers(limit: limit)
        self.qualified = try reader.readNumbers(limit: limit)
        self.confirmed = try reader.readNumbers(limit: limit)
        self.rehearsed = try reader.readNumbers(limit: limit)
        self.electionID = try reader.readOptional()
    }
}

extension CeremonyMessageRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(self.transaction)
        writer.write(variable: self.payload, limit: Ledger.Limits.ceremonyPayload)
        writer.write(self.isJustified != nil)
        if let isJustified { writer.write(isJustified) }
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.transaction = try reader.readBytes32()
        self.payload = try reader.readVariable(limit: Ledger.Limits.ceremonyPayload)
        self.isJustified = try reader.readBool() ? try reader.readBool() : nil
    }
}

extension KeysRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) { self.keys.encode(to: &writer) }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.keys = try ElectionKeys(from: &reader)
    }
}
