import Codec
import DocumentFiles
import Foundation
import Ledger
import Testing

/// What a reader of genesis.json refuses (PROTOCOL.md section 11): a value in a form that another
/// reader could take for another value, or not take at all.
struct GenesisFileTests {
    /// The genesis of `Tests/Vectors/ledger.json`, as a file.
    private static func text() throws -> String {
        var folder = URL(filePath: #filePath)
        while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
        let file = try JSONSerialization.jsonObject(
            with: Data(contentsOf: folder.appending(path: "Vectors/ledger.json")))
        let genesis = try #require((file as? [String: Any])?["genesis"] as? [String: Any])
        let json = try #require(genesis["json"])
        return String(
            decoding: try JSONSerialization.data(
                withJSONObject: json, options: [.sortedKeys, .withoutEscapingSlashes]),
            as: UTF8.self)
    }

    private static func chainID(_ text: String) throws -> Bytes32 {
        try JSONDocument.decode(Genesis.self, from: [UInt8](text.utf8)).chainID
    }

    @Test func layoutChangesNothing() throws {
        let text = try Self.text()
        let expected = try #require(
            Bytes32(
                hexadecimal: "f003e1b4a1d84a931f4c0ffe96224d2d3894090bde0095171ca342e6208e9eba"))
        #expect(try Self.chainID(text) == expected)
        #expect(try Self.chainID(text.replacing(",\"", with: " ,\r\n\t\"")) == expected)
        #expect(try Self.chainID(text.replacing("\"test\"", with: "\"\\u0074est\"")) == expected)
    }

    @Test(arguments: [
        ("\"epochLength\":8", "\"epochLength\":8.0"), ("\"epochLength\":8", "\"epochLength\":8e0"),
        ("\"epochLength\":8", "\"epochLength\":\"8\""), ("\"epochLength\":8", "\"epochLength\":08"),
        ("\"epochLength\":8", "\"epochLength\":+8"), ("\"epochLength\":8", "\"epochLength\":-0"),
        ("\"epochLength\":8", "\"epochLength\":null"),
        ("\"epochLength\":8", "\"epochLength\":8,\"epochLength\":8"),
        ("\"epochLength\":8", "\"epochLength\":8,\"more\":8"), ("\"epochLength\":8,", ""),
        ("T08:00:00Z", "T08:00:00.000Z"), ("T08:00:00Z", "T08:00:00+00:00"),
        ("T08:00:00Z", "T08:00:00z"), ("T08:00:00Z", "T08:00Z"),
        ("\"logKey\":\"9b1f", "\"logKey\":\"9B1F"), ("\"logKey\":\"9b", "\"logKey\":\""),
        ("\"logKey\":\"9b", "\"logKey\":\"009b"), ("\"logKey\":\"9b", "\"logKey\":\"0x9b"),
        ("\"training\"", "\"Training\""), ("\"training\"", "2"), ("\"test\"", "\"\\ud800\""),
        ("\"test\"", "null"),
    ])
    func valueInAnotherFormIsRefused(right: String, wrong: String) throws {
        let text = try Self.text()
        #expect(text.contains(right))
        #expect(throws: JSONFailure.self) { try Self.chainID(text.replacing(right, with: wrong)) }
    }

    @Test func bytesBeforeAndBehindAreRefused() throws {
        let text = try Self.text()
        for wrong in ["\u{FEFF}" + text, text + "{}", text + "\0", String(text.dropLast())] {
            #expect(throws: JSONFailure.self) { try Self.chainID(wrong) }
        }
        #expect(throws: JSONFailure.self) {
            try JSONDocument.decode(
                Genesis.self, from: [UInt8](text.utf8.dropLast()) + [0xFF, 0x7D])
        }
    }
}
