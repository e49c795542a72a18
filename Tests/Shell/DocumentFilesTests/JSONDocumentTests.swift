import Codec
import DocumentFiles
import Foundation
import Ledger
import PlainText
import Testing

private struct Pet: Codable, Equatable {
    let name: String
    let age: UInt8
    let owner: String?
    let toys: [Toy]

    struct Toy: Codable, Equatable {
        let id: Int
        let key: Bytes32?
    }
}

private func decode(_ text: String) throws(JSONFailure) -> Pet {
    try JSONDocument.decode(Pet.self, from: [UInt8](text.utf8))
}

@Suite struct JSONDocumentTests {
    @Test func documentWithEveryKeyKnownIsDecoded() throws {
        let pet = try decode(
            #"{"name": "Бобик \u00e9\n", "age": 3, "toys": [{"id": -1}, {"id": 2, "key": null}]}"#)
        #expect(
            pet
                == Pet(
                    name: "Бобик é\n", age: 3, owner: nil,
                    toys: [.init(id: -1, key: nil), .init(id: 2, key: nil)]))
    }

    @Test func whatIsWrittenReadsBackTheSame() throws {
        let pet = Pet(
            name: "a/\"b\"", age: 255, owner: "x",
            toys: [.init(id: .min, key: Bytes32(hexadecimal: String(repeating: "ab", count: 32)))])
        let bytes = try JSONDocument.encode(pet)
        #expect(bytes.last == 0x0A)
        #expect(try JSONDocument.decode(Pet.self, from: bytes) == pet)
        #expect(try JSONDocument.encode(pet) == bytes)
    }

    @Test func keysAreWrittenSorted() throws {
        let text = String(
            decoding: try JSONDocument.encode(["b": 1, "a": 2, "c": 3]), as: UTF8.self)
        let places = ["a", "b", "c"].compactMap { text.range(of: "\"\($0)\"")?.lowerBound }
        #expect(places.count == 3)
        #expect(places == places.sorted())
    }

