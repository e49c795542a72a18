import Codec
import Cryptography
import Hashing
import Testing
import TransparencyLog

private struct Notes: Decodable {
    struct Key: Decodable {
        let name, publicHex, keyIdHex, vkey, seedHex: String
    }
    struct Example: Decodable {
        let vkey, note: String
    }
    struct Case: Decodable {
        let why, note: String
        let vkeys: [String]
        let accept: Bool
    }
    struct BadKey: Decodable {
        let why, vkey: String
    }
    let keys: [Key]
    let publishedExample: Example
    let keyIdHashInputHex: [String: String]
    let cases: [Case]
    let badVkeys: [BadKey]
}

private struct PostQuantumCosignature: Decodable {
    let vkey, line: String
}

struct NoteTests {
    @Test func keysHaveTheIDsAndTextsOfTheVectors() throws {
        let vectors = try vectors("notes", as: Notes.self)
        for vector in vectors.keys {
            let key = VerifierKey(
                name: try #require(KeyName(vector.name)), kind: .note,
                publicKey: try hash(vector.publicHex))
            #expect(key.vkey == vector.vkey)
            #expect(try VerifierKey(vkey: vector.vkey) == key)
            #expect(key.id == UInt32(vector.keyIdHex, radix: 16))
        }
        for (name, input) in vectors.keyIdHashInputHex {
            let key = try #require(vectors.keys.first { $0.name == name })
            #expect(SHA256.digest(try bytes(input)).description.hasPrefix(key.keyIdHex))
        }
    }

    @Test func damagedKeysAreRefused() throws {
        for vector in try vectors("notes", as: Notes.self).badVkeys {
            #expect(throws: VerifierKeyError.self, "\(vector.why)") {
                try VerifierKey(vkey: vector.vkey)
            }
        }
    }

    @Test(arguments: ["", "+", "++", "a++", "a+00000000+", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV"])
    func textThatIsNoKeyIsRefused(text: String) {
        #expect(throws: VerifierKeyError.malformed) { try VerifierKey(vkey: text) }
    }

    @Test func keyOfALaterSignatureTypeIsNamedAsUnknown() throws {
        let vector = try vectors("cosignatures_mldsa44", as: PostQuantumCosignature.self)
        #expect(throws: VerifierKeyError.unknownType(6)) { try VerifierKey(vkey: vector.vkey) }
    }

    @Test func exampleOfTheSpecificationVerifies() throws {
        let example = try vectors("notes", as: Notes.self).publishedExample
        let key = try VerifierKey(vkey: example.vkey)
        let note = try SignedNote(parsing: [UInt8](example.note.utf8))
        #expect(try note.verified(by: [key], with: Ed25519Verifier()).map(\.key) == [key])
        #expect(note.bytes == [UInt8](example.note.utf8))
    }

    @Test func notesAreAcceptedAndRefusedAsInTheVectors() throws {
        for vector in try vectors("notes", as: Notes.self).cases {
            let keys = try vector.vkeys.map { try VerifierKey(vkey: $0) }
            let bytes = [UInt8](vector.note.utf8)
            if vector.accept {
                let note = try SignedNote(parsing: bytes)
                #expect(note.bytes == bytes)
                let verified = try note.verified(by: keys, with: Ed25519Verifier())
                #expect(verified.count == keys.count, "\(vector.why)")
            } else {
                #expect(throws: NoteError.self, "\(vector.why)") {
                    try SignedNote(parsing: bytes).verified(by: keys, with: Ed25519Verifier())
                }
            }
        }
    }

    @Test func signingGivesTheNoteOfTheVectors() throws {
        let vectors = try vectors("notes", as: Notes.self)
        let expected = try SignedNote(parsing: [UInt8](vectors.cases[0].note.utf8))
        let key = try VerifierKey(vkey: vectors.keys[0].vkey)
        let signer = try signer(seed: vectors.keys[0].seedHex)
        let line = NoteSignature.signed(expected.text, as: key) { signer.sign($0) }
        #expect(SignedNote(text: expected.text, signatures: [line]) == expected)
        #expect(try NoteSignature(line: line.line) == line)
    }

    @Test func badSignatureOfAKnownKeyNamesTheKey() throws {
        let vectors = try vectors("notes", as: Notes.self)
        let key = try VerifierKey(vkey: vectors.keys[0].vkey)
        let line = NoteSignature(
            name: key.name, keyID: key.id, signature: [UInt8](repeating: 0, count: 64))
        let note = SignedNote(text: [UInt8]("text\n".utf8), signatures: [line])
        #expect(throws: NoteError.wrongSignature(key.name)) {
            try note.verified(by: [key], with: Ed25519Verifier())
        }
    }

    @Test func oneKeyCountsOnceHoweverOftenItSigns() throws {
        let vectors = try vectors("notes", as: Notes.self)
        var note = try SignedNote(parsing: [UInt8](vectors.cases[0].note.utf8))
        note.signatures += note.signatures
        let key = try VerifierKey(vkey: vectors.keys[0].vkey)
        #expect(try note.verified(by: [key, key], with: Ed25519Verifier()).count == 1)
    }

    @Test func tooLongNotesAndTooManyLinesAreRefused() throws {
        let vectors = try vectors("notes", as: Notes.self)
        let note = try SignedNote(parsing: [UInt8](vectors.cases[0].note.utf8))
        let lines = [NoteSignature](repeating: note.signatures[0], count: 101)
        #expect(throws: NoteError.tooManySignatures) {
            try SignedNote(parsing: SignedNote(text: note.text, signatures: lines).bytes)
        }
        #expect(throws: NoteError.tooLarge) {
            try SignedNote(parsing: [UInt8](repeating: 0x61, count: LogLimits.noteSize + 1))
        }
        #expect(throws: NoteError.notText) { try SignedNote(parsing: [0xFF, 0x0A]) }
    }

    @Test(arguments: ["", "a b", "a+b", "a\u{2003}b", "a\u{85}", "a\n", "\u{0}"])
    func nameWithSpacePlusOrControlIsRefused(name: String) {
        #expect(KeyName(name) == nil)
    }

    @Test func nameHasABoundAndIsComparedByBytes() {
        #expect(KeyName([UInt8](repeating: 0x61, count: 255)) != nil)
        #expect(KeyName([UInt8](repeating: 0x61, count: 256)) == nil)
        #expect(KeyName([0xFF]) == nil)
        // One letter in two spellings that a String takes for equal.
        #expect(KeyName("\u{E9}") != KeyName("e\u{301}"))
    }
}
