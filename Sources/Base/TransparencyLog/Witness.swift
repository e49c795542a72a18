package import Codec

/// Why a witness does not cosign (C2SP tlog-witness, add-checkpoint).
package enum WitnessRefusal: Error, Equatable, Sendable {
    /// The request is not `old`, proof, empty line, note; or the text is no checkpoint.
    case malformed
    /// The witness does not follow this log.
    case unknownOrigin
    /// The log's signature is missing, of another key or wrong.
    case untrustedSignature
    /// The old size is above the new one.
    case rollback
    /// The old size is not the recorded one, which the answer names.
    case conflict(recorded: UInt64)
    /// The new tree does not extend the recorded one, or the proof has not the right shape.
    case inconsistent

    /// The status that the protocol gives the answer.
    package var status: Int {
        switch self {
        case .malformed, .rollback: 400
        case .unknownOrigin: 404
        case .untrustedSignature: 403
        case .conflict: 409
        case .inconsistent: 422
        }
    }
}

/// The largest tree of a log that a witness has cosigned.
package struct WitnessRecord: Hashable, Sendable {
    /// How many entries it has.
    package let size: UInt64
    /// Its root.
    package let root: Bytes32

    /// Before the first checkpoint.
    package static let none = WitnessRecord(size: 0, root: LogHash.emptyRoot)

    /// What was cosigned.
    package init(size: UInt64, root: Bytes32) {
        self.size = size
        self.root = root
    }
}

/// The body of an add-checkpoint request: `old <size>`, at most 63 hashes, an empty line, a note.
package struct AddCheckpointRequest: Equatable, Sendable {
    /// The size that the sender believes is recorded.
    package let old: UInt64
    /// The consistency proof from the old size.
    package let proof: [Bytes32]
    /// The checkpoint with the log's signature.
    package let note: SignedNote

    /// A request to be sent.
    package init(old: UInt64, proof: [Bytes32], note: SignedNote) {
        self.old = old
        self.proof = proof
        self.note = note
    }

    /// - Throws: `malformed`.
    package init(parsing bytes: [UInt8]) throws(WitnessRefusal) {
        guard bytes.count <= 2 * LogLimits.noteSize else { throw .malformed }
        var lines = LineReader(bytes)
        guard let old = lines.next().flatMap({ line($0, after: "old ") }).flatMap({ decimal($0) })
        else { throw .malformed }
        var proof: [Bytes32] = []
        while true {
            guard let line = lines.next() else { throw .malformed }
            if line.isEmpty { break }
            guard proof.count < Self.maximumHashes, let value = decodedHash(line) else {
                throw .malformed
            }
            proof.append(value)
        }
        do throws(NoteError) {
            note = try SignedNote(parsing: [UInt8](lines.rest))
        } catch {
            throw .malformed
        }
        self.old = old
        self.proof = proof
    }

    /// The body of the request.
    package var bytes: [UInt8] {
        var bytes = ascii("old ") + decimalDigits(old) + [lineFeed]
        for hash in proof { bytes += Base64.encode(hash.bytes) + [lineFeed] }
        return bytes + [lineFeed] + note.bytes
    }

    private static let maximumHashes = 63
}

/// Decides what a witness cosigns. Whoever drives it makes check and store one step for each log,
/// and has the new record durable before a cosignature leaves.
package struct Witness: Sendable {
    private let logs: [VerifierKey]

    /// A witness of logs with keys of kind 01, whose names are the origins.
    package init(logs: [VerifierKey]) {
        precondition(logs.allSatisfy { $0.kind == .note }, "a log signs with a key of kind 01")
        self.logs = logs
    }

    /// Judges a request against the record of its origin, which `recorded` reads.
    ///
    /// - Returns: the checkpoint to cosign and to record.
    /// - Throws: why nothing is cosigned and nothing changes.
    package func judge(
        _ request: AddCheckpointRequest, recorded: (KeyName) -> WitnessRecord,
        with verifier: some SignatureVerifier
    ) throws(WitnessRefusal) -> Checkpoint {
        let checkpoint: Checkpoint
        do throws(CheckpointError) {
            checkpoint = try Checkpoint(text: request.note.text)
        } catch {
            throw .malformed
        }
        let keys = logs.filter { $0.name == checkpoint.origin }
        guard !keys.isEmpty else { throw .unknownOrigin }
        do throws(NoteError) {
            _ = try request.note.verified(by: keys, with: verifier)
        } catch {
            throw .untrustedSignature
        }
        guard request.old <= checkpoint.size else { throw .rollback }
        let record = recorded(checkpoint.origin)
        guard request.old == record.size else { throw .conflict(recorded: record.size) }
        do throws(ProofError) {
            try verifyConsistency(
                old: record.size, oldRoot: record.root, new: checkpoint.size,
                newRoot: checkpoint.root, proof: request.proof)
        } catch {
            throw .inconsistent
        }
        return checkpoint
    }
}
