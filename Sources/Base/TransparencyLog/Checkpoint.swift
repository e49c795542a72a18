package import Codec

/// Why a text is not a checkpoint.
package enum CheckpointError: Error, Equatable, Sendable {
    /// Fewer than three lines, or the last LF is missing.
    case incomplete
    /// The origin is not a key name.
    case wrongOrigin
    /// The size is not decimal, or above 2^63 - 1.
    case wrongSize
    /// The root is not the base64 of 32 bytes.
    case wrongRoot
    /// An extension line is empty or not text.
    case wrongExtension
}

/// A tree head: which log, how many entries, which root (C2SP tlog-checkpoint).
package struct Checkpoint: Hashable, Sendable {
    /// Which log.
    package let origin: KeyName
    /// How many entries, at most 2^63 - 1.
    package let size: UInt64
    /// The RFC 6962 root of the tree.
    package let root: Bytes32
    /// Lines after the root, kept because signatures cover them. Veche writes none.
    package let extensionLines: [[UInt8]]

    /// A checkpoint without extension lines.
    package init(origin: KeyName, size: UInt64, root: Bytes32) {
        precondition(size <= LogLimits.treeSize, "a tree has at most 2^63 - 1 entries")
        self.origin = origin
        self.size = size
        self.root = root
        extensionLines = []
    }

    /// Parses the text of a checkpoint note.
    package init(text: [UInt8]) throws(CheckpointError) {
        var lines = LineReader(text)
        guard let origin = lines.next(), let size = lines.next(), let root = lines.next() else {
            throw .incomplete
        }
        guard let name = KeyName([UInt8](origin)) else { throw .wrongOrigin }
        guard let count = decimal(size) else { throw .wrongSize }
        guard let digest = decodedHash(root) else { throw .wrongRoot }
        var extensionLines: [[UInt8]] = []
        while let line = lines.next() {
            guard !line.isEmpty, line.allSatisfy({ $0 >= space }) else { throw .wrongExtension }
            extensionLines.append([UInt8](line))
        }
        guard lines.isAtEnd else { throw .incomplete }
        self.origin = name
        self.size = count
        self.root = digest
        self.extensionLines = extensionLines
    }

    /// The text that log and cosigners sign.
    package var text: [UInt8] {
        var text = origin.utf8 + [lineFeed]
        text += decimalDigits(size) + [lineFeed]
        text += Base64.encode(root.bytes) + [lineFeed]
        for line in extensionLines { text += line + [lineFeed] }
        return text
    }
}

/// The hash that a line holds in base64.
func decodedHash(_ line: ArraySlice<UInt8>) -> Bytes32? {
    // 32 bytes take 44 letters; a longer line is not worth decoding.
    guard line.count == 44, let bytes = Base64.decode(line) else { return nil }
    return Bytes32(exactly: bytes)
}
