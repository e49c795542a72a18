package import Codec

/// Why bytes are not a signed note, or not one that the given keys vouch for.
package enum NoteError: Error, Equatable, Sendable {
    /// Longer than the limit of notes.
    case tooLarge
    /// Not UTF-8, or a control character other than LF.
    case notText
    /// No empty line with signature lines after it, or the last LF is missing.
    case noSignatures
    /// A line after the last empty line is not `— name base64`.
    case malformedSignature
    /// More signature lines than the limit.
    case tooManySignatures
    /// No line is of a known key.
    case noKnownKey
    /// The signature of a known key does not verify, which spoils the whole note.
    case wrongSignature(KeyName)
}

/// One signature line: who signed, with which key, and the signature as its type defines it.
package struct NoteSignature: Hashable, Sendable {
    /// Who signed.
    package let name: KeyName
    /// With which key.
    package let keyID: UInt32
    /// The bytes after the key ID: 64 of kind 01; 8 of time and 64 of kind 04.
    package let signature: [UInt8]

    /// A line of parts that are already at hand.
    package init(name: KeyName, keyID: UInt32, signature: [UInt8]) {
        self.name = name
        self.keyID = keyID
        self.signature = signature
    }

    /// `— name base64(key ID ‖ signature)` and LF.
    package var line: [UInt8] {
        dash + name.utf8 + [space] + Base64.encode(bigEndian(keyID) + signature) + [lineFeed]
    }

    /// Parses a line with or without its LF.
    package init(line: [UInt8]) throws(NoteError) {
        let content = line.last == lineFeed ? line.dropLast() : line[...]
        guard content.count <= LogLimits.noteSize, content.starts(with: dash) else {
            throw .malformedSignature
        }
        let rest = content.dropFirst(dash.count)
        guard let end = rest.firstIndex(of: space),
            let name = KeyName([UInt8](rest[..<end])),
            let blob = Base64.decode(rest[(end + 1)...]), blob.count > 4
        else { throw .malformedSignature }
        self.init(
            name: name, keyID: loadBigEndian(blob[..<4]), signature: [UInt8](blob[4...]))
    }

    /// Whether the line claims to be of this key.
    package func isClaimed(by key: VerifierKey) -> Bool {
        keyID == key.id && name == key.name
    }

    /// Signs the text of a note with a key of kind 01.
    ///
    /// - Throws: what `sign`, Ed25519 with the secret key of `key`, throws.
    package static func signed<Failure: Error>(
        _ text: [UInt8], as key: VerifierKey,
        sign: ([UInt8]) throws(Failure) -> Bytes64
    ) throws(Failure) -> NoteSignature {
        precondition(key.kind == .note, "a key of kind 01 signs notes")
        return NoteSignature(name: key.name, keyID: key.id, signature: try sign(text).bytes)
    }
}

// The em dash U+2014 and a space.
private let dash: [UInt8] = [0xE2, 0x80, 0x94, 0x20]

/// A text with signature lines (C2SP signed-note).
package struct SignedNote: Hashable, Sendable {
    /// What is signed; ends with LF.
    package let text: [UInt8]
    /// The lines in order.
    package var signatures: [NoteSignature]

    /// A note of a text that ends with LF, yet to be signed.
    package init(text: [UInt8], signatures: [NoteSignature] = []) {
        precondition(text.last == lineFeed, "the text of a note ends with a line feed")
        self.text = text
        self.signatures = signatures
    }

    /// Parses a note; nothing is verified.
    package init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= LogLimits.noteSize else { throw .tooLarge }
        guard bytes.allSatisfy({ $0 >= space || $0 == lineFeed }),
            String(validating: bytes, as: UTF8.self) != nil
        else { throw .notText }
        guard bytes.last == lineFeed, let end = Self.endOfText(bytes) else {
            throw .noSignatures
        }
        var lines = LineReader([UInt8](bytes[(end + 1)...]))
        var signatures: [NoteSignature] = []
        while let line = lines.next() {
            guard signatures.count < LogLimits.noteSignatures else { throw .tooManySignatures }
            signatures.append(try NoteSignature(line: [UInt8](line)))
        }
        guard !signatures.isEmpty else { throw .noSignatures }
        text = [UInt8](bytes[..<end])
        self.signatures = signatures
    }

    /// The text, an empty line, the signature lines.
    package var bytes: [UInt8] {
        var bytes = text + [lineFeed]
        for signature in signatures { bytes += signature.line }
        return bytes
    }

    /// Where the last empty line is.
    private static func endOfText(_ bytes: [UInt8]) -> Int? {
        var position = bytes.count - 1
        while position > 0 {
            if bytes[position] == lineFeed, bytes[position - 1] == lineFeed { return position }
            position -= 1
        }
        return nil
    }

    /// Which of the keys vouch for the text, in the order of the lines, each once.
    ///
    /// - Throws: `wrongSignature` if a line of a known key does not verify; `noKnownKey` if no line
    ///   is of a known key. Lines of unknown keys are ignored.
    package func verified(
        by keys: [VerifierKey], with verifier: some SignatureVerifier
    ) throws(NoteError) -> [VerifiedSignature] {
        var verified: [VerifiedSignature] = []
        for signature in signatures {
            for key in keys where signature.isClaimed(by: key) {
                guard
                    let result = VerifiedSignature(signature, of: text, by: key, with: verifier)
                else { throw .wrongSignature(key.name) }
                if !verified.contains(where: { $0.key == key }) { verified.append(result) }
            }
        }
        guard !verified.isEmpty else { throw .noKnownKey }
        return verified
    }
}

/// A signature line that verified.
package struct VerifiedSignature: Hashable, Sendable {
    /// The key that verified it.
    package let key: VerifierKey
    /// When it was made, by the signer's clock, in seconds since 1970; kind 04 alone has a time.
    package let time: UInt64?

    /// nil unless the signature verifies under the key.
    init?(
        _ signature: NoteSignature, of text: [UInt8], by key: VerifierKey,
        with verifier: some SignatureVerifier
    ) {
        switch key.kind {
        case .note:
            guard let value = Bytes64(exactly: signature.signature),
                verifier.isValid(value, of: text, by: key.publicKey)
            else { return nil }
            time = nil
        case .cosignature:
            guard let cosignature = Cosignature(signature.signature) else { return nil }
            let message = Cosignature.message(text, time: cosignature.time)
            guard verifier.isValid(cosignature.signature, of: message, by: key.publicKey) else {
                return nil
            }
            time = cosignature.time
        }
        self.key = key
    }
}
