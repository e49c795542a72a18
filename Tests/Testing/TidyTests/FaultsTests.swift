import Foundation
import Testing

/// `Tests/FAULTS.md` says which tests hold which fault that was found from outside; here, that those
/// tests exist and that no row is empty.
struct FaultsTests {
    private func rows() throws -> [[String]] {
        let url = SourceTree.top.appending(path: "Tests/FAULTS.md")
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| ") && !$0.hasPrefix("| fault") }
            .map { line in
                line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            }
    }

    /// The tests that a text names, as `Target.function`.
    private func tests(in text: String) -> [(target: String, function: String)] {
        text.split(separator: "`").compactMap { word in
            let parts = word.split(separator: ".")
            guard parts.count == 2, parts[0].hasSuffix("Tests"),
                parts[1].allSatisfy({ $0.isLetter || $0.isNumber })
            else { return nil }
            return (String(parts[0]), String(parts[1]))
        }
    }

    @Test func everyFaultNamesTestsThatExist() throws {
        var sources: [String: String] = [:]
        for row in try rows() {
            #expect(row.count == 4, "\(row)")
            let named = tests(in: row[2])
            #expect(!named.isEmpty, "\(row[0]) names no test")
            for (target, function) in named {
                let source =
                    try sources[target]
                    ?? SourceTree.swiftFiles(below: SourceTree.testFolder(of: target)).flatMap(
                        \.lines
                    )
                    .joined(separator: "\n")
                sources[target] = source
                #expect(source.contains("func \(function)("), "\(target).\(function) is missing")
            }
        }
    }

    @Test func everyFaultSaysWhatElseOfItsKindWasMended() throws {
        let rows = try rows()
        #expect(rows.count >= 8)
        for row in rows { #expect(row[3].count > 20, "\(row[0])") }
    }
}
