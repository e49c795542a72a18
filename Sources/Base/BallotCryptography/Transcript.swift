package import Codec
import Hashing
package import Ristretto

/// Names one use of a hash; every use in the protocol has its own label.
package struct TranscriptLabel: Sendable {
    /// The bytes that go into the hash.
    package let bytes: [UInt8]

    /// A label of ASCII text. Outside tests the list below is complete.
    package init(_ text: String) { self.bytes = [UInt8](text.utf8) }

    /// Generators of unknown discrete logarithm (1.3).
    package static let nums = Self("nums")
    /// The identity of a key ceremony (1.4).
    package static let setupID = Self("setup/id")
    /// The identity of an election (1.4).
    package static let electionID = Self("election/id")
    /// What a certificate signs (1.5).
    package static let credential = Self("credential")
    /// Step D0.
    package static let ceremonyRegister = Self("dkg/register")
    /// Step D1.
    package static let ceremonyCommit = Self("dkg/commit")
    /// The proof of possession of step D2.
    package static let ceremonyPossession = Self("dkg/pop")
    /// The key that seals a share vector in step D2.
    package static let ceremonyShareKey = Self("dkg/share-key")
    /// Step D3.
    package static let ceremonyComplaint = Self("dkg/complaint")
    /// The digest that step D5 signs.
    package static let ceremonyConfirm = Self("dkg/confirm")
    /// The weights of the proof of step D5.
    package static let ceremonyConfirmBatch = Self("dkg/confirm-batch")
    /// The proof of step D5.
    package static let ceremonyConfirmPossession = Self("dkg/confirm-pop")
    /// The public ciphertext of step D5.
    package static let ceremonyRehearsal = Self("dkg/rehearsal")
    /// The bit proof's weights (1.7).
    package static let ballotDelta = Self("ballot/delta")
    /// The ballot's challenge (1.7).
    package static let ballotChallenge = Self("ballot/challenge")
    /// What the voter sees (1.7).
    package static let ballotTracker = Self("ballot/tracker")
    /// Key for duplicates and `prev` (1.7).
    package static let ballotID = Self("ballot/id")
    /// Spoiling a challenged encryption (1.11).
    package static let ballotSpoil = Self("ballot/spoil")
    /// The weights over the cells of a unit (1.10).
    package static let decryptionBatch = Self("dec/batch")
    /// The proof of a partial decryption (1.10).
    package static let decryptionEquality = Self("dec/dleq")
    /// A validator's promise (1.11).
    package static let promise = Self("promise")
    /// Hedged nonces (1.2).
    package static let nonce = Self("nonce")
    /// Secrets that a tool derives from its stored seed; no other program computes these.
    package static let seed = Self("seed")
}

