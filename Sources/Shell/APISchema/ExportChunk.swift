package import Codec
package import Ledger

/// Consecutive blocks for auditors: `GET /v1/export?from=HEIGHT` in canonical binary.
package struct ExportChunk: Hashable, Sendable {
    /// Rising by one from the asked height; at most `maximumBlocks`.
    package let blocks: [Block]
    /// A finalization of the last block; nil only with no blocks.
    package let finalization: Certificate?

    package static let maximumBlocks = 256
    /// A chunk's size in bytes, before which a server ends it; one block may exceed it alone.
    package static let softSize = 4 * 1024 * 1024

    package init(blocks: [Block], finalization: Certificate?) {
        self.blocks = blocks
        self.finalization = finalization
    }
}

extension ExportChunk: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(list: blocks, limit: Self.maximumBlocks)
        writer.write(optional: finalization)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            blocks: try reader.readList(limit: Self.maximumBlocks),
            finalization: try reader.readOptional())
    }
}
