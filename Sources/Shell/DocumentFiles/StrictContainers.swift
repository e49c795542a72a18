/// The members of one JSON object, for decoding.
struct StrictObject<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let codingPath: [any CodingKey]
    let record: KeyRecord

    var allKeys: [Key] { object.members.compactMap { Key(stringValue: $0.key) } }

    func contains(_ key: Key) -> Bool {
        record.ask(key.stringValue, of: object)
        return object[key.stringValue] != nil
    }

    private func decoder(_ key: Key) throws -> StrictDecoder {
        record.ask(key.stringValue, of: object)
        guard let node = object[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: ""))
        }
        return StrictDecoder(
            node: node, codingPath: codingPath + [PathKey(key.stringValue)], record: record)
    }

    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).decodeNil() }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try decoder(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try decoder(key).decode(type)
    }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try decoder(key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        StrictDecoder(
            node: JSONNode(line: 1, value: .object(object)), codingPath: codingPath, record: record)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

/// The elements of one JSON list, for decoding.
struct StrictList: UnkeyedDecodingContainer {
    let nodes: [JSONNode]
    let codingPath: [any CodingKey]
    let record: KeyRecord
    private(set) var currentIndex = 0

    init(nodes: [JSONNode], codingPath: [any CodingKey], record: KeyRecord) {
        self.nodes = nodes
        self.codingPath = codingPath
        self.record = record
    }

    var count: Int? { nodes.count }
    var isAtEnd: Bool { currentIndex >= nodes.count }

    private mutating func next() throws -> StrictDecoder {
        guard currentIndex < nodes.count else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: codingPath, debugDescription: "the list has too few elements"))
        }
        defer { currentIndex += 1 }
        return StrictDecoder(
            node: nodes[currentIndex], codingPath: codingPath + [PathKey(currentIndex)],
            record: record)
    }

    mutating func decodeNil() throws -> Bool {
        guard currentIndex < nodes.count, case .null = nodes[currentIndex].value else {
            return false
        }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next().decode(type) }
    mutating func decode(_ type: String.Type) throws -> String { try next().decode(type) }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { try next() }
}
