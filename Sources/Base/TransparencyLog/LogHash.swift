// TransparencyLog: the RFC 6962 tree of a chain's entries and the C2SP formats around it (signed
// notes, checkpoints, cosignatures, tiles, proofs, policies). It knows no block, vote or ballot: an
// entry is bytes. It also runs in a browser: no Foundation, no existential, typed errors.

package import Codec
import Hashing

/// The hashes of RFC 6962 section 2.1, over SHA-256.
package enum LogHash {
    /// The hash of an entry: SHA-256 of `00` and the entry.
    package static func leaf(_ entry: [UInt8]) -> Bytes32 {
        SHA256.digest([0x00], entry)
    }

    /// The hash of two neighbours: SHA-256 of `01` and both.
    package static func node(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
        var input: [UInt8] = [0x01]
        input.reserveCapacity(1 + 2 * Bytes32.size)
        left.append(to: &input)
        right.append(to: &input)
        return SHA256.digest(input)
    }

    /// The root of the tree of no entries: SHA-256 of nothing.
    package static let emptyRoot = SHA256.digest()
}

/// What every reader and writer of log formats keeps to.
package enum LogLimits {
    /// The largest tree: other software keeps the size in a signed 64-bit number.
    package static let treeSize = UInt64(Int64.max)
    /// The longest entry in bytes: bundles give its length two bytes.
    package static let entrySize = 65_535
    /// How many hashes a full tile and entries a full bundle hold.
    package static let tileWidth = 256
    /// The highest tile level of a path.
    package static let tileLevel: UInt8 = 63
    /// The longest inclusion or consistency proof, in hashes.
    package static let proofHashes = 64
    /// The longest signed note in bytes: 31 post-quantum lines would fit.
    package static let noteSize = 256 * 1024
    /// How many signature lines a note may have: what other verifiers accept, too.
    package static let noteSignatures = 100
    /// The longest key name in bytes: later signature types give its length one byte.
    package static let keyNameSize = 255
    /// The longest policy file in bytes, and its lines.
    package static let policySize = 256 * 1024
    /// The longest `extra` of a proof file in bytes.
    package static let extraSize = 4096
}
