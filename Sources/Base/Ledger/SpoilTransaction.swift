package import Codec

/// Registers the tracker of a challenged encryption, so that it can never be cast (`ballot.md`
/// 1.11). As a ballot does, it binds its election by its own proof and needs no chain id.
package struct SpoilTransaction: Hashable, Sendable {
    /// P, tracker and a Schnorr proof of the credential's secret (`BallotCryptography`).
    package static let proofBytes = 128

    package let electionID: Bytes32
    package let style: UInt32
    /// `SpoilProof` in canonical form, `proofBytes` bytes.
    package let proof: [UInt8]
    /// The blind signature on the credential (384 bytes): a challenge may come before any ballot.
    package let certificate: [UInt8]

    /// - Precondition: `proof` has `proofBytes` bytes.
    package init(electionID: Bytes32, style: UInt32, proof: [UInt8], certificate: [UInt8]) {
        precondition(proof.count == Self.proofBytes, "a spoil proof has a fixed size")
        self.electionID = electionID
        self.style = style
        self.proof = proof
        self.certificate = certificate
    }
}

extension SpoilTransaction: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(electionID)
        writer.write(style)
        writer.write(raw: proof)
        writer.write(variable: certificate, limit: Limits.rsaBytes)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            electionID: try reader.readBytes32(),
            style: try reader.readUInt32(),
            proof: try reader.readRaw(Self.proofBytes),
            certificate: try reader.readVariable(limit: Limits.rsaBytes))
    }
}
