import Codec
internal import Foundation

/// Encodings to begin with: every hexadecimal string and every text of the frozen vectors.
package struct Seeds: Sendable {
    /// All of them, without repetition, in a fixed order.
    package let all: [[UInt8]]

    /// Reads the vectors below a directory, `Tests/Vectors` of the checkout.
    package init(vectors path: String) throws {
        var found: Set<[UInt8]> = []
        let walker = FileManager.default.enumerator(
            at: URL(filePath: path), includingPropertiesForKeys: nil)
        while let url = walker?.nextObject() as? URL {
            guard url.pathExtension == "json" else { continue }
            Self.collect(try JSONSerialization.jsonObject(with: Data(contentsOf: url)), &found)
        }
        // Documents that are read as JSON stand in the vectors as objects of JSON.
        self.all = found.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Those that a decoder accepts.
    package func accepted(by decoder: Decoder) -> [[UInt8]] {
        self.all.filter { decoder.rewritten($0) != nil }
    }

    private static func collect(_ value: Any, _ found: inout Set<[UInt8]>) {
        switch value {
        case let text as String:
            guard !text.isEmpty else { return }
            if let bytes = Hexadecimal.decode(text) { found.insert(bytes) }
            found.insert([UInt8](text.utf8))
        case let list as [Any]:
            for item in list { Self.collect(item, &found) }
        case let object as [String: Any]:
            for item in object.values { Self.collect(item, &found) }
            // The object itself, as a document.
            if let data = try? JSONSerialization.data(
                withJSONObject: object, options: [.sortedKeys, .prettyPrinted]),
                data.count <= 20_000
            {
                found.insert([UInt8](data))
            }
        default: return
        }
    }
}
