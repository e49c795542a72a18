import Codec
internal import Foundation
import Ledger

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
        for payload in found.compactMap({ Self.payload(of: $0) }) { found.insert(payload) }
        self.all = found.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Those that a decoder accepts. If there are none, the zeros that it accepts: many records are
    /// well formed with every number and count at zero.
    package func accepted(by decoder: Decoder) -> [[UInt8]] {
        let own = self.all.filter { decoder.rewritten($0) != nil }
        guard own.isEmpty else { return own }
        return (0..<700).map { [UInt8](repeating: 0, count: $0) }
            .filter { decoder.rewritten($0) != nil }
    }

    /// What stands inside of a transaction in an encoding of its own.
    private static func payload(of bytes: [UInt8]) -> [UInt8]? {
        // Most seeds are no transactions.
        switch try? Transaction(canonicalBytes: bytes) {
        case .ceremony(_, let signed): signed.body.payload
        case .partialDecryption(let signed): signed.body.payload
        default: nil
        }
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
