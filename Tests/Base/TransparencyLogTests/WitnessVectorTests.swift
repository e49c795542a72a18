import Codec
import Cryptography
import Foundation
import FrozenVectors
import Hashing
import Testing
import TransparencyLog

/// Requests to a witness against `Tests/Vectors/tlog/witness_requests.json`, which goes on where
/// `witness_add_checkpoint.json` ends: forms, bounds, and which refusal comes first.
struct WitnessVectorTests {
    private struct File: Decodable {
        struct Case: Decodable {
            let what: String
            let recordedSize: UInt64
            let request: String
            let status: Int
            /// After the answer.
            let size: UInt64
        }
        let logKey: String
        let cases: [Case]
    }

    @Test func everyRequestHasItsStatus() throws {
        let file = try FrozenVectors.read("tlog/witness_requests.json", as: File.self)
        let witness = Witness(logs: [try VerifierKey(vkey: file.logKey)])
        for vector in file.cases {
            let before = WitnessRecord(
                size: vector.recordedSize,
                root: try root(size: vector.recordedSize, from: vectorTree))
            var (status, size) = (200, before.size)
            do throws(WitnessRefusal) {
                let request = try AddCheckpointRequest(parsing: [UInt8](vector.request.utf8))
                size = try witness.judge(
                    request, recorded: { _ in before }, with: Ed25519Verifier()
                ).size
            } catch {
                status = error.status
            }
            #expect(status == vector.status, "\(vector.what)")
            #expect(size == vector.size, "\(vector.what)")
        }
    }

    @Test func theFileIsTheOneThatTheGeneratorMakes() throws {
        #expect(
            try FrozenVectors.isFrozen(
                "tlog/witness_requests.json", try WitnessVectors().content))
    }
}

/// Makes `tlog/witness_requests.json`.
private struct WitnessVectors {
    private let origin: KeyName
    private let logKey: VerifierKey
    private var cases: [[String: Any]] = []
    private static let seed = SHA256.digest([UInt8]("log".utf8))

    init() throws {
        self.origin = try #require(KeyName("witnessed.example/log"))
        self.logKey = VerifierKey(
            name: self.origin, kind: .note,
            publicKey: Ed25519SigningKey(seed: Self.seed).publicKey)
        try self.makeAccepted()
        try self.makeMalformed()
        try self.makeRefused()
    }

    var content: [String: Any] {
        [
            "about":
                "C2SP tlog-witness, add-checkpoint; PROTOCOL.md section 8.7. Entry i of the log"
                + " is the text entry-i.",
            "logKey": self.logKey.vkey, "cases": self.cases,
        ]
    }

    private mutating func add(
        _ what: String, recorded: UInt64, _ request: String, _ status: Int, size: UInt64? = nil
    ) {
        self.cases.append([
            "what": what, "recordedSize": recorded, "request": request, "status": status,
            "size": size ?? recorded,
        ])
    }

    /// A note over a text, signed by the log.
    private func note(_ text: String, lines: [String] = [], signed: Bool = true) -> String {
        var note = SignedNote(text: [UInt8](text.utf8))
        if signed {
            note.signatures.append(
                NoteSignature.signed(note.text, as: self.logKey) {
                    Ed25519SigningKey(seed: Self.seed).sign($0)
                })
        }
        return string(note.bytes) + lines.joined()
    }

    private func text(_ size: UInt64, extra: String = "") throws -> String {
        let digest = try root(size: size, from: vectorTree)
        return "\(string(self.origin.utf8))\n\(size)\n\(Base64.text(digest))\n\(extra)"
    }

    private func proof(_ old: UInt64, _ new: UInt64) throws -> [String] {
        guard old > 0, old < new else { return [] }
        return try consistencyProof(old: old, new: new, from: vectorTree).map { Base64.text($0) }
    }

    private func request(_ old: String, _ proof: [String], _ note: String) -> String {
        "old \(old)\n" + proof.map { $0 + "\n" }.joined() + "\n" + note
    }

    private func good(_ old: UInt64, _ new: UInt64) throws -> String {
        self.request("\(old)", try self.proof(old, new), self.note(try self.text(new)))
    }

    private mutating func makeAccepted() throws {
        for (old, new) in [(0, 0), (0, 1), (1, 2), (7, 8), (8, 8), (255, 257), (4097, 70_000)]
            as [(UInt64, UInt64)]
        {
            self.add(
                "from \(old) to \(new)", recorded: old, try self.good(old, new), 200, size: new)
        }
        self.add(
            "with an extension line", recorded: 0,
            self.request("0", [], self.note(try self.text(5, extra: "extension\n"))), 200, size: 5)
        self.add(
            "with a line of an unknown key", recorded: 0,
            self.request(
                "0", [], self.note(try self.text(5), lines: [self.unknownLine("AAAAAAAA")])), 200,
            size: 5)
    }

