import BlockSync
import Codec
import Foundation
import Ledger
import Testing

/// Section 9.5 of the protocol against `Tests/Vectors/messages.json`, recomputed from its inputs.
struct VectorTests {
    private let inputs: [String: String]
    private let expected: [String: String]

    private struct File: Decodable {
        struct Message: Decodable {
            let name: String
            let bytes: String
        }

        struct Inputs: Decodable {
            let block: String
            let child: String
            let finalizationOfBlock: String
            let finalizationOfChild: String
        }

        let inputs: Inputs
        let sync: [Message]
    }

    init() throws {
        var folder = URL(filePath: #filePath)
        while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
        let data = try Data(contentsOf: folder.appending(path: "Vectors/messages.json"))
        let file = try JSONDecoder().decode(File.self, from: data)
        inputs = [
            "block": file.inputs.block, "child": file.inputs.child,
            "finalizationOfBlock": file.inputs.finalizationOfBlock,
            "finalizationOfChild": file.inputs.finalizationOfChild,
        ]
        expected = Dictionary(
            file.sync.map { ($0.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    }

    private func input<Value: CanonicalCodable>(
        _ name: String, _ type: Value.Type = Value.self
    ) throws -> Value {
        let bytes = try #require(inputs[name].flatMap(Hexadecimal.decode))
        return try Value(canonicalBytes: bytes)
    }

    @Test func everyMessageHasItsBytes() throws {
        let block: Block = try input("block")
        let child: Block = try input("child")
        let newest = FinalizedHeader(
            header: block.header, finalization: try input("finalizationOfBlock"))
        let range = BlockRange(
            blocks: [block], headers: [child.header],
            finalization: try input("finalizationOfChild"))
        let messages: [(String, SyncMessage)] = [
            ("newest request", .newestRequest), ("newest, genesis", .newest(nil)),
            ("newest", .newest(newest)),
            ("range request", .rangeRequest(from: Height(7), count: 128, bytes: 65_536)),
            ("range", .range(range)), ("unavailable", .unavailable(Height(12))),
        ]
        #expect(Set(messages.map(\.0)) == Set(expected.keys))
        for (name, message) in messages {
            #expect(Hexadecimal.encode(message.canonicalBytes) == expected[name], "\(name)")
            #expect(try SyncMessage(canonicalBytes: message.canonicalBytes) == message)
        }
    }
}
