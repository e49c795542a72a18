package import BallotCryptography
package import Codec
import Ristretto

/// `rules | seed | u32 sequence | previous | u32 contests | choice*`, the choices in the order of the
/// rules: `0 | u32 count | u32 option*`, options from 0, or `1` for the counted blank.
struct EncryptInput: WebInput {
    private let rules: RulesInput
    private let seed: Bytes32
    private let sequence: UInt32
    private let previous: Bytes32
    private let choices: [ContestChoice]

    init(from reader: inout ByteReader) throws(CodecError) {
        self.rules = try RulesInput(from: &reader)
        self.seed = try reader.readBytes32()
        self.sequence = try reader.readUInt32()
        self.previous = try reader.readBytes32()
        let count = Int(try reader.readUInt32())
        guard count <= Limits.contestsPerBallot else {
            throw .overLimit(count: count, limit: Limits.contestsPerBallot)
        }
        var choices: [ContestChoice] = []
        for _ in 0..<count { choices.append(try ContestChoice(from: &reader)) }
        self.choices = choices
    }

    /// The encryption, whose tracker the voter is shown before deciding.
    func encryption<R: RandomSource>(_ random: inout R) throws(WebRefusal) -> EncryptedBallot {
        let rules: BallotRules
        do throws(RefusalCode) {
            rules = try self.rules.rules()
        } catch {
            throw .code(error)
        }
        let arithmetic = ConstantTimeArithmetic()
        do throws(ChoiceError) {
            return try EncryptedBallot(
                self.choices, rules: rules,
                credential: CredentialKey(
                    seed: self.seed, electionID: rules.electionID, style: rules.style,
                    arithmetic: arithmetic),
                sequence: self.sequence, previous: self.previous, arithmetic: arithmetic,
                random: &random)
        } catch {
            throw .choice
        }
    }
}

extension ContestChoice: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .options(let options):
            writer.write(UInt8(0))
            writer.write(UInt32(options.count))
            for option in options { writer.write(UInt32(option)) }
        case .blank:
            writer.write(UInt8(1))
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let tag = try reader.readUInt8()
        switch tag {
        case 0:
            let count = Int(try reader.readUInt32())
            guard count <= Limits.cellsPerContest else {
                throw .overLimit(count: count, limit: Limits.cellsPerContest)
            }
            var options: [Int] = []
            for _ in 0..<count {
                let option = try reader.readUInt32()
                guard option < UInt32(Limits.cellsPerContest) else {
                    throw .overLimit(
                        count: Limits.cellsPerContest, limit: Limits.cellsPerContest - 1)
                }
                options.append(Int(option))
            }
            self = .options(options)
        case 1: self = .blank
        default: throw .unknownTag(tag)
        }
    }
}

/// `credential | tracker`: registers a challenged encryption, so that it can never be cast.
struct SpoilInput: WebInput {
    private let credential: CredentialInput
    private let tracker: Bytes32

    init(from reader: inout ByteReader) throws(CodecError) {
        self.credential = try CredentialInput(from: &reader)
        self.tracker = try reader.readBytes32()
    }

    /// The proof as it stands in a spoil transaction, 128 bytes.
    func answer<R: RandomSource>(_ random: inout R) -> [UInt8] {
        SpoilProof(
            tracker: self.tracker, electionID: self.credential.electionID,
            credential: self.credential.key, arithmetic: ConstantTimeArithmetic(),
            random: &random
        ).canonicalBytes
    }
}

/// `rules | u32 size | wire`.
struct VerifyBallotInput: CodedInput {
    private let rules: RulesInput
    private let wire: [UInt8]

    init(from reader: inout ByteReader) throws(CodecError) {
        self.rules = try RulesInput(from: &reader)
        // One byte more than a ballot may have is still a ballot to refuse for its length.
        self.wire = try reader.readVariable(limit: Limits.ballotSize + 1)
    }

    /// `P | u32 sequence | previous | tracker | ballotId`, if form and proof hold.
    func answer() throws(RefusalCode) -> [UInt8] {
        let rules = try self.rules.rules()
        let ballot = try Ballot(self.wire, rules: rules)
        if let refusal = BallotVerifier.diagnose(ballot, rules: rules) { throw refusal }
        var writer = ByteWriter()
        writer.write(ballot.header.credentialKey)
        writer.write(ballot.header.sequence)
        writer.write(ballot.header.previous)
        writer.write(ballot.tracker)
        writer.write(ballot.ballotID)
        return writer.bytes
    }
}

/// `rules | opening`.
struct VerifyOpeningInput: CodedInput {
    private let rules: RulesInput
    private let opening: BallotOpening

    init(from reader: inout ByteReader) throws(CodecError) {
        self.rules = try RulesInput(from: &reader)
        self.opening = try BallotOpening(from: &reader)
    }

    /// `tracker | tracking code | u32 contests | choice*`: what the voter compares with the first
    /// device.
    func answer() throws(RefusalCode) -> [UInt8] {
        let (tracker, choices) = try self.opening.check(rules: try self.rules.rules())
        var writer = ByteWriter()
        writer.write(tracker: tracker)
        writer.write(list: choices, limit: Limits.contestsPerBallot)
        return writer.bytes
    }
}

extension ByteWriter {
    /// Writes a tracker and, as a text, the tracking code that people see.
    mutating func write(tracker: Bytes32) {
        self.write(tracker)
        self.write(TrackingCode(tracker: tracker).text, limit: 64)
    }
}
