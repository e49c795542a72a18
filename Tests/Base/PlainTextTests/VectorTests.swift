import Foundation
import PlainText
import Testing

/// The lists of PROTOCOL 1.3 against `Tests/Vectors/plain-lines.json`, which another implementation
/// made from the document.
@Suite struct VectorTests {
    private struct File: Decodable {
        struct Row: Decodable {
            /// UTF-8, in hexadecimal.
            let text: String
            let plainLine: Bool
            let plainText: Bool
            let blank: Bool
        }

        let texts: [Row]
    }

    private func text(_ hexadecimal: String) throws -> String {
        var bytes: [UInt8] = []
        var rest = hexadecimal[...]
        while !rest.isEmpty {
            bytes.append(try #require(UInt8(rest.prefix(2), radix: 16)))
            rest = rest.dropFirst(2)
        }
        return try #require(String(validating: bytes, as: UTF8.self))
    }

    @Test func textsAreWhatTheVectorsSay() throws {
        let vectors = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Vectors/plain-lines.json")
        let file = try JSONDecoder().decode(File.self, from: try Data(contentsOf: vectors))
        #expect(file.texts.count > 200)
        for row in file.texts {
            let text = try text(row.text)
            #expect(text.isPlainLine == row.plainLine, "\(row.text)")
            #expect(text.isPlainText == row.plainText, "\(row.text)")
            #expect(text.isBlank == row.blank, "\(row.text)")
            // What the filter makes of anything is a plain line, and nothing plain is changed.
            #expect(text.plainLine.isPlainLine, "\(row.text)")
            if row.plainLine { #expect(text.plainLine == text, "\(row.text)") }
        }
    }
}
