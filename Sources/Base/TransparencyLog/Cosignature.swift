package import Codec

/// An Ed25519 checkpoint cosignature (C2SP tlog-cosignature, type 04): at that time, the largest
/// consistent tree that the cosigner knew for this origin had this root.
package struct Cosignature: Hashable, Sendable {
    /// Seconds since 1970 by the cosigner's clock, below 2^63.
    package let time: UInt64
    /// Ed25519 over `message`.
    package let signature: Bytes64

    /// nil for a time that is not below 2^63.
    package init?(time: UInt64, signature: Bytes64) {
        guard time <= UInt64(Int64.max) else { return nil }
        self.time = time
        self.signature = signature
    }

    /// Parses the blob of a signature line: 8 bytes of time, big-endian, and 64 of signature.
    package init?(_ blob: [UInt8]) {
        guard blob.count == 8 + Bytes64.size else { return nil }
        var time: UInt64 = 0
        for byte in blob[..<8] { time = time << 8 | UInt64(byte) }
        self.init(time: time, signature: Bytes64(blob[8...]))
    }

    /// What is signed: a header line, the time, and the whole text of the checkpoint.
    package static func message(_ checkpointText: [UInt8], time: UInt64) -> [UInt8] {
        var message = ascii("cosignature/v1\ntime ") + decimalDigits(time)
        message.append(lineFeed)
        message += checkpointText
        return message
    }

    /// Cosigns a checkpoint with a key of kind 04.
    ///
    /// - Throws: what `sign`, Ed25519 with the secret key of `key`, throws.
    package static func signed<Failure: Error>(
        _ checkpoint: Checkpoint, at time: UInt64, as key: VerifierKey,
        sign: ([UInt8]) throws(Failure) -> Bytes64
    ) throws(Failure) -> NoteSignature {
        precondition(key.kind == .cosignature, "a key of kind 04 cosigns checkpoints")
        precondition(time <= UInt64(Int64.max), "a time is below 2^63")
        var blob = ByteWriter()
        blob.write(time)
        blob.write(try sign(message(checkpoint.text, time: time)))
        return NoteSignature(name: key.name, keyID: key.id, signature: blob.bytes)
    }

    /// Whether a signature line is this key's valid cosignature of the checkpoint, and of when.
    package static func verified(
        _ line: NoteSignature, of checkpoint: Checkpoint, by key: VerifierKey,
        with verifier: some SignatureVerifier
    ) -> VerifiedSignature? {
        guard key.kind == .cosignature, line.isClaimed(by: key) else { return nil }
        return VerifiedSignature(line, of: checkpoint.text, by: key, with: verifier)
    }
}
