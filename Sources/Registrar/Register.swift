internal import DocumentFiles

/// One voter of the register.
package struct RegisterRow: Hashable, Sendable {
    /// The register's reference of the voter.
    package let voter: String
    /// The voter's access code.
    package let code: String
    package let style: UInt32
}

/// Why a register is refused: every fault, up to a bound, with its line.
package struct RegisterFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: String
    package let faults: [RegisterFault]

    package var description: String {
        "\(path) is no usable register:\n"
            + faults.map { "  " + $0.description }.joined(separator: "\n")
    }
}

/// The voters of an election, from a file of comma-separated values with the columns `voter`, `code`
/// and `style`; others are ignored.
package struct Register: Sendable {
    /// The largest register in bytes.
    package static let sizeLimit = 1 << 30
    private static let faultLimit = 20
    private static let voterBytes = 1...256
    private static let codeBytes = 4...128

    /// In the order of the text.
    package let rows: [RegisterRow]

    /// How many voters it lists.
    package var count: Int { rows.count }

    /// Reads and checks a register for an election with ballot styles of these numbers.
    ///
    /// - Throws: `FileFailure`, `RegisterFailure`.
    package init(at path: String, styles: [UInt32]) throws {
        let bytes = try LocalFile.read(path, limit: Self.sizeLimit)
        do throws(RegisterFaults) {
            rows = try Self.rows(of: bytes, styles: styles)
        } catch {
            throw RegisterFailure(path: path, faults: error.faults)
        }
    }

    /// The register in a text.
    ///
    /// - Throws: `RegisterFaults`.
    package init(_ bytes: [UInt8], styles: [UInt32]) throws(RegisterFaults) {
        rows = try Self.rows(of: bytes, styles: styles)
    }

    private static func rows(
        of bytes: [UInt8], styles: [UInt32]
    ) throws(RegisterFaults) -> [RegisterRow] {
        var parser = ValueParser(bytes)
        var faults: [RegisterFault] = []
        do throws(RegisterFault) {
            guard let header = try parser.next() else {
                throw RegisterFault(line: 1, problem: "the register is empty")
            }
            let columns = try Columns(header)
            var rows: [RegisterRow] = []
            var lines: [String: Int] = [:]
            while let record = try parser.next() {
                guard faults.count < faultLimit else { break }
                do throws(RegisterFault) {
                    let row = try columns.row(record, styles: styles)
                    if let earlier = lines.updateValue(record.line, forKey: row.voter) {
                        throw RegisterFault(
                            line: record.line,
                            problem: "lists the voter of line \(earlier) a second time")
                    }
                    rows.append(row)
                } catch {
                    faults.append(error)
                }
            }
            if rows.isEmpty, faults.isEmpty {
                throw RegisterFault(line: header.line, problem: "no voter follows the header")
            }
            guard faults.isEmpty else { throw faults.removeLast() }
            return rows
        } catch {
            throw RegisterFaults(faults: faults + [error])
        }
    }

    private struct Columns {
        let voter: Int
        let code: Int
        let style: Int
        let count: Int

        init(_ header: ValueRecord) throws(RegisterFault) {
            func column(_ name: String) throws(RegisterFault) -> Int {
                let places = header.fields.indices.filter { header.fields[$0] == name }
                guard let place = places.first, places.count == 1 else {
                    throw RegisterFault(
                        line: header.line,
                        problem: "the header needs one column `\(name)`, as in: voter,code,style")
                }
                return place
            }
            voter = try column("voter")
            code = try column("code")
            style = try column("style")
            count = header.fields.count
        }

        func row(_ record: ValueRecord, styles: [UInt32]) throws(RegisterFault) -> RegisterRow {
            guard record.fields.count == count else {
                throw RegisterFault(
                    line: record.line,
                    problem: "has \(record.fields.count) fields where the header has \(count)")
            }
            let voter = record.fields[voter]
            let code = record.fields[code]
            guard isUsable(voter, voterBytes) else {
                throw RegisterFault(
                    line: record.line,
                    problem: "`voter` needs \(voterBytes.lowerBound) to \(voterBytes.upperBound) "
                        + "bytes without control characters or spaces around them")
            }
            guard isUsable(code, codeBytes) else {
                throw RegisterFault(
                    line: record.line,
                    problem: "`code` needs \(codeBytes.lowerBound) to \(codeBytes.upperBound) "
                        + "bytes without control characters or spaces around them")
            }
            guard let style = UInt32(record.fields[style]), styles.contains(style) else {
                let known = styles.map(String.init).joined(separator: ", ")
                throw RegisterFault(
                    line: record.line,
                    problem: "`style` is not a ballot style of the election, which has: \(known)")
            }
            return RegisterRow(voter: voter, code: code, style: style)
        }

        private func isUsable(_ text: String, _ bytes: ClosedRange<Int>) -> Bool {
            bytes.contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
                && text.first?.isWhitespace == false && text.last?.isWhitespace == false
        }
    }
}

/// The faults of a register that is in memory.
package struct RegisterFaults: Error, Hashable, Sendable {
    package let faults: [RegisterFault]
}
