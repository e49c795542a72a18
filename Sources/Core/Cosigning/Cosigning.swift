// Cosigning: which final checkpoints a validator cosigns and when, whose cosignatures certify one, and
// which certified checkpoint a node may publish (PROTOCOL 8.2, 8.3). Pure: no clock, socket or store.

package import Codec
package import Ledger
package import TransparencyLog

/// A checkpoint of the final log that is to be cosigned.
package struct DueCheckpoint: Hashable, Sendable {
    package let size: UInt64
    package let root: Bytes32

    package init(size: UInt64, root: Bytes32) {
        self.size = size
        self.root = root
    }
}

/// Signs checkpoints with the keys that a validator has for that; it answers at once.
package protocol CheckpointSigner: Sendable {
    /// The public half of the cosigning key.
    var cosigningKey: Bytes32 { get }
    /// Ed25519 with the cosigning key.
    func cosign(_ message: [UInt8]) -> Bytes64
    /// Ed25519 with the log's key.
    func signLog(_ message: [UInt8]) -> Bytes64
}

/// A node's part in the cosigning of checkpoints.
package struct Cosigning<Verifier: SignatureVerifier>: Sendable {
    package private(set) var book: CheckpointBook<Verifier>
    /// The largest size that this validator cosigned; durable before the cosignature leaves.
    package private(set) var cosignedSize: UInt64
    /// The newest certified checkpoint that this node's own log covers and agrees with.
    package private(set) var published: Certified?
    /// Roots of the latest final sizes.
    private var roots: [UInt64: Bytes32] = [:]
    /// Sizes of contradicting cosignatures that were reported, by validator.
    private var reported: [String: Set<UInt64>] = [:]
    private var restsAt: Instant?
    private var repeatAt: Instant?

    package init(book: CheckpointBook<Verifier>, cosignedSize: UInt64, final: DueCheckpoint) {
        self.book = book
        self.cosignedSize = cosignedSize
        roots[final.size] = final.root
    }

    /// When `restingIsDue` or `repeatIsDue` may say something new.
    package var nextDeadline: Instant? { [restsAt, repeatAt].compactMap(\.self).min() }

    /// The newest of the blocks that become final which is the first of its chain-time second: all
    /// validators thus cosign the same sizes. Nil where it was cosigned.
    ///
    /// - Parameter time: of the block that was final before them.
    package func due(in headers: [BlockHeader], after time: Timestamp) -> DueCheckpoint? {
        var previous = time
        var due: DueCheckpoint?
        for header in headers {
            if header.time.milliseconds / 1000 != previous.milliseconds / 1000 {
                due = DueCheckpoint(size: header.logSize, root: header.logRoot)
            }
            previous = header.time
        }
        return due.flatMap { $0.size > cosignedSize ? $0 : nil }
    }

    /// Notes what has become final: the log rests from now on.
    package mutating func advance(to headers: [BlockHeader], at now: Instant) {
        for header in headers { roots[header.logSize] = header.logRoot }
        if roots.count > 2 * CosigningLimits.roots {
            let kept = roots.keys.sorted().suffix(CosigningLimits.roots)
            roots = roots.filter { $0.key >= kept.first ?? 0 }
        }
        restsAt = now.adding(milliseconds: CosigningLimits.restMilliseconds)
    }

    /// Whether the log has rested since the newest final block; it is asked once for each.
    package mutating func hasRested(at now: Instant) -> Bool {
        guard let restsAt, restsAt <= now else { return false }
        self.restsAt = nil
        return true
    }

    /// Whether lines of ours are to be sent again, if they are still too few.
    package mutating func repeatIsDue(at now: Instant) -> Bool {
        guard let due = repeatAt, due <= now else { return false }
        repeatAt = nil
        return cosignedSize > (book.newest?.checkpoint.size ?? 0)
    }

    package mutating func repeatLater(at now: Instant) {
        repeatAt = now.adding(milliseconds: CosigningLimits.repeatMilliseconds)
    }

    /// Cosigns a checkpoint of the final log; its size must have been stored as the largest before the
    /// lines leave.
    ///
    /// - Returns: the log's line and ours; nil where our key does not certify the size.
    package mutating func sign(
        _ due: DueCheckpoint, with signer: some CheckpointSigner, at clock: Timestamp
    ) -> [NoteSignature]? {
        guard let key = book.cosigner(withKey: signer.cosigningKey, ofSize: due.size) else {
            return nil
        }
        cosignedSize = due.size
        let checkpoint = book.checkpoint(size: due.size, root: due.root)
        return [
            NoteSignature.signed(checkpoint.text, as: book.logKey) { signer.signLog($0) },
            Cosignature.signed(checkpoint, at: clock.milliseconds / 1000, as: key) {
                signer.cosign($0)
            },
        ]
    }

    /// Sizes from `start` on are certified by these validators.
    ///
    /// - Returns: false if a name of theirs makes no key name, which the ledger excludes.
    package mutating func enter(_ validators: ValidatorSet, from start: UInt64) -> Bool {
        book.enter(validators, from: start)
    }

    /// Takes lines of one checkpoint.
    ///
    /// - Returns: the checkpoint if it became certified and is newer than what was.
    /// - Throws: for a line that claims a key and does not verify.
    package mutating func take(
        size: UInt64, root: Bytes32, lines: [NoteSignature]
    ) throws(CheckpointConflict) -> Certified? {
        try book.take(size: size, root: root, lines: lines)
    }

    /// Takes up what was certified before a restart.
    ///
    /// - Throws: if it is not of this log.
    package mutating func restore(_ note: SignedNote) throws(CheckpointConflict) {
        _ = try book.restore(note)
    }

    /// Validators that cosigned two trees of one size and were not reported yet.
    package mutating func newContradictions() -> [(validator: String, size: UInt64)] {
        book.equivocations.filter { validator, size in
            reported[validator, default: []].count < CosigningLimits.reports
                && reported[validator, default: []].insert(size).inserted
        }
    }

    /// What is known of the newest certified checkpoint in the light of our own log.
    package enum Publication: Equatable, Sendable {
        /// Nothing to do: it is published, or our log does not reach it.
        case settled
        case published
        /// Our root of this size has to be read.
        case unknownRoot(UInt64)
        /// A quorum signed another root than ours, which is this one.
        case contradicted(own: Bytes32)
    }

    /// Publishes the newest certified checkpoint once our log of `size` entries covers it and agrees.
    ///
    /// - Parameter root: our root of the certified size, where it was read.
    package mutating func publish(
        upTo size: UInt64, root: (size: UInt64, root: Bytes32)? = nil
    ) -> Publication {
        guard let newest = book.newest, newest.checkpoint.size <= size else { return .settled }
        let certified = newest.checkpoint
        if certified.size == published?.checkpoint.size {
            // More cosignatures of what is published.
            if certified == published?.checkpoint { published = newest }
            return .settled
        }
        if let root { roots[root.size] = root.root }
        guard let own = roots[certified.size] else { return .unknownRoot(certified.size) }
        guard own == certified.root else { return .contradicted(own: own) }
        published = newest
        return .published
    }
}
