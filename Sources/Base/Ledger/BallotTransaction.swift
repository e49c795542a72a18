package import Codec

/// An encrypted ballot as the ledger carries it.
package struct BallotTransaction: Hashable, Sendable {
    /// The ballot's wire (`ballot.md` 1.7), at most `Limits.ballotWire` bytes.
    package let wire: [UInt8]
    /// The blind signature on the credential (384 bytes) with a voter's first ballot, else empty.
    package let certificate: [UInt8]

    package init(wire: [UInt8], certificate: [UInt8]) {
        self.wire = wire
        self.certificate = certificate
    }
}

extension BallotTransaction: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(variable: wire, limit: Limits.ballotWire)
        writer.write(variable: certificate, limit: Limits.rsaBytes)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            wire: try reader.readVariable(limit: Limits.ballotWire),
            certificate: try reader.readVariable(limit: Limits.rsaBytes))
    }
}
