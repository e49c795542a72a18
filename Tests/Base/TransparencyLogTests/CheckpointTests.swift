import Codec
import Cryptography
import Testing
import TransparencyLog

private struct Checkpoints: Decodable {
    struct Key: Decodable {
        let vkey, seedHex: String
    }
    struct Valid: Decodable {
        let size: UInt64
        let rootHex, text, signed: String
    }
    struct Extended: Decodable {
        let text, signed: String
    }
    struct Invalid: Decodable {
        let why, text: String
    }
    let keys: [Key]
    let valid: [Valid]
    let validWithExtensionLines: Extended
    let invalidTexts: [Invalid]
}

private struct Cosignatures: Decodable {
    struct Key: Decodable {
        let name, vkey, seedHex: String
    }
    struct Valid: Decodable {
        let name, vkey, signedMessageHex, timestampedSignatureHex, line: String
        let timestamp: UInt64
    }
    struct Extended: Decodable {
        let checkpointText, signedMessageHex, line: String
        let timestamp: UInt64
    }
    struct Reject: Decodable {
        let why, checkpointText, line: String
    }
    let keys: [Key]
    let checkpointText, cosignedCheckpoint, rejectVkey: String
    let cosignatures: [Valid]
    let withExtensionLine: Extended
    let reject: [Reject]
}

struct CheckpointTests {
    @Test func checkpointsAreThoseOfTheVectorsBothWays() throws {
        let vectors = try vectors("checkpoints", as: Checkpoints.self)
        let key = try VerifierKey(vkey: vectors.keys[0].vkey)
        let signer = try signer(seed: vectors.keys[0].seedHex)
        for vector in vectors.valid {
            let checkpoint = Checkpoint(
                origin: key.name, size: vector.size, root: try hash(vector.rootHex))
            #expect(string(checkpoint.text) == vector.text)
            #expect(try Checkpoint(text: [UInt8](vector.text.utf8)) == checkpoint)
            let line = NoteSignature.signed(checkpoint.text, as: key) { signer.sign($0) }
            let note = SignedNote(text: checkpoint.text, signatures: [line])
            #expect(string(note.bytes) == vector.signed)
            #expect(try note.verified(by: [key], with: Ed25519Verifier()).map(\.key) == [key])
        }
    }

    @Test func extensionLinesAreKept() throws {
        let vectors = try vectors("checkpoints", as: Checkpoints.self)
        let vector = vectors.validWithExtensionLines
        let checkpoint = try Checkpoint(text: [UInt8](vector.text.utf8))
        #expect(checkpoint.extensionLines.map(string) == ["block 17", "chain-hash abc"])
        #expect(string(checkpoint.text) == vector.text)
        let note = try SignedNote(parsing: [UInt8](vector.signed.utf8))
        let key = try VerifierKey(vkey: vectors.keys[0].vkey)
        #expect(note.text == checkpoint.text)
        #expect(try note.verified(by: [key], with: Ed25519Verifier()).count == 1)
    }

    @Test func damagedTextsAreRefused() throws {
        for vector in try vectors("checkpoints", as: Checkpoints.self).invalidTexts {
            #expect(throws: CheckpointError.self, "\(vector.why)") {
                try Checkpoint(text: [UInt8](vector.text.utf8))
            }
        }
        #expect(throws: CheckpointError.incomplete) { try Checkpoint(text: []) }
    }

    @Test func everyPartOfAWrongTextIsNamed() {
        let root = "GqaNMHSQWlgfhMu9D3U3lJBP2ARRvEwT5p2aU7xZUCw="
        let wrong: [(String, CheckpointError)] = [
            ("a b\n5\n\(root)\n", .wrongOrigin), ("a\n05\n\(root)\n", .wrongSize),
            ("a\n99999999999999999999\n\(root)\n", .wrongSize), ("a\n5\nAAAA\n", .wrongRoot),
            ("a\n5\n\(root)\n\n", .wrongExtension), ("a\n5\n\(root)\nx", .incomplete),
        ]
        for (text, error) in wrong {
            #expect(throws: error, "\(text)") { try Checkpoint(text: [UInt8](text.utf8)) }
        }
    }

    @Test func cosignaturesAreThoseOfTheVectorsBothWays() throws {
        let vectors = try vectors("cosignatures", as: Cosignatures.self)
        let checkpoint = try Checkpoint(text: [UInt8](vectors.checkpointText.utf8))
        for vector in vectors.cosignatures {
            let key = try VerifierKey(vkey: vector.vkey)
            #expect(
                Cosignature.message(checkpoint.text, time: vector.timestamp)
                    == (try bytes(vector.signedMessageHex)))
            let seed = try #require(vectors.keys.first { $0.vkey == vector.vkey }).seedHex
            let signer = try signer(seed: seed)
            let line = Cosignature.signed(checkpoint, at: vector.timestamp, as: key) {
                signer.sign($0)
            }
            #expect(string(line.line) == vector.line)
            #expect(Hexadecimal.encode(line.signature) == vector.timestampedSignatureHex)
            let verified = Cosignature.verified(
                try NoteSignature(line: [UInt8](vector.line.utf8)), of: checkpoint, by: key,
                with: Ed25519Verifier())
            #expect(verified?.time == vector.timestamp)
        }
    }

    @Test func cosignedCheckpointVerifiesWithLogAndCosigners() throws {
        let vectors = try vectors("cosignatures", as: Cosignatures.self)
        let note = try SignedNote(parsing: [UInt8](vectors.cosignedCheckpoint.utf8))
        let keys = try vectors.keys.map { try VerifierKey(vkey: $0.vkey) }
        #expect(try note.verified(by: keys, with: Ed25519Verifier()).map(\.key) == keys)
    }

    @Test func cosignatureCoversExtensionLines() throws {
        let vectors = try vectors("cosignatures", as: Cosignatures.self)
        let vector = vectors.withExtensionLine
        let checkpoint = try Checkpoint(text: [UInt8](vector.checkpointText.utf8))
        #expect(
            Cosignature.message(checkpoint.text, time: vector.timestamp)
                == (try bytes(vector.signedMessageHex)))
        let line = try NoteSignature(line: [UInt8](vector.line.utf8))
        let key = try VerifierKey(vkey: vectors.rejectVkey)
        #expect(
            Cosignature.verified(line, of: checkpoint, by: key, with: Ed25519Verifier()) != nil)
    }

    @Test func damagedCosignaturesAreRefused() throws {
        let vectors = try vectors("cosignatures", as: Cosignatures.self)
        let key = try VerifierKey(vkey: vectors.rejectVkey)
        for vector in vectors.reject {
            let checkpoint = try Checkpoint(text: [UInt8](vector.checkpointText.utf8))
            let line = try NoteSignature(line: [UInt8](vector.line.utf8))
            #expect(
                Cosignature.verified(line, of: checkpoint, by: key, with: Ed25519Verifier()) == nil,
                "\(vector.why)")
            #expect(throws: NoteError.wrongSignature(key.name), "\(vector.why)") {
                try SignedNote(text: checkpoint.text, signatures: [line])
                    .verified(by: [key], with: Ed25519Verifier())
            }
        }
    }

    @Test func timeFromTwoToTheSixtyThreeOnIsRefused() {
        #expect(Cosignature(time: 1 << 63, signature: .zero) == nil)
        #expect(Cosignature([0x80] + [UInt8](repeating: 0, count: 71)) == nil)
        #expect(Cosignature([UInt8](repeating: 0, count: 72)) != nil)
    }
}
