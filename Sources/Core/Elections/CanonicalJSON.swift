/// JSON with one way to write each value: fields in the order given, two spaces of indentation, line
/// feeds, no escapes but the necessary ones, integers alone. It is written and never parsed here.
enum CanonicalJSON {
    case string(String)
    case number(UInt64)
    case list([CanonicalJSON])
    case object([(String, CanonicalJSON)])

    static func number(_ value: UInt32) -> Self { .number(UInt64(value)) }

    /// The text in UTF-8, with a line feed at its end.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        self.write(to: &out, depth: 0)
        out.append(0x0A)
        return out
    }

    private func write(to out: inout [UInt8], depth: Int) {
        switch self {
        case .string(let text): Self.write(text, to: &out)
        case .number(let value): out += [UInt8](String(value).utf8)
        case .list(let values):
            Self.write(values, to: &out, depth: depth, open: 0x5B, close: 0x5D) { value, out in
                value.write(to: &out, depth: depth + 1)
            }
        case .object(let fields):
            Self.write(fields, to: &out, depth: depth, open: 0x7B, close: 0x7D) { field, out in
                Self.write(field.0, to: &out)
                out += [0x3A, 0x20]
                field.1.write(to: &out, depth: depth + 1)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], to out: inout [UInt8], depth: Int, open: UInt8, close: UInt8,
        _ writeElement: (Element, inout [UInt8]) -> Void
    ) {
        out.append(open)
        for (index, element) in elements.enumerated() {
            if index > 0 { out.append(0x2C) }
            Self.breakLine(&out, depth: depth + 1)
            writeElement(element, &out)
        }
        if !elements.isEmpty { Self.breakLine(&out, depth: depth) }
        out.append(close)
    }

    private static func breakLine(_ out: inout [UInt8], depth: Int) {
        out.append(0x0A)
        out += [UInt8](repeating: 0x20, count: 2 * depth)
    }

    /// A quote, a backslash and control characters (`\u00xx`) are escaped, nothing else.
    private static func write(_ text: String, to out: inout [UInt8]) {
        let digits = [UInt8]("0123456789abcdef".utf8)
        out.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C: out += [0x5C, byte]
            case 0..<0x20, 0x7F:
                out += [UInt8]("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: out.append(byte)
            }
        }
        out.append(0x22)
    }
}
