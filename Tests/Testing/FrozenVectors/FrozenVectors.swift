import Codec
import Foundation

// Files of `Tests/Vectors` that tests make anew.

/// A vector file that a test makes and compares with what is frozen.
///
/// With `VECHE_WRITE_VECTORS=1` in the environment the file is written first: once, when it is new.
/// A changed vector is a changed protocol (`Tests/Vectors/README.md`).
package enum FrozenVectors {
    private static func place(of name: String) -> URL {
        var folder = URL(filePath: #filePath)
        while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
        return folder.appending(path: "Vectors/\(name)")
    }

    /// Whether the frozen file is the one of `content`, which is made of what JSON knows.
    package static func isFrozen(_ name: String, _ content: [String: Any]) throws -> Bool {
        let made =
            try JSONSerialization.data(
                withJSONObject: content,
                options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
            + Data("\n".utf8)
        if ProcessInfo.processInfo.environment["VECHE_WRITE_VECTORS"] == "1" {
            try made.write(to: Self.place(of: name))
        }
        return try Data(contentsOf: Self.place(of: name)) == made
    }

    /// The file's content as a type of the test's.
    package static func read<Content: Decodable>(
        _ name: String, as type: Content.Type
    ) throws -> Content {
        try JSONDecoder().decode(Content.self, from: Data(contentsOf: Self.place(of: name)))
    }
}

/// Bytes as they stand in vectors.
package struct HexBytes: Decodable {
    package let bytes: [UInt8]

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let bytes = Hexadecimal.decode(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "hexadecimal digits expected")
        }
        self.bytes = bytes
    }
}

/// Blocks and the finalization of the last of them.
package struct VectorChunk: Decodable {
    package let blocks: [HexBytes]
    package let finalization: HexBytes
}
