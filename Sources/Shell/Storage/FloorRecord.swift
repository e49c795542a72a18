package import Codec
package import Ledger

/// The highest finalized block whose whole ancestry is durable here, and the log after it.
package struct FloorRecord: Equatable, Sendable {
    package let height: Height
    package let hash: Bytes32
    /// Entries of the log up to this block.
    package let logSize: UInt64
    /// The right edge of the log's tree, as its owner encodes it.
    package let frontier: [UInt8]

    package init(height: Height, hash: Bytes32, logSize: UInt64, frontier: [UInt8]) {
        self.height = height
        self.hash = hash
        self.logSize = logSize
        self.frontier = frontier
    }
}

extension FloorRecord: CanonicalCodable {
    /// At most 63 hashes and a size: far below this.
    private static let frontierLimit = 4096

    package func encode(to writer: inout ByteWriter) {
        height.encode(to: &writer)
        writer.write(hash)
        writer.write(logSize)
        writer.write(variable: frontier, limit: Self.frontierLimit)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            height: try Height(from: &reader),
            hash: try reader.readBytes32(),
            logSize: try reader.readUInt64(),
            frontier: try reader.readVariable(limit: Self.frontierLimit))
    }
}
