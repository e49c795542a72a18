import Foundation

/// The checkout as a person sees it: its files and their lines.
struct SourceTree {
    struct File {
        /// Relative to the top, as in `Sources/Base/Codec/ByteReader.swift`.
        let path: String
        let lines: [String]

        /// The floor of a source file: the directory below `Sources` or `Tests`.
        var floor: String { part(1) }

        /// The module of a source file: the directory below the floor.
        var module: String { part(2) }

        private func part(_ place: Int) -> String {
            let parts = path.split(separator: "/")
            return place < parts.count ? String(parts[place]) : ""
        }
    }

    static let top: URL = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The names of the modules on a floor of `Sources`.
    static func modules(of floor: String) throws -> Set<String> {
        let folder = top.appendingPathComponent("Sources/\(floor)").path
        return Set(try FileManager.default.contentsOfDirectory(atPath: folder))
    }

    /// Where a test target stands: `Tests/FLOOR/NAME`, relative to the top.
    static func testFolder(of target: String) throws -> String {
        let tests = top.appendingPathComponent("Tests")
        for floor in try FileManager.default.contentsOfDirectory(atPath: tests.path) {
            let folder = "Tests/\(floor)/\(target)"
            if FileManager.default.fileExists(atPath: top.appendingPathComponent(folder).path) {
                return folder
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }

    /// The Swift files below a directory of the top.
    static func swiftFiles(below directory: String) throws -> [File] {
        let base = top.appendingPathComponent(directory)
        guard
            let walker = FileManager.default.enumerator(
                at: base, includingPropertiesForKeys: nil)
        else { throw CocoaError(.fileNoSuchFile) }
        var files: [File] = []
        for case let url as URL in walker where url.pathExtension == "swift" {
            let text = try String(contentsOf: url, encoding: .utf8)
            let path = String(url.path.dropFirst(top.path.count + 1))
            files.append(
                File(
                    path: path,
                    lines: text.split(separator: "\n", omittingEmptySubsequences: false)
                        .map(String.init)))
        }
        return files.sorted { $0.path < $1.path }
    }
}

extension SourceTree.File {
    /// The modules that the file imports.
    var imports: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let position = words.firstIndex(of: "import"), position <= 2,
                words[..<position].allSatisfy({ importModifiers.contains(String($0)) })
            else { return nil }
            let name = words.dropFirst(position + 1).first { !kinds.contains(String($0)) }
            return name.map { String($0.split(separator: ".")[0]) }
        }
    }
}

private let importModifiers: Set<String> = [
    "package", "public", "internal", "private", "fileprivate", "@preconcurrency", "@_exported",
    "@testable",
]
private let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let"]
