import BallotCryptography
package import Codec
import Ledger

// The tables of the state. A record's key is `StateKey.recordSpace`, the table (u8) and the fields
// named below in canonical encoding. "election" is the SHA-256 of the election document.

/// Keys of the records that others prove against a digest.
package enum StateKeys {
    /// Totals of a (tally unit, contest) pair while ballots are cast.
    package static func total(election: Bytes32, tallyUnit: UInt32, contest: UInt32) -> StateKey {
        Table.total(election, tallyUnit: tallyUnit, contest: contest).key
    }

    /// A decryption unit after the close.
    package static func unit(election: Bytes32, unit: UInt32) -> StateKey {
        Table.unit(election, unit).key
    }

    /// What a credential has cast.
    package static func credential(election: Bytes32, key: Bytes32) -> StateKey {
        Table.credential(election, key).key
    }

    /// A style's accounting and roll root.
    package static func style(election: Bytes32, style: UInt32) -> StateKey {
        Table.style(election, style).key
    }
}

/// Makes the keys of all tables.
enum Table {
    /// The second byte of a record's key.
    private enum Number: UInt8 {
        case head = 0x01
        case agenda = 0x02
        case transaction = 0x03
        case validators = 0x04
        case validatorChange = 0x05
        case evidence = 0x06
        case electionByNumber = 0x10
        case electionByName = 0x11
        case electionByID = 0x12
        case election = 0x13
        case document = 0x14
        case ceremony = 0x20
        case ceremonyMessage = 0x21
        case keys = 0x22
        case style = 0x30
        case rollPart = 0x31
        case rollMarks = 0x32
        case credential = 0x40
        case usedElement = 0x41
        case total = 0x42
        case spoiled = 0x43
        case spoils = 0x44
        case spoiledCode = 0x45
        case unit = 0x50
        case share = 0x51
        case result = 0x60
        case signature = 0x61
    }

    static let head = key(.head, ChainHead.self) { _ in }
    static let agenda = key(.agenda, Agenda.self) { _ in }

    static func transaction(_ id: Bytes32) -> RecordKey<Height> {
        key(.transaction) { $0.write(id) }
    }

    static let validators = key(.validators, ValidatorsRecord.self) { _ in }

    static func validatorChange(_ number: UInt32) -> RecordKey<ValidatorChangeRecord> {
        key(.validatorChange) { $0.write(number) }
    }

    /// The height of the block that holds the evidence.
    static func evidence(
        _ consensusKey: Bytes32, round: Round, kind: EquivocationKind
    ) -> RecordKey<Height> {
        key(.evidence) {
            $0.write(consensusKey)
            round.encode(to: &$0)
            $0.write(kind.rawValue)
        }
    }

    static func electionByNumber(_ number: UInt32) -> RecordKey<Bytes32> {
        key(.electionByNumber) { $0.write(number) }
    }

    /// Names are short, so the text itself is the key.
    static func electionByName(_ name: String) -> RecordKey<Bytes32> {
        key(.electionByName) { $0.write(raw: [UInt8](name.utf8)) }
    }

    static func electionByID(_ electionID: Bytes32) -> RecordKey<Bytes32> {
        key(.electionByID) { $0.write(electionID) }
    }

    static func election(_ election: Bytes32) -> RecordKey<ElectionRecord> {
        key(.election) { $0.write(election) }
    }

    static func document(_ election: Bytes32) -> RecordKey<ElectionDocument> {
        key(.document) { $0.write(election) }
    }

    static func ceremony(_ election: Bytes32, _ number: UInt32) -> RecordKey<CeremonyRecord> {
        key(.ceremony) {
            $0.write(election)
            $0.write(number)
        }
    }

    /// `about` is the accused dealer of a complaint, else 0.
    static func ceremonyMessage(
        _ election: Bytes32, _ ceremony: UInt32, _ step: CeremonyStep, trustee: UInt32,
        about: UInt32 = 0
    ) -> RecordKey<CeremonyMessageRecord> {
        key(.ceremonyMessage) {
            $0.write(election)
            $0.write(ceremony)
            $0.write(step.rawValue)
            $0.write(trustee)
            $0.write(about)
        }
    }

    static func keys(_ election: Bytes32, _ ceremony: UInt32) -> RecordKey<KeysRecord> {
        key(.keys) {
            $0.write(election)
            $0.write(ceremony)
        }
    }

