/// Decodes a parsed JSON text and remembers which keys were asked for: what nobody asked for is
/// unknown.
struct StrictDecoder: Decoder {
    let node: JSONNode
    let codingPath: [any CodingKey]
    let record: KeyRecord
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = node.value else {
            throw mismatch("an object in { } was expected, not \(node.value.kind)")
        }
        record.open(object)
        return KeyedDecodingContainer(
            StrictObject<Key>(object: object, codingPath: codingPath, record: record))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let nodes) = node.value else {
            throw mismatch("a list in [ ] was expected, not \(node.value.kind)")
        }
        return StrictList(nodes: nodes, codingPath: codingPath, record: record)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    private func mismatch(_ problem: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: problem))
    }
}

extension StrictDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool {
        if case .null = node.value { true } else { false }
    }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let value) = node.value else {
            throw mismatch("true or false was expected, not \(node.value.kind)")
        }
        return value
    }

    func decode(_ type: String.Type) throws -> String {
        guard case .string(let value) = node.value else {
            throw mismatch("a text in \" was expected, not \(node.value.kind)")
        }
        return value
    }

    func decode(_ type: Double.Type) throws -> Double {
        guard case .number(let text) = node.value, let value = Double(text), value.isFinite else {
            throw mismatch("a number was expected, not \(node.value.kind)")
        }
        return value
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: self) }

    private func integer<T: FixedWidthInteger>() throws -> T {
        // The initialiser of an integer refuses fractions, exponents and what does not fit. It takes
        // `-0`, which other readers take for a fraction.
        guard case .number(let text) = node.value, text != "-0", let value = T(text) else {
            throw mismatch(
                "a whole number from \(T.min) to \(T.max) was expected, not \(node.value.kind)"
                    + " outside of that")
        }
        return value
    }
}

/// Which keys of which objects were asked for.
final class KeyRecord {
    private var asked: [Int: Set<String>] = [:]

    func open(_ object: JSONObject) {
        asked[object.identifier, default: []].formUnion([])
    }

    func ask(_ key: String, of object: JSONObject) {
        asked[object.identifier, default: []].insert(key)
    }

    /// The first key that nobody asked for, with its path.
    func unknownKey(in node: JSONNode, path: [any CodingKey] = []) -> JSONFailure? {
        switch node.value {
        case .null, .bool, .number, .string:
            return nil
        case .array(let nodes):
            for (index, node) in nodes.enumerated() {
                if let found = unknownKey(in: node, path: path + [PathKey(index)]) { return found }
            }
            return nil
        case .object(let object):
            let known = asked[object.identifier] ?? []
            for member in object.members {
                let memberPath = path + [PathKey(member.key)]
                guard known.contains(member.key) else {
                    let names = known.isEmpty ? "none" : known.sorted().joined(separator: ", ")
                    return JSONFailure(
                        line: member.line, keyPath: keyPathText(memberPath),
                        problem: "this key is not known here; known are: \(names)")
                }
                if let found = unknownKey(in: member.node, path: memberPath) { return found }
            }
            return nil
        }
    }
}

/// A step of a path: a key or a place in a list.
struct PathKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ key: String) {
        stringValue = key
        intValue = nil
    }

    init(_ index: Int) {
        stringValue = String(index)
        intValue = index
    }

    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(intValue) }
}

/// The path as people write it: `styles[2].closes`.
func keyPathText(_ path: [any CodingKey]) -> String {
    path.reduce("") { text, key in
        if let index = key.intValue { return text + "[\(index)]" }
        return text + (text.isEmpty ? "" : ".") + key.stringValue
    }
}