    private func unknownLine(_ blob: String) -> String { "\u{2014} unknown.example \(blob)\n" }

    private mutating func makeMalformed() throws {
        let note = self.note(try self.text(13))
        let proof = try self.proof(6, 13)
        func malformed(_ what: String, _ request: String) {
            self.add(what, recorded: 6, request, 400)
        }
        malformed("empty", "")
        malformed("without the line of the old size", proof.joined(separator: "\n") + "\n\n" + note)
        malformed("a leading zero", self.request("06", proof, note))
        malformed("a sign", self.request("+6", proof, note))
        malformed("a space behind", self.request("6 ", proof, note))
        malformed("no size", self.request("", proof, note))
        malformed("2^63", self.request("9223372036854775808", proof, note))
        malformed("without the empty line", "old 6\n" + proof.joined(separator: "\n") + "\n" + note)
        malformed(
            "a hash of 31 bytes",
            self.request("6", [String(repeating: "A", count: 42) + "=="], note))
        malformed(
            "a hash in base64 that is not canonical",
            self.request("6", [proof[0].dropLast(2) + "d="], note))
        malformed("a hash without padding", self.request("6", [String(proof[0].dropLast())], note))
        malformed(
            "64 hashes",
            self.request("6", [String](repeating: proof[0], count: 64), note))
        malformed("CR LF", self.request("6\r", proof, note))
        malformed("without signature lines", self.request("6", proof, try self.text(13)))
        malformed("the last LF is missing", String(self.request("6", proof, note).dropLast()))
        malformed(
            "a tab in the note",
            self.request("6", proof, self.note(try self.text(13, extra: "\t\n"))))
        malformed(
            "a text of two lines",
            self.request("6", proof, self.note("witnessed.example/log\n13\n")))
        malformed(
            "a checkpoint with a leading zero",
            self.request(
                "6", proof, self.note(try self.text(13).replacing("\n13\n", with: "\n013\n"))))
        malformed(
            "an origin with a space",
            self.request("6", proof, self.note(try self.text(13).replacing("/log", with: " log"))))
        malformed(
            "101 signature lines",
            self.request(
                "6", proof,
                self.note(
                    try self.text(13),
                    lines: [String](repeating: self.unknownLine("AAAAAAAA"), count: 100))))
        malformed(
            "a signature line of a key ID alone",
            self.request(
                "6", proof, self.note(try self.text(13), lines: [self.unknownLine("AAAAAA==")])))
    }

    private mutating func makeRefused() throws {
        let proof = try self.proof(6, 13)
        let note = self.note(try self.text(13))
        let elsewhere = try self.text(13).replacing("witnessed", with: "elsewhere")
        self.add(
            "another log, which comes before its signature", recorded: 6,
            self.request(
                "6", proof,
                self.note(elsewhere, lines: [self.unknownLine("AAAAAAAA")], signed: false)),
            404)
        self.add(
            "not signed by the log", recorded: 6,
            self.request(
                "6", proof,
                self.note(try self.text(13), lines: [self.unknownLine("AAAAAAAA")], signed: false)),
            403)
        let damaged = self.note(try self.text(13)).replacing(
            "\n\(try self.text(13).split(separator: "\n")[2])\n",
            with: "\n\(Base64.text(try root(size: 12, from: vectorTree)))\n")
        self.add(
            "signed over another root", recorded: 6, self.request("6", proof, damaged), 403)
        let spoiled = self.note(
            try self.text(13),
            lines: [
                string(
                    NoteSignature(
                        name: self.origin, keyID: self.logKey.id,
                        signature: [UInt8](repeating: 0, count: 64)
                    ).line)
            ])
        self.add(
            "a second line of the log that does not verify", recorded: 6,
            self.request("6", proof, spoiled), 403)
        self.add(
            "an old size above the new one, which comes before what is recorded", recorded: 6,
            self.request("14", [], note), 400)
        self.add(
            "another old size, which comes before the proof", recorded: 6,
            self.request("7", ["AAAA" + proof[0].dropFirst(4)], note), 409)
        self.add("no proof", recorded: 6, self.request("6", [], note), 422)
        self.add("a hash is missing", recorded: 6, self.request("6", proof.dropLast(), note), 422)
        self.add(
            "a hash too many", recorded: 6, self.request("6", proof + [proof[0]], note), 422)
        self.add(
            "63 hashes", recorded: 6,
            self.request("6", [String](repeating: proof[0], count: 63), note), 422)
        self.add(
            "hashes in another order", recorded: 6, self.request("6", proof.reversed(), note), 422)
        self.add(
            "a proof where the size stays", recorded: 13, self.request("13", proof, note), 422)
    }
}

extension Base64 {
    fileprivate static func text(_ hash: Bytes32) -> String { string(Base64.encode(hash.bytes)) }
}
