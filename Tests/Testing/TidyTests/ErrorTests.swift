import Foundation
import Testing

/// Every error says in words what was wrong: Swift's own text of a value, as in
/// `badCertificate(CertificateRejection.tooFewSigners(2, quorum: 3))`, is for no person.
struct ErrorTests {
    private struct Declaration: Hashable {
        let module: String
        let name: String
    }

    /// The types that conform to `protocolName` by their declaration or by an extension.
    private func types(conformingTo protocolName: String) throws -> Set<Declaration> {
        let pattern =
            /^\s*(?:package |private |fileprivate |final )*(?:enum|struct|class|extension) ([\w.]+)(?:<[^>]*>)?\s*:\s*([^{]*)/
        var found: Set<Declaration> = []
        for file in try SourceTree.swiftFiles(below: "Sources") {
            for (index, line) in file.lines.enumerated() {
                // A list of protocols may go on in the next line.
                let whole =
                    line.contains("{") || index + 1 == file.lines.count
                    ? line : line + file.lines[index + 1]
                guard let match = try pattern.firstMatch(in: whole) else { continue }
                let protocols = match.2.split { !$0.isLetter && $0 != "." }
                guard protocols.contains(where: { $0 == protocolName }) else { continue }
                let name = match.1.split(separator: ".").last.map(String.init) ?? ""
                found.insert(Declaration(module: file.module, name: name))
            }
        }
        return found
    }

    @Test func everyErrorHasADescription() throws {
        let errors = try types(conformingTo: "Error")
        let described = try types(conformingTo: "CustomStringConvertible")
        #expect(errors.count >= 70)
        for error in errors.subtracting(described).sorted(by: { $0.name < $1.name }) {
            Issue.record("\(error.module).\(error.name) has no description")
        }
    }

    /// On Linux Foundation answers with "The operation could not be completed", and reflection with
    /// the names of our types.
    @Test func noMessageIsFoundationsOrReflections() throws {
        for file in try SourceTree.swiftFiles(below: "Sources") {
            for (index, line) in file.lines.enumerated()
            where !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                for word in ["localizedDescription", "String(reflecting:", "dump("] {
                    #expect(!line.contains(word), "\(file.path):\(index + 1) has \(word)")
                }
            }
        }
    }
}
