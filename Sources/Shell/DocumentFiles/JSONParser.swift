/// Reads one JSON text (RFC 8259), strictly: no duplicate keys, no lone surrogates, nothing after
/// the value, and no deeper than `depthLimit`.
struct JSONParser {
    /// Our deepest document has six levels; the parser's recursion stays harmless.
    static let depthLimit = 32

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var objects = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func parse(_ bytes: [UInt8]) throws(JSONFailure) -> JSONNode {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw JSONFailure(line: 1, keyPath: "", problem: "the text is not well-formed UTF-8")
        }
        var parser = JSONParser(bytes)
        parser.skipSpace()
        let node = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.current == nil else { throw parser.failure("nothing more was expected here") }
        return node
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func failure(_ problem: String) -> JSONFailure {
        JSONFailure(line: line, keyPath: "", problem: "this is not JSON: " + problem)
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            if byte == 0x0A { line += 1 }
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONFailure) -> JSONNode {
        guard depth < Self.depthLimit else { throw failure("it is nested too deeply") }
        let start = line
        switch current {
        case UInt8(ascii: "{"): return JSONNode(line: start, value: try object(depth: depth))
        case UInt8(ascii: "["): return JSONNode(line: start, value: try array(depth: depth))
        case UInt8(ascii: "\""): return JSONNode(line: start, value: .string(try string()))
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw failure("it ends where a value was expected")
        default: return JSONNode(line: start, value: .number(try number()))
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(JSONFailure) -> JSONNode {
        for byte in text.utf8 where !take(byte) { throw failure("`\(text)` was expected") }
        return JSONNode(line: line, value: value)
    }

    private mutating func object(depth: Int) throws(JSONFailure) -> JSONValue {
        position += 1
        var object = JSONObject(identifier: objects)
        objects += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(object) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("a key in \" was expected") }
            let keyLine = line
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("`:` was expected after a key") }
            skipSpace()
            let node = try value(depth: depth + 1)
            guard object.append(JSONObject.Member(key: key, line: keyLine, node: node)) else {
                throw JSONFailure(
                    line: keyLine, keyPath: "", problem: "the key `\(key)` is there twice")
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(object) }
            guard take(UInt8(ascii: ",")) else { throw failure("`,` or `}` was expected") }
        }
    }

    private mutating func array(depth: Int) throws(JSONFailure) -> JSONValue {
        position += 1
        var nodes: [JSONNode] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(nodes) }
        while true {
            skipSpace()
            nodes.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(nodes) }
            guard take(UInt8(ascii: ",")) else { throw failure("`,` or `]` was expected") }
        }
    }

    private mutating func number() throws(JSONFailure) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONFailure) {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw failure("a value was expected") }
    }

    private mutating func string() throws(JSONFailure) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<0x20: throw failure("a text holds a line break or control character")
            default: text.append(byte)
            }
        }
        throw failure("a text has no end")
    }

    private mutating func escape() throws(JSONFailure) -> [UInt8] {
        guard let byte = current else { throw failure("a text has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw failure("a text holds an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(JSONFailure) -> [UInt8] {
        var units = [try codeUnit()]
        if UTF16.isLeadSurrogate(units[0]), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
            units.append(try codeUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw failure("a text holds half of a surrogate pair")
        }
        return [UInt8](text.utf8)
    }

    private mutating func codeUnit() throws(JSONFailure) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = hexadecimalDigit(byte) else {
                throw failure("four hexadecimal digits were expected after \\u")
            }
            unit = unit << 4 | digit
            position += 1
        }
        return unit
    }

    private func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case 0x30...0x39: UInt16(byte) - 0x30
        case 0x41...0x46: UInt16(byte) - 0x41 + 10
        case 0x61...0x66: UInt16(byte) - 0x61 + 10
        default: nil
        }
    }
}
