internal import FoundationEssentials
internal import PlainText

/// Whether a reader accepts keys that the type does not have.
package enum UnknownKeys: Sendable {
    case refused
    /// For templates, of which only a part is read.
    case ignored
}

/// Documents in JSON: read strictly, written in one form.
package enum JSONDocument {
    /// The largest document that is read, in bytes: an election document of the largest size in
    /// JSON with room to spare.
    package static let sizeLimit = 4 << 20

    /// Decodes a JSON text. The failure names line, key path and what was expected.
    package static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from bytes: [UInt8],
        unknownKeys: UnknownKeys = .refused
    ) throws(JSONFailure) -> Value {
        let root = try JSONParser.parse(bytes)
        let record = KeyRecord()
        let value: Value
        do {
            value = try Value(from: StrictDecoder(node: root, codingPath: [], record: record))
        } catch {
            throw failure(error, in: root)
        }
        switch unknownKeys {
        case .ignored: return value
        case .refused:
            if let failure = record.unknownKey(in: root) { throw failure }
            return value
        }
    }

    /// The one JSON form of a value: sorted keys, two spaces of indentation, a final line break.
    ///
    /// Scalars that a terminal takes as a command, or that hide or reorder others, are escaped as
    /// `\uXXXX`: the text is exact, and safe to print.
    package static func encode(_ value: some Encodable) throws(JSONFailure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return escapingUnprintable(try encoder.encode(value)) + [0x0A]
        } catch {
            throw JSONFailure(line: 1, keyPath: "", problem: "the value has no JSON form")
        }
    }

    /// The same JSON text. Outside of its strings it has only printable ASCII, so that every scalar
    /// to be escaped is in one.
    private static func escapingUnprintable(_ json: Data) -> [UInt8] {
        let text = String(decoding: json, as: UTF8.self)
        guard text.unicodeScalars.contains(where: { !$0.isPrintable }) else {
            return [UInt8](json)
        }
        var escaped = ""
        for scalar in text.unicodeScalars {
            guard !scalar.isPrintable else {
                escaped.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return [UInt8](escaped.utf8)
    }

    /// Reads a document file.
    package static func read<Value: Decodable>(
        _ type: Value.Type = Value.self, at path: String, unknownKeys: UnknownKeys = .refused
    ) throws(FileFailure) -> Value {
        let bytes = try LocalFile.read(path, limit: sizeLimit)
        do throws(JSONFailure) {
            return try decode(type, from: bytes, unknownKeys: unknownKeys)
        } catch {
            throw .json(path: path, error)
        }
    }

    /// Writes a document file atomically, readable for all.
    package static func write(
        _ value: some Encodable, to path: String, replacing: Bool = false
    ) throws(FileFailure) {
        let bytes: [UInt8]
        do throws(JSONFailure) {
            bytes = try encode(value)
        } catch {
            throw .json(path: path, error)
        }
        try LocalFile.write(bytes, to: path, mode: .document, replacing: replacing)
    }

    private static func failure(_ error: any Error, in root: JSONNode) -> JSONFailure {
        guard let error = error as? DecodingError else {
            return JSONFailure(line: root.line, keyPath: "", problem: String(describing: error))
        }
        let path: [any CodingKey]
        let problem: String
        switch error {
        case .keyNotFound(let key, let context):
            path = context.codingPath
            problem = "the key `\(key.stringValue)` is missing"
        case .dataCorrupted(let context):
            (path, problem) = (context.codingPath, context.debugDescription)
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            (path, problem) = (context.codingPath, context.debugDescription)
        @unknown default:
            (path, problem) = ([], "it does not decode")
        }
        return JSONFailure(
            line: node(at: path, in: root).line, keyPath: keyPathText(path), problem: problem)
    }

    /// The node at the path, or its nearest ancestor.
    private static func node(at path: [any CodingKey], in root: JSONNode) -> JSONNode {
        var node = root
        for key in path {
            switch node.value {
            case .object(let object):
                guard let next = object[key.stringValue] else { return node }
                node = next
            case .array(let nodes):
                guard let index = key.intValue, nodes.indices.contains(index) else { return node }
                node = nodes[index]
            case .null, .bool, .number, .string: return node
            }
        }
        return node
    }
}
