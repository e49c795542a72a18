import CeremonyStation
import Cryptography
import Foundation
import Testing

/// Signatures of the result protocol, checked by minisign itself.
@Suite struct MinisignTests {
    private struct Verdict {
        let status: Int32
        let output: String
    }

    /// Runs `minisign -V` on a file with this content and signature file.
    private func verify(
        _ content: [UInt8], _ signature: String, key: Ed25519SigningKey
    ) throws -> Verdict {
        var verdict: Verdict?
        try withTemporaryDirectory { directory in
            try Data(content).write(to: URL(fileURLWithPath: directory + "/protocol.json"))
            try Data(signature.utf8).write(
                to: URL(fileURLWithPath: directory + "/protocol.json.minisig"))
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/minisign")
            process.arguments = [
                "-Vm", directory + "/protocol.json", "-x", directory + "/protocol.json.minisig",
                "-P", Minisign.publicKey(key.publicKey),
            ]
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = FileHandle.nullDevice
            try process.run()
            let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            verdict = Verdict(
                status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
        }
        return try #require(verdict)
    }

    private let content = [UInt8](#"{"result": [1, 2, 3]}"#.utf8)

    @Test func minisignAcceptsAMembersSignatureAndShowsTheComment() throws {
        let key = signer("Anna")
        let file = Minisign.signatureFile(
            key.sign(self.content), comment: "Anna on the result of choice: agrees", key: key)
        let verdict = try verify(self.content, file, key: key)
        #expect(verdict.status == 0)
        #expect(verdict.output.contains("Anna on the result of choice: agrees"))
    }

    @Test func minisignRefusesAnotherFileKeyOrComment() throws {
        let key = signer("Anna")
        let file = Minisign.signatureFile(
            key.sign(self.content), comment: "Anna agrees", key: key)
        #expect(try verify(self.content + [0x20], file, key: key).status != 0)
        #expect(try verify(self.content, file, key: signer("Boris")).status != 0)
        let changed = file.replacingOccurrences(of: "agrees", with: "dissents")
        #expect(try verify(self.content, changed, key: key).status != 0)
    }

    /// A dissent's text is the member's own: no line of it may stand for another line of the file.
    @Test func commentCannotEndItsLine() throws {
        let key = signer("Anna")
        let file = Minisign.signatureFile(
            key.sign(self.content), comment: "no\nuntrusted comment: x\r\u{7F}y", key: key)
        #expect(file.split(separator: "\n").count == 4)
        #expect(try verify(self.content, file, key: key).status == 0)
    }
}
