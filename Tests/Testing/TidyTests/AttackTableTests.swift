import Foundation
import Testing

/// `Tests/ATTACKS.md` says which test submits which attack; here, that those tests exist.
struct AttackTableTests {
    private func table() throws -> [String] {
        let url = SourceTree.top.appending(path: "Tests/ATTACKS.md")
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// The names `Target.function` of the table, by target.
    private func namedTests() throws -> [String: Set<String>] {
        var names: [String: Set<String>] = [:]
        for line in try self.table() where line.hasPrefix("|") {
            for word in line.split(separator: "`") {
                let parts = word.split(separator: ".", omittingEmptySubsequences: false)
                guard parts.count == 2, parts[0].hasSuffix("Tests"),
                    parts[1].allSatisfy({ $0.isLetter || $0.isNumber })
                else { continue }
                names[String(parts[0]), default: []].insert(String(parts[1]))
            }
        }
        return names
    }

    /// The functions of a test target that are marked as tests.
    private func tests(of target: String) throws -> Set<String> {
        var found: Set<String> = []
        for file in try SourceTree.swiftFiles(below: SourceTree.testFolder(of: target)) {
            var isMarked = false
            for line in file.lines {
                let code = line.trimmingCharacters(in: .whitespaces)
                if code.hasPrefix("@Test") { isMarked = true }
                guard isMarked, let start = code.range(of: "func ") else { continue }
                found.insert(String(code[start.upperBound...].prefix { $0 != "(" }))
                isMarked = false
            }
        }
        return found
    }

    @Test func everyTestThatTheTableOfAttacksNamesExists() throws {
        let names = try self.namedTests()
        #expect(names.count >= 10)
        for (target, functions) in names {
            let missing = functions.subtracting(try self.tests(of: target))
            #expect(missing.isEmpty, "\(target) has no \(missing.sorted())")
        }
    }

    /// 42 rows of voters, 18 of the registrar, 27 of trustees, 20 of validators, 12 of observers and
    /// 24 of networks, clients and administration.
    @Test func everyAttackHasItsRow() throws {
        let rows = try self.table().filter { $0.hasPrefix("| ") }.compactMap { line in
            line.split(separator: "|").first?.trimmingCharacters(in: .whitespaces)
        }
        let groups = [
            ("V", 42), ("R", 18), ("T", 27), ("N", 20), ("O", 12), ("W", 8), ("C", 6), ("A", 10),
        ]
        for (letter, count) in groups {
            for number in 1...count {
                let row = letter + (number < 10 ? "0" : "") + String(number)
                #expect(rows.filter { $0 == row }.count == 1, "row \(row)")
            }
        }
    }

    /// Validators must agree on every signature, so nodes and tools know one verifier: libsodium's.
    /// The other, in Swift, is for browsers alone.
    @Test func nodesAndToolsVerifySignaturesWithOneLibrary() throws {
        for file in try SourceTree.swiftFiles(below: "Sources") {
            for (index, line) in file.lines.enumerated() {
                let code = line.components(separatedBy: "//")[0]
                #expect(
                    !code.contains("Curve25519.Signing.PublicKey"),
                    "\(file.path):\(index + 1) verifies with another library")
                #expect(
                    !code.contains("StrictEd25519")
                        || ["Ristretto", "BallotWeb"].contains(file.module),
                    "\(file.path):\(index + 1) verifies with the browser's code")
            }
        }
    }
}
