internal import PlainText

/// One record of a file of comma-separated values, with the line that it begins on, from 1.
struct ValueRecord: Equatable {
    let line: Int
    let fields: [String]

    /// Whether no field shows anything.
    var isBlank: Bool { fields.allSatisfy(\.isBlank) }

    /// What is wrong with a header whose fields other characters than commas part; nil where commas do.
    var separatorProblem: String? {
        guard let first = fields.first else { return nil }
        if first.lowercased().hasPrefix("sep=") {
            return "this line tells a spreadsheet how fields are separated and is no part of the "
                + "register: remove it, and separate fields by commas"
        }
        guard fields.count == 1 else { return nil }
        for (separator, name): (Character, String) in [
            (";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars"), (":", "colons"),
        ] where first.contains(separator) {
            return
                "the fields are separated by \(name), and a register needs commas: save it from the "
                + "spreadsheet as CSV with the comma as separator (LibreOffice: Save As, Text CSV, "
                + "Edit filter settings, field delimiter `,`; Excel: take `.` as decimal and `,` as "
                + "list separator in the system's region settings, then save as CSV UTF-8)"
        }
        return nil
    }
}

/// Files that are taken for registers and are none: their first bytes, and what to do.
private let otherFormats: [(magic: [UInt8], problem: String)] = [
    (
        [0x50, 0x4B, 0x03, 0x04],
        "the file is a spreadsheet (xlsx or ods) or another archive, not text: open it and save it as "
            + "CSV UTF-8 with the comma as separator"
    ),
    (
        [0xD0, 0xCF, 0x11, 0xE0],
        "the file is a spreadsheet of an old kind (xls), not text: open it and save it as CSV UTF-8 "
            + "with the comma as separator"
    ),
    ([0xFF, 0xFE], utf16Problem), ([0xFE, 0xFF], utf16Problem),
    ([0x1F, 0x8B], "the file is compressed (gzip): unpack it first"),
    (
        [0x25, 0x50, 0x44, 0x46],
        "the file is a PDF, not a table: ask for the register as CSV UTF-8"
    ),
]
private let utf16Problem =
    "the file is UTF-16 text, and a register needs UTF-8: save it as CSV UTF-8 with the comma as "
    + "separator (not as `Unicode text`)"

/// A fault of the register, with its line.
package struct RegisterFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    package let problem: String

    package var description: String { "line \(line): \(problem)" }
}

/// Takes comma-separated values apart (RFC 4180; lines may also end in LF alone).
struct ValueParser {
    /// Fields of one record and bytes of one field: a register with more is not one.
    static let fieldLimit = 256
    static let fieldBytes = 4096

    private static let loneReturn =
        "has a carriage return without a line feed: save the file with line ends of Windows or Unix"

    private let bytes: [UInt8]
    private var position: Int
    private var line = 1

    /// - Throws: where the bytes are another kind of file.
    init(_ bytes: [UInt8]) throws(RegisterFault) {
        if let other = otherFormats.first(where: { bytes.starts(with: $0.magic) }) {
            throw RegisterFault(line: 1, problem: other.problem)
        }
        // Every second byte of a header in UTF-16 is zero, also without a byte order mark.
        if bytes.prefix(16).count(where: { $0 == 0 }) > 4 {
            throw RegisterFault(line: 1, problem: utf16Problem)
        }
        self.bytes = bytes
        // A byte order mark that spreadsheets write says nothing.
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next record; nil at the end. Empty lines are passed over.
    mutating func next() throws(RegisterFault) -> ValueRecord? {
        while takeLineBreak() {}
        guard position < bytes.count else { return nil }
        let start = line
        var fields: [String] = []
        while true {
            fields.append(try field())
            guard fields.count <= Self.fieldLimit else {
                throw fault("has more than \(Self.fieldLimit) fields")
            }
            if position >= bytes.count || takeLineBreak() {
                return ValueRecord(line: start, fields: fields)
            }
            // After a field comes its comma: everything else was part of the field or refused.
            position += 1
        }
    }

    private func fault(_ problem: String) -> RegisterFault {
        RegisterFault(line: line, problem: problem)
    }

    private mutating func takeLineBreak() -> Bool {
        guard position < bytes.count else { return false }
        if bytes[position] == 0x0A {
            position += 1
        } else if bytes[position] == 0x0D, position + 1 < bytes.count, bytes[position + 1] == 0x0A {
            position += 2
        } else {
            return false
        }
        line += 1
        return true
    }

    private mutating func field() throws(RegisterFault) -> String {
        let isQuoted = position < bytes.count && bytes[position] == UInt8(ascii: "\"")
        let content = isQuoted ? try quoted() : try plain()
        guard content.count <= Self.fieldBytes else {
            throw fault("has a field of more than \(Self.fieldBytes) bytes")
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw fault("is not well-formed UTF-8: save the file as CSV UTF-8")
        }
        return text
    }

    private mutating func plain() throws(RegisterFault) -> [UInt8] {
        var content: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: ","), bytes[position] != 0x0A,
            bytes[position] != 0x0D
        {
            guard bytes[position] != UInt8(ascii: "\"") else {
                throw fault("has a \" inside of a field that does not begin with one")
            }
            content.append(bytes[position])
            position += 1
        }
        if position < bytes.count, bytes[position] == 0x0D {
            guard position + 1 < bytes.count, bytes[position + 1] == 0x0A else {
                throw fault(Self.loneReturn)
            }
        }
        return content
    }

    private mutating func quoted() throws(RegisterFault) -> [UInt8] {
        let start = line
        position += 1
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            guard byte == UInt8(ascii: "\"") else {
                if byte == 0x0A { line += 1 }
                content.append(byte)
                continue
            }
            if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                content.append(byte)
                position += 1
                continue
            }
            guard
                position >= bytes.count || bytes[position] == UInt8(ascii: ",")
                    || bytes[position] == 0x0A || bytes[position] == 0x0D
            else { throw fault("has text after the \" that ends a field") }
            if position < bytes.count, bytes[position] == 0x0D,
                position + 1 >= bytes.count || bytes[position + 1] != 0x0A
            {
                throw fault(Self.loneReturn)
            }
            return content
        }
        throw RegisterFault(line: start, problem: "has a field in \" that never ends")
    }
}
