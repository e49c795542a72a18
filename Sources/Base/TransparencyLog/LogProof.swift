package import Codec

/// Why a file is not a proof of an entry.
package enum LogProofError: Error, Equatable, Sendable {
    /// The first line is not `c2sp.org/tlog-proof@v1`.
    case unknownFormat
    /// `extra` is not the base64 of 1 to 4,096 bytes.
    case wrongExtra
    /// The index line is missing or not decimal.
    case wrongIndex
    /// A line of the path is not a hash, or there are more than 64.
    case wrongHash
    /// The empty line before the checkpoint is missing.
    case noCheckpoint
    case note(NoteError)
    case certification(CertificationError)
    /// The path does not lead from the entry to the checkpoint's root.
    case proof(ProofError)
}

/// The proof that an entry is in a log (C2SP tlog-proof): what a voter keeps as receipt.
package struct LogProof: Equatable, Sendable {
    /// Bytes for the verifier's use; nothing in the file vouches for them.
    package let extra: [UInt8]?
    /// The place of the entry in the log.
    package let index: UInt64
    /// The inclusion proof, the leaf's sibling first.
    package let hashes: [Bytes32]
    /// The checkpoint of the tree that the proof is made for.
    package let checkpoint: SignedNote

    /// A proof that this node made of its own log.
    package init(extra: [UInt8]?, index: UInt64, hashes: [Bytes32], checkpoint: SignedNote) {
        precondition(index <= LogLimits.treeSize, "an index lies inside the largest tree")
        precondition(hashes.count <= LogLimits.proofHashes, "a path has at most 64 hashes")
        if let extra {
            precondition((1...LogLimits.extraSize).contains(extra.count), "extra has bounds")
        }
        self.extra = extra
        self.index = index
        self.hashes = hashes
        self.checkpoint = checkpoint
    }

    /// Parses a proof file; nothing is verified.
    package init(parsing bytes: [UInt8]) throws(LogProofError) {
        guard bytes.count <= 2 * LogLimits.noteSize else { throw .note(.tooLarge) }
        var lines = LineReader(bytes)
        guard let header = lines.next(), header.elementsEqual(ascii(format)) else {
            throw .unknownFormat
        }
        var next = lines.next()
        var extra: [UInt8]?
        if let encoded = next.flatMap({ line($0, after: "extra ") }) {
            guard let decoded = Base64.decode(encoded),
                (1...LogLimits.extraSize).contains(decoded.count)
            else { throw .wrongExtra }
            extra = decoded
            next = lines.next()
        }
        guard let index = next.flatMap({ line($0, after: "index ") }).flatMap({ decimal($0) })
        else { throw .wrongIndex }
        var hashes: [Bytes32] = []
        while true {
            guard let line = lines.next() else { throw .noCheckpoint }
            if line.isEmpty { break }
            guard hashes.count < LogLimits.proofHashes, let value = decodedHash(line) else {
                throw .wrongHash
            }
            hashes.append(value)
        }
        do throws(NoteError) {
            checkpoint = try SignedNote(parsing: [UInt8](lines.rest))
        } catch {
            throw .note(error)
        }
        self.extra = extra
        self.index = index
        self.hashes = hashes
    }

    /// The proof file.
    package var bytes: [UInt8] {
        var bytes = ascii(format) + [lineFeed]
        if let extra { bytes += ascii("extra ") + Base64.encode(extra) + [lineFeed] }
        bytes += ascii("index ") + decimalDigits(index) + [lineFeed]
        for hash in hashes { bytes += Base64.encode(hash.bytes) + [lineFeed] }
        return bytes + [lineFeed] + checkpoint.bytes
    }

    /// Checks that the policy believes the checkpoint and that the entry with the leaf hash `leaf`
    /// is at `index` in its tree.
    package func verify(
        leaf: Bytes32, policy: TrustPolicy, with verifier: some SignatureVerifier
    ) throws(LogProofError) -> CertifiedCheckpoint {
        let certified: CertifiedCheckpoint
        do throws(CertificationError) {
            certified = try CertifiedCheckpoint(checkpoint, by: policy, with: verifier)
        } catch {
            throw .certification(error)
        }
        do throws(ProofError) {
            try verifyInclusion(
                leaf: leaf, index: index, size: certified.checkpoint.size, proof: hashes,
                root: certified.checkpoint.root)
        } catch {
            throw .proof(error)
        }
        return certified
    }
}

private let format: StaticString = "c2sp.org/tlog-proof@v1"

/// What a receipt carries as `extra`, 64 bytes. The path proves the transaction id; the bytes of
/// the ballot, which the voter's device keeps, prove the tracker.
package struct ReceiptExtra: Hashable, Sendable {
    /// The leaf hash of the ballot transaction.
    package let transactionID: Bytes32
    /// What the voter was shown before casting.
    package let tracker: Bytes32

    /// What a node puts into a receipt.
    package init(transactionID: Bytes32, tracker: Bytes32) {
        self.transactionID = transactionID
        self.tracker = tracker
    }

    /// nil unless there are exactly 64 bytes.
    package init?(_ extra: [UInt8]) {
        guard extra.count == 2 * Bytes32.size else { return nil }
        transactionID = Bytes32(extra[..<Bytes32.size])
        tracker = Bytes32(extra[Bytes32.size...])
    }

    /// The transaction id, then the tracker.
    package var bytes: [UInt8] { transactionID.bytes + tracker.bytes }
}
