package import Codec

/// The first byte of every log entry: genesis, headers and transactions share one space, so that an
/// entry says what it is.
package enum EntryTag: UInt8, Sendable, CaseIterable {
    case genesis = 0x01
    case header = 0x02
    case createElection = 0x10
    case changeValidators = 0x11
    case validatorReady = 0x12
    case extendWindow = 0x13
    case abortElection = 0x14
    case registration = 0x20
    case commitment = 0x21
    case dealing = 0x22
    case complaint = 0x23
    case confirmation = 0x24
    case rehearsal = 0x25
    case roll = 0x30
    case rollChange = 0x31
    case issueCount = 0x32
    case issuedLeaves = 0x33
    case ballot = 0x40
    case spoil = 0x41
    case partialDecryption = 0x50
    case protocolSignature = 0x51
    case equivocation = 0x60

    /// The version of every entry type that this software writes and accepts.
    package static let version: UInt8 = 1

    /// Writes the tag and its version.
    package func encode(to writer: inout ByteWriter) {
        writer.write(rawValue)
        writer.write(Self.version)
    }

    /// Reads a known tag and the version.
    package init(from reader: inout ByteReader) throws(CodecError) {
        let byte = try reader.readUInt8()
        guard let tag = EntryTag(rawValue: byte) else { throw .unknownTag(byte) }
        let version = try reader.readUInt8()
        guard version == Self.version else { throw .unknownTag(version) }
        self = tag
    }
}