    static func style(_ election: Bytes32, _ style: UInt32) -> RecordKey<StyleRecord> {
        key(.style) {
            $0.write(election)
            $0.write(style)
        }
    }

    static func rollPart(
        _ election: Bytes32, _ style: UInt32, _ part: UInt32
    ) -> RecordKey<RollPartRecord> {
        key(.rollPart) {
            $0.write(election)
            $0.write(style)
            $0.write(part)
        }
    }

    static func rollMarks(
        _ election: Bytes32, _ style: UInt32, _ part: UInt32
    ) -> RecordKey<RollMarks> {
        key(.rollMarks) {
            $0.write(election)
            $0.write(style)
            $0.write(part)
        }
    }

    static func credential(
        _ election: Bytes32, _ credentialKey: Bytes32
    ) -> RecordKey<CredentialRecord> {
        key(.credential) {
            $0.write(election)
            $0.write(credentialKey)
        }
    }

    static func usedElement(_ election: Bytes32, _ a: Bytes32) -> RecordKey<Present> {
        key(.usedElement) {
            $0.write(election)
            $0.write(a)
        }
    }

    static func total(
        _ election: Bytes32, tallyUnit: UInt32, contest: UInt32
    ) -> RecordKey<TotalRecord> {
        key(.total) {
            $0.write(election)
            $0.write(tallyUnit)
            $0.write(contest)
        }
    }

    /// The transaction that spoiled a credential's tracker.
    static func spoiled(
        _ election: Bytes32, _ credentialKey: Bytes32, tracker: Bytes32
    ) -> RecordKey<Bytes32> {
        key(.spoiled) {
            $0.write(election)
            $0.write(credentialKey)
            $0.write(tracker)
        }
    }

    static func spoils(_ election: Bytes32, _ credentialKey: Bytes32) -> RecordKey<SpoilCount> {
        key(.spoils) {
            $0.write(election)
            $0.write(credentialKey)
        }
    }

    static func spoiledCode(
        _ election: Bytes32, _ code: TrackingCode
    ) -> RecordKey<SpoiledCode> {
        key(.spoiledCode) {
            $0.write(election)
            $0.write(raw: code.prefix)
        }
    }

    static func unit(_ election: Bytes32, _ unit: UInt32) -> RecordKey<UnitRecord> {
        key(.unit) {
            $0.write(election)
            $0.write(unit)
        }
    }

    static func share(
        _ election: Bytes32, unit: UInt32, trustee: UInt32
    ) -> RecordKey<ShareRecord> {
        key(.share) {
            $0.write(election)
            $0.write(unit)
            $0.write(trustee)
        }
    }

    static func result(_ election: Bytes32) -> RecordKey<ResultRecord> {
        key(.result) { $0.write(election) }
    }

    static func signature(_ election: Bytes32, member: UInt16) -> RecordKey<SignatureRecord> {
        key(.signature) {
            $0.write(election)
            $0.write(member)
        }
    }

    /// The election and the number of the style whose record has this key; nil for another record.
    static func style(named key: StateKey) -> (election: Bytes32, style: UInt32)? {
        guard isKey(key, of: .style) else { return nil }
        var reader = ByteReader([UInt8](key.bytes.dropFirst(2)))
        // A key of this table has no other length: it was made above.
        guard let election = try? reader.readBytes32(), let style = try? reader.readUInt32()
        else { return nil }
        return (election, style)
    }

    /// Whether a key is that of an election id.
    static func isElectionID(_ key: StateKey) -> Bool { isKey(key, of: .electionByID) }

    private static func isKey(_ key: StateKey, of table: Number) -> Bool {
        key.bytes.count > 2 && key.bytes[0] == StateKey.recordSpace
            && key.bytes[1] == table.rawValue
    }

    private static func key<Record: CanonicalCodable>(
        _ table: Number, _ type: Record.Type = Record.self,
        _ fields: (inout ByteWriter) -> Void
    ) -> RecordKey<Record> {
        var writer = ByteWriter(reservingCapacity: 72)
        writer.write(StateKey.recordSpace)
        writer.write(table.rawValue)
        fields(&writer)
        return RecordKey(key: StateKey(writer.bytes))
    }
}
