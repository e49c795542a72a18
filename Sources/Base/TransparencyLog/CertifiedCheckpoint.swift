package import Codec

/// Why a checkpoint note is not believed under a policy.
package enum CertificationError: Error, Equatable, Sendable {
    case note(NoteError)
    case checkpoint(CheckpointError)
    /// The policy does not know the log of this origin.
    case unknownOrigin(KeyName)
    /// The log's own signature is missing.
    case noLogSignature
    /// The cosignatures of the policy's witnesses, so many, do not satisfy it.
    case tooFewCosignatures(count: Int)
}

/// A checkpoint that a policy believes.
package struct CertifiedCheckpoint: Equatable, Sendable {
    /// The tree head that is believed.
    package let checkpoint: Checkpoint
    /// The note as it came, with lines of unknown keys.
    package let note: SignedNote
    /// The policy's witnesses that cosigned, in the order of their lines.
    package let cosigners: [VerifiedSignature]

    /// Checks a checkpoint note: the log of its origin signed it, every line of a known key
    /// verifies, and the cosigners satisfy the policy.
    package init(
        _ note: SignedNote, by policy: TrustPolicy, with verifier: some SignatureVerifier
    ) throws(CertificationError) {
        let checkpoint: Checkpoint
        do throws(CheckpointError) {
            checkpoint = try Checkpoint(text: note.text)
        } catch {
            throw .checkpoint(error)
        }
        let logKeys = policy.logs.map { $0.key }.filter { $0.name == checkpoint.origin }
        guard !logKeys.isEmpty else { throw .unknownOrigin(checkpoint.origin) }
        let verified: [VerifiedSignature]
        do throws(NoteError) {
            verified = try note.verified(
                by: logKeys + policy.witnesses.map { $0.key }, with: verifier)
        } catch {
            throw .note(error)
        }
        guard verified.contains(where: { $0.key.kind == .note }) else { throw .noLogSignature }
        let cosigners = verified.filter { $0.key.kind == .cosignature }
        let places = policy.witnesses.indices.filter { index in
            cosigners.contains { $0.key == policy.witnesses[index].key }
        }
        guard policy.isSatisfied(byWitnesses: [Int](places)) else {
            throw .tooFewCosignatures(count: places.count)
        }
        self.checkpoint = checkpoint
        self.note = note
        self.cosigners = cosigners
    }

    /// Parses and checks a checkpoint note.
    package init(
        parsing bytes: [UInt8], by policy: TrustPolicy, with verifier: some SignatureVerifier
    ) throws(CertificationError) {
        let note: SignedNote
        do throws(NoteError) {
            note = try SignedNote(parsing: bytes)
        } catch {
            throw .note(error)
        }
        try self.init(note, by: policy, with: verifier)
    }
}

/// Parses a checkpoint note and says whether the policy believes it.
package func certified(
    _ bytes: [UInt8], by policy: TrustPolicy, with verifier: some SignatureVerifier
) throws(CertificationError) -> CertifiedCheckpoint {
    try CertifiedCheckpoint(parsing: bytes, by: policy, with: verifier)
}
