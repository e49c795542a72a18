package import Codec
import Ristretto

/// The numbers that a key ceremony is run with (section 1.4).
package struct CeremonyParameters: Hashable, Sendable {
    /// Binds every message to chain, ceremony number and trustees.
    package let setupID: Bytes32
    /// n, the number of trustees, who are numbered 1…n.
    package let trusteeCount: UInt32
    /// t, how many are needed to decrypt.
    package let threshold: UInt32
    /// K, the number of voting keys: the most decryptable cells of any contest.
    package let keyCount: UInt32

    /// - Throws: `parameter` unless 2 <= n <= 31, n/2 < t <= n, 1 <= K <= 64 and
    ///   K(t + n + 2) <= 2000.
    package init(
        setupID: Bytes32, trusteeCount: UInt32, threshold: UInt32, keyCount: UInt32
    ) throws(RefusalCode) {
        guard
            (2...Limits.trustees).contains(trusteeCount), threshold <= trusteeCount,
            threshold > trusteeCount / 2, (1...Limits.keys).contains(keyCount),
            keyCount * (threshold + trusteeCount + 2) <= Limits.dealingWeight
        else { throw .parameter }
        self.setupID = setupID
        self.trusteeCount = trusteeCount
        self.threshold = threshold
        self.keyCount = keyCount
    }

    /// Whether `trustee` is one of 1…n.
    package func contains(trustee: UInt32) -> Bool { (1...self.trusteeCount).contains(trustee) }
}

/// What a key ceremony ends with: the joint keys that ballots are encrypted under, and each
/// trustee's verification keys. Computed by everyone from the dealings, never taken from a trustee.
package struct ElectionKeys: Sendable, Equatable {
    /// The ceremony that the keys come from.
    package let parameters: CeremonyParameters
    /// `Y_1 … Y_K`.
    package let jointKeys: [GroupElement]
    /// `X_{j,k}`: a row of K for each trustee j = 1…n.
    package let verificationKeys: [[GroupElement]]

    /// - Throws: `length` for wrong counts, `identity` if a joint key is the identity, `duplicate`
    ///   if two joint keys are equal.
    package init(
        parameters: CeremonyParameters, jointKeys: [GroupElement],
        verificationKeys: [[GroupElement]]
    ) throws(RefusalCode) {
        let count = Int(parameters.keyCount)
        guard
            jointKeys.count == count, verificationKeys.count == Int(parameters.trusteeCount),
            verificationKeys.allSatisfy({ $0.count == count })
        else { throw .length }
        var seen: Set<Bytes32> = []
        for key in jointKeys {
            guard key.bytes != .zero else { throw .identity }
            guard seen.insert(key.bytes).inserted else { throw .duplicate }
        }
        self.parameters = parameters
        self.jointKeys = jointKeys
        self.verificationKeys = verificationKeys
    }

    /// `Y_1 || … || Y_K`, one item of a transcript.
    package var jointKeyBytes: [UInt8] { Transcript.joined(self.jointKeys.map { $0.bytes }) }

    /// `X_{1,1} || … || X_{n,K}`, one item of a transcript.
    package var verificationKeyBytes: [UInt8] {
        Transcript.joined(self.verificationKeys.flatMap { $0.map { $0.bytes } })
    }

    /// `X_{j,1} …` of trustee j, nil if there is no such trustee.
    package func verificationKeys(of trustee: UInt32) -> [GroupElement]? {
        guard self.parameters.contains(trustee: trustee) else { return nil }
        return self.verificationKeys[Int(trustee) - 1]
    }
}

/// The identities that everything else is bound to (section 1.4).
package enum ElectionIdentity {
    /// `setupId = H32("setup/id", [chainId, ceremony number, trustee Ed25519 keys, n, t, K])`.
    package static func setupID(
        chainID: Bytes32, ceremony: UInt32, trusteeKeys: [Bytes32], threshold: UInt32,
        keyCount: UInt32
    ) -> Bytes32 {
        Transcript.digest(
            .setupID,
            [
                chainID.bytes, Transcript.u32(ceremony), Transcript.joined(trusteeKeys),
                Transcript.u32(UInt32(trusteeKeys.count)), Transcript.u32(threshold),
                Transcript.u32(keyCount),
            ])
    }

    /// `electionId = H32("election/id", [manifest, u32 n, u32 t, Y_1..Y_K, X_{1,1}..X_{n,K}])`.
    ///
    /// `manifest` is the election document in canonical binary followed by the setupId of the
    /// ceremony that succeeded, so the identity commits to all that a voter relies on.
    package static func electionID(manifest: [UInt8], keys: ElectionKeys) -> Bytes32 {
        Transcript.digest(
            .electionID,
            [
                manifest, Transcript.u32(keys.parameters.trusteeCount),
                Transcript.u32(keys.parameters.threshold), keys.jointKeyBytes,
                keys.verificationKeyBytes,
            ])
    }
}

extension CeremonyParameters: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.setupID)
        writer.write(self.trusteeCount)
        writer.write(self.threshold)
        writer.write(self.keyCount)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let setupID = try reader.readBytes32()
        let trusteeCount = try reader.readUInt32()
        let threshold = try reader.readUInt32()
        let keyCount = try reader.readUInt32()
        do throws(RefusalCode) {
            try self.init(
                setupID: setupID, trusteeCount: trusteeCount, threshold: threshold,
                keyCount: keyCount)
        } catch {
            throw .invalid("parameters of a key ceremony are out of bounds")
        }
    }
}

extension ElectionKeys: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        self.parameters.encode(to: &writer)
        for key in self.jointKeys { writer.write(key.bytes) }
        for row in self.verificationKeys {
            for key in row { writer.write(key.bytes) }
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let parameters = try CeremonyParameters(from: &reader)
        let count = Int(parameters.keyCount)
        var rows: [[GroupElement]] = []
        for _ in 0...parameters.trusteeCount {
            let row = try reader.readMany(count)
            do throws(RefusalCode) {
                rows.append(try GroupElement.decode(row))
            } catch {
                throw .invalid("an election key is not a canonical point")
            }
        }
        let jointKeys = rows.removeFirst()
        do throws(RefusalCode) {
            try self.init(parameters: parameters, jointKeys: jointKeys, verificationKeys: rows)
        } catch {
            throw .invalid("a joint key is the identity or appears twice")
        }
    }
}

extension ByteReader {
    /// Reads `count` values of 32 bytes; compares with what is left before allocating.
    mutating func readMany(_ count: Int) throws(CodecError) -> [Bytes32] {
        let (size, overflow) = count.multipliedReportingOverflow(by: Bytes32.size)
        guard !overflow, size <= self.remaining else {
            throw .truncated(needed: overflow ? Int.max : size, left: self.remaining)
        }
        var values: [Bytes32] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try self.readBytes32()) }
        return values
    }
}
