internal import APISchema
internal import DocumentFiles
internal import PlainText

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
    private static let codeBytes = 1...128

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
        var faults: [RegisterFault] = []
        do throws(RegisterFault) {
            var parser = try ValueParser(bytes)
            var first = try parser.next()
            while first?.isBlank == true { first = try parser.next() }
            guard let header = first else {
                throw RegisterFault(line: 1, problem: "the register is empty")
            }
            let columns = try Columns(header)
            var rows: [RegisterRow] = []
            var listed = ListedVoters()
            while let record = try parser.next() {
                guard faults.count < faultLimit else { break }
                // Spreadsheets keep the separators of rows that were emptied.
                if record.isBlank { continue }
                do throws(RegisterFault) {
                    let row = try columns.row(record, styles: styles)
                    try listed.add(row.voter, line: record.line)
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

    /// The voters so far, to find those whom people cannot tell apart.
    private struct ListedVoters {
        private struct Place {
            let voter: String
            let line: Int
        }

        private var places: [DistinguishableName: [Place]] = [:]

        mutating func add(_ voter: String, line: Int) throws(RegisterFault) {
            let name = DistinguishableName(voter)
            for place in places[name, default: []] {
                // Two strings are equal in Swift if they are canonically equivalent, as lookups are.
                guard place.voter != voter else {
                    throw RegisterFault(
                        line: line,
                        problem: "lists the voter of line \(place.line) a second time")
                }
                // References that are made by chance may differ in upper and lower case alone.
                guard place.voter.lowercased() == voter.lowercased() else {
                    throw RegisterFault(
                        line: line,
                        problem: "`voter` looks like that of line \(place.line), and people cannot "
                            + "tell the two apart; give one of them another reference")
                }
            }
            places[name, default: []].append(Place(voter: voter, line: line))
        }
    }

    private struct Columns {
        let voter: Int
        let code: Int
        let style: Int
        let count: Int

        init(_ header: ValueRecord) throws(RegisterFault) {
            if let problem = header.separatorProblem {
                throw RegisterFault(line: header.line, problem: problem)
            }
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
            guard voterBytes.contains(voter.utf8.count), voter.isPlainReference else {
                throw RegisterFault(
                    line: record.line,
                    problem: "`voter` needs \(voterBytes.lowerBound) to \(voterBytes.upperBound) "
                        + "bytes that show something: no spaces around it, no invisible characters, "
                        + "no line breaks" + shown(voter))
            }
            guard codeBytes.contains(code.utf8.count), code.isPlainReference else {
                throw RegisterFault(
                    line: record.line,
                    problem:
                        "`code` needs at most \(codeBytes.upperBound) bytes that show something: "
                        + "no spaces around it, no invisible characters, no line breaks")
            }
            guard AccessCode(code).isLongEnough else {
                throw RegisterFault(
                    line: record.line,
                    problem:
                        "`code` needs at least \(AccessCode.leastCharacters) characters without "
                        + "its spaces: shorter ones can be guessed")
            }
            guard let style = UInt32(record.fields[style]), styles.contains(style) else {
                let known = styles.map(String.init).joined(separator: ", ")
                throw RegisterFault(
                    line: record.line,
                    problem: "`style` is not a ballot style of the election, which has: \(known)")
            }
            return RegisterRow(voter: voter, code: code, style: style)
        }

        /// Which characters of a text nobody sees, for the person who looks for them.
        private func shown(_ text: String) -> String {
            let hidden = text.unicodeScalars.filter { !$0.isPlain }.prefix(4).map { scalar in
                let digits = String(scalar.value, radix: 16, uppercase: true)
                return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            }
            return hidden.isEmpty ? "" : " (it has \(hidden.joined(separator: ", ")))"
        }
    }
}

/// The faults of a register that is in memory.
package struct RegisterFaults: Error, Hashable, Sendable, CustomStringConvertible {
    package let faults: [RegisterFault]

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