/// Every hash of the protocol (section 1.2). Lengths and the number of items are inside the hash,
/// so no two lists of items encode alike.
///
///     frame(x)             = u32(len x) || x
///     encode(label, items) = frame(protocolId) || frame(label) || u32(count) || frame(item_1) || …
package enum Transcript {
    /// `protocolId`, the first thing in every hash.
    package static let protocolID = [UInt8]("VECHE-R255-SHA512-v1".utf8)

    /// `encode(label, items)`.
    package static func encode(_ label: TranscriptLabel, _ items: [[UInt8]]) -> [UInt8] {
        var size = Self.protocolID.count + label.bytes.count + 12
        for item in items { size += item.count + 4 }
        var writer = ByteWriter(reservingCapacity: size)
        Self.frame(Self.protocolID, to: &writer)
        Self.frame(label.bytes, to: &writer)
        writer.write(UInt32(items.count))
        for item in items { Self.frame(item, to: &writer) }
        return writer.bytes
    }

    /// SHA-512 of `encode(label, items)`, 64 bytes, without the encoding in one piece.
    package static func wideDigest(_ label: TranscriptLabel, _ items: TranscriptItems) -> [UInt8] {
        var head = ByteWriter(reservingCapacity: Self.protocolID.count + label.bytes.count + 12)
        Self.frame(Self.protocolID, to: &head)
        Self.frame(label.bytes, to: &head)
        head.write(items.count)
        var hasher = SHA512()
        hasher.update(head.bytes)
        hasher.update(items.framed)
        return hasher.finalize()
    }

    /// `Hs(label, items)`.
    package static func scalar(_ label: TranscriptLabel, _ items: TranscriptItems) -> Scalar {
        Scalar(reducing: Self.wideDigest(label, items))
    }

    /// `H32(label, items)`.
    package static func digest(_ label: TranscriptLabel, _ items: TranscriptItems) -> Bytes32 {
        Bytes32(Self.wideDigest(label, items).prefix(32))
    }

    /// SHA-512 of `encode(label, items)`, 64 bytes.
    package static func wideDigest(_ label: TranscriptLabel, _ items: [[UInt8]]) -> [UInt8] {
        SHA512.hash(Self.encode(label, items))
    }

    /// `Hs(label, items)`: the little-endian integer of the SHA-512 digest, mod L. 512 bits into
    /// 252 leave a bias below 2^-259.
    package static func scalar(_ label: TranscriptLabel, _ items: [[UInt8]]) -> Scalar {
        Scalar(reducing: Self.wideDigest(label, items))
    }

    /// `H32(label, items)`: the first 32 bytes of the SHA-512 digest.
    package static func digest(_ label: TranscriptLabel, _ items: [[UInt8]]) -> Bytes32 {
        Bytes32(Self.wideDigest(label, items).prefix(32))
    }

    /// `NUMS(name, i)`: a generator whose discrete logarithm nobody knows.
    package static func generator(_ name: String, _ index: UInt32) -> Point {
        Point(uniform: Self.wideDigest(.nums, [[UInt8](name.utf8), Self.u32(index)]))
    }

    /// Four bytes, big-endian.
    package static func u32(_ value: UInt32) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 4)
        writer.write(value)
        return writer.bytes
    }

    /// The concatenation of values, for a list that is one item.
    package static func joined(_ values: [Bytes32]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * Bytes32.size)
        for value in values { value.append(to: &bytes) }
        return bytes
    }

    private static func frame(_ bytes: [UInt8], to writer: inout ByteWriter) {
        writer.write(UInt32(bytes.count))
        writer.write(raw: bytes)
    }
}

/// The items of a hash, framed once for all the labels that they are hashed under.
package struct TranscriptItems: Sendable {
    /// `frame(item_1) || … || frame(item_count)`.
    package private(set) var framed: [UInt8] = []
    /// How many items there are.
    package private(set) var count: UInt32 = 0

    /// No items, with room for `capacity` bytes.
    package init(reservingCapacity capacity: Int) {
        self.framed.reserveCapacity(capacity)
    }

    /// Adds an item. No item is 4 GiB long: the longest is a document of a few megabytes.
    package mutating func append(_ item: ArraySlice<UInt8>) {
        let size = UInt32(item.count)
        self.framed.append(UInt8(truncatingIfNeeded: size >> 24))
        self.framed.append(UInt8(truncatingIfNeeded: size >> 16))
        self.framed.append(UInt8(truncatingIfNeeded: size >> 8))
        self.framed.append(UInt8(truncatingIfNeeded: size))
        self.framed.append(contentsOf: item)
        self.count += 1
    }

    /// Adds an item.
    package mutating func append(_ item: [UInt8]) { self.append(item[...]) }
}

/// The fixed generators beside B (section 1.3). Every verifier recomputes them; they are never read
/// from a file, since whoever chose `H` freely could prove a ballot of +2 and -1.
package enum FixedGenerators {
    /// `H`, under which the bit proof's commitments hide.
    package static let pedersen = Transcript.generator("pedersen-h", 0)

    /// `S_0, S_1, …`, the keys of slack cells. A contest of 64 cells has at most six.
    package static let slack: [Point] = {
        var keys: [Point] = []
        for index in 0..<UInt32(Limits.slackCells) {
            keys.append(Transcript.generator("slack", index))
        }
        return keys
    }()
}
