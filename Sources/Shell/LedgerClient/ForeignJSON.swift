internal import FoundationEssentials
internal import PlainText

/// JSON of a server, whose strings hold plain lines alone once they are read.
package enum ForeignJSON {
    /// Decodes a value whose strings were filtered (`String.plainLine`'s replacements).
    ///
    /// - Throws: `AnswerFault`.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from body: [UInt8]
    ) throws(AnswerFault) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(filtered(body)))
        } catch {
            throw AnswerFault("it is not the JSON of \(name(of: type))")
        }
    }

    /// The same JSON text with scalars that are not plain replaced within its strings, escaped or not.
    package static func filtered(_ body: [UInt8]) -> [UInt8] {
        // Most answers are plain ASCII without escapes.
        guard body.contains(where: { $0 == 0x5C || $0 >= 0x7F }) else { return body }
        var text = String.UnicodeScalarView()
        var scalars = String(decoding: body, as: UTF8.self).unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            guard scalar == "\\", let escape = scalars.popFirst() else {
                text.append(isShown(scalar) || scalar.value < 0x20 ? scalar : "\u{FFFD}")
                continue
            }
            switch escape {
            case "n", "r": text.append("⏎")
            case "t": text.append(" ")
            case "b", "f": text.append("\u{FFFD}")
            case "u": text.append(contentsOf: unescaped(&scalars))
            default: text.append(contentsOf: ["\\", escape])
            }
        }
        return Array(String(text).utf8)
    }

    /// What stands for `\uXXXX`, whose `\u` is gone already.
    private static func unescaped(_ scalars: inout Substring.UnicodeScalarView)
        -> [Unicode.Scalar]
    {
        guard let unit = hexadecimal(&scalars) else { return ["\u{FFFD}"] }
        var value = UInt32(unit)
        if UTF16.isLeadSurrogate(unit), scalars.first == "\\" {
            var rest = scalars.dropFirst()
            guard rest.popFirst() == "u", let trail = hexadecimal(&rest),
                UTF16.isTrailSurrogate(trail)
            else { return ["\u{FFFD}"] }
            scalars = rest
            value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value), isShown(scalar) else {
            return [value == 0x0A || value == 0x0D ? "⏎" : "\u{FFFD}"]
        }
        return scalar == "\"" || scalar == "\\" ? ["\\", scalar] : [scalar]
    }

    private static func hexadecimal(_ scalars: inout Substring.UnicodeScalarView) -> UInt16? {
        let digits = String(scalars.prefix(4))
        guard digits.utf8.count == 4, let unit = UInt16(digits, radix: 16) else { return nil }
        scalars = scalars.dropFirst(4)
        return unit
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isPlain || scalar.isJoiner || scalar.isSelector
    }

    /// The type's name without its module.
    static func name(of type: Any.Type) -> String { "\(type)" }
}
