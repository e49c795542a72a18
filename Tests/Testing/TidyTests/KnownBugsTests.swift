import Foundation
import Testing

/// `Tests/KNOWN-BUGS.md` says which test would find which bug of another project; here, that those
/// tests exist and no row is missing.
struct KnownBugsTests {
    private func lines() throws -> [Substring] {
        let url = SourceTree.top.appending(path: "Tests/KNOWN-BUGS.md")
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    }

    @Test func everyTestThatTheTableOfBugsNamesExists() throws {
        var sources: [String: String] = [:]
        var count = 0
        for line in try self.lines() where line.hasPrefix("| ") {
            for word in line.split(separator: "`") {
                let parts = word.split(separator: ".")
                guard parts.count == 2, parts[0].hasSuffix("Tests"),
                    parts[1].allSatisfy({ $0.isLetter || $0.isNumber })
                else { continue }
                let target = String(parts[0])
                let source =
                    try sources[target]
                    ?? SourceTree.swiftFiles(below: SourceTree.testFolder(of: target)).flatMap(
                        \.lines
                    )
                    .joined(separator: "\n")
                sources[target] = source
                #expect(source.contains("func \(parts[1])("), "\(word) is missing")
                count += 1
            }
        }
        #expect(count >= 88)
    }

    @Test func everyBugHasItsRow() throws {
        let rows = try self.lines().filter { $0.hasPrefix("| ") }.compactMap { line in
            Int(line.split(separator: "|")[0].trimmingCharacters(in: .whitespaces))
        }
        #expect(rows == Array(1...88))
    }
}