    /// Text, line, key path, and a part of the problem.
    @Test(arguments: [
        (
            "{\"name\": \"a\",\n \"age\": 1, \"toys\": [],\n \"colour\": 1}", 3, "colour",
            "not known"
        ),
        (
            "{\"name\": \"a\", \"age\": 1, \"toys\": [{\"id\": 1},\n{\"id\": 2, \"x\": null}]}", 2,
            "toys[1].x", "known are: id, key"
        ),
        ("{\"name\": \"a\",\n\"name\": \"b\"}", 2, "", "`name` is there twice"),
        ("{\"name\": \"a\", \"age\": 1}", 1, "", "`toys` is missing"),
        ("{\"name\": \"a\", \"age\": 1, \"toys\": [\n{}]}", 2, "toys[0]", "`id` is missing"),
        ("{\"name\": 1}", 1, "name", "a text"),
        ("{\"name\": \"a\",\n\"age\": 256, \"toys\": []}", 2, "age", "from 0 to 255"),
        ("{\"name\": \"a\", \"age\": -1, \"toys\": []}", 1, "age", "from 0 to 255"),
        ("{\"name\": \"a\", \"age\": 1.0, \"toys\": []}", 1, "age", "whole number"),
        ("{\"name\": \"a\", \"age\": 1e1, \"toys\": []}", 1, "age", "whole number"),
        ("{\"name\": \"a\", \"age\": \"1\", \"toys\": []}", 1, "age", "whole number"),
        ("{\"name\": \"a\", \"age\": null, \"toys\": []}", 1, "age", "whole number"),
        ("{\"name\": \"a\", \"age\": 1, \"toys\": {}}", 1, "toys", "a list"),
        ("{\"name\": \"a\", \"age\": 1, \"toys\": [3]}", 1, "toys[0]", "an object"),
        (
            "{\"name\": \"a\", \"age\": 1, \"toys\": [{\"id\": 1, \"key\": \"AB\"}]}", 1,
            "toys[0].key", "64 hexadecimal digits"
        ),
        ("[]", 1, "", "an object"),
    ])
    func wrongDocumentIsRefusedWithLineAndKey(
        text: String, line: Int, keyPath: String, problem: String
    ) {
        let failure = #expect(throws: JSONFailure.self) { try decode(text) }
        #expect(failure?.line == line)
        #expect(failure?.keyPath == keyPath)
        #expect(failure?.problem.contains(problem) == true, "\(String(describing: failure))")
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a: 1}", "{} {}", "tru", "01", "+1", "-",
        "1.",
        ".5", "1e", "\"a", "\"\u{1}\"", #""\x""#, #""\u12""#, #""\ud800""#, #""\udc00\ud800""#,
        "// note\n{}", "{'a': 1}", "nul", "[1 2]", "\u{FEFF}{}",
        String(repeating: "[", count: 100_000),
    ])
    func textThatIsNotStrictJSONIsRefused(text: String) {
        #expect(throws: JSONFailure.self) {
            try JSONDocument.decode([String: Int].self, from: [UInt8](text.utf8))
        }
    }

    /// A terminal takes C1 controls as commands, direction marks reorder what is beside them, and a
    /// filter that replaced them would change the value.
    @Test func scalarsThatATerminalMustNotSeeAreEscapedAndExact() throws {
        let text = "a\u{9B}31m\u{202E}b\u{E0041}\u{1B}\n\u{2028}c\u{200D}é"
        let json = String(decoding: try JSONDocument.encode([text]), as: UTF8.self)
        #expect(json.contains(#""a\u009b31m\u202eb\udb40\udc41\u001b\n\u2028c"#), "\(json)")
        #expect(json.printable == json)
        #expect(try JSONDocument.decode([String].self, from: [UInt8](json.utf8)) == [text])
    }

    /// Keys and values of a file that somebody sent stand in the message.
    @Test func failureOfAFileIsOnePlainLine() throws {
        let failure = #expect(throws: JSONFailure.self) {
            try JSONDocument.decode(
                [String: Int].self, from: [UInt8](#"{"a\nforged\u001b[2J": "x"}"#.utf8))
        }
        let message = "\(FileFailure.json(path: "p\n\u{9B}2J", try #require(failure)))"
        #expect(message.contains("a⏎forged"), "\(message)")
        #expect(message.contains("p⏎"), "\(message)")
        #expect(message.isPlainLine, "\(message)")
        #expect("\(FileFailure.wrongPurpose(path: "p", found: "\n", expected: "e"))".isPlainLine)
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect(throws: JSONFailure.self) {
            try JSONDocument.decode(String.self, from: [0x22, 0xFF, 0x22])
        }
    }

    @Test func templateReaderPassesOverUnknownKeys() throws {
        struct Part: Decodable { let number: Int }
        let bytes = [UInt8](#"{"number": 7, "other": {"deep": [1]}}"#.utf8)
        let part = try JSONDocument.decode(Part.self, from: bytes, unknownKeys: .ignored)
        #expect(part.number == 7)
        #expect(throws: JSONFailure.self) { try JSONDocument.decode(Part.self, from: bytes) }
    }

    @Test func everyMutationOfADocumentIsRefusedOrDecodedWithoutTrap() throws {
        let pet = Pet(name: "b\u{e9}", age: 3, owner: "x", toys: [.init(id: 5, key: .zero)])
        let bytes = try JSONDocument.encode(pet)
        for index in bytes.indices {
            for value in [UInt8(0), 0x22, 0x2C, 0x5B, 0x5C, 0x7D, 0xFF] {
                var mutated = bytes
                mutated[index] = value
                // Either outcome is right; reaching the next mutation is the test.
                _ = try? JSONDocument.decode(Pet.self, from: mutated)
                _ = try? JSONDocument.decode(Pet.self, from: [UInt8](mutated.prefix(index)))
            }
        }
    }
}
