import Codec
import Cryptography
import DocumentFiles
import Foundation
import Testing

private let passphrase = Passphrase([UInt8]("correct horse battery".utf8))
private let other = Passphrase([UInt8]("wrong horse battery".utf8))

@Suite struct KeyFileTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("a.key")
    }

    @Test func keyFileOpensWithItsPassphraseAlone() throws {
        let key = try KeyFile.createSigningKey(
            at: path, purpose: .commission, passphrase: passphrase)
        let opened = try KeyFile.openSigningKey(
            at: path, purpose: .commission, passphrase: passphrase)
        #expect(opened.publicKey == key.publicKey)
        #expect(try KeyFile.publicKey(at: path, purpose: .commission) == key.publicKey.bytes)
        #expect(try directory.mode(of: path) == 0o600)
        #expect(throws: FileFailure.wrongPassphrase(path: path)) {
            try KeyFile.open(at: path, purpose: .commission, passphrase: other)
        }
    }

    @Test func keyIsNeverOverwritten() throws {
        _ = try KeyFile.createSigningKey(at: path, purpose: .node, passphrase: passphrase)
        let before = try LocalFile.read(path, limit: 10_000)
        #expect(throws: FileFailure.exists(path: path)) {
            try KeyFile.createSigningKey(at: path, purpose: .node, passphrase: passphrase)
        }
        #expect(try LocalFile.read(path, limit: 10_000) == before)
    }

    @Test func keyOfAnotherPurposeIsRefused() throws {
        try KeyFile.create(
            at: path, purpose: .issuing(style: 1), publicKey: [1], secret: [2, 3],
            passphrase: passphrase)
        #expect(
            throws: FileFailure.wrongPurpose(
                path: path, found: "issuing-style-1", expected: "issuing-style-2")
        ) {
            try KeyFile.open(at: path, purpose: .issuing(style: 2), passphrase: passphrase)
        }
    }

    @Test func keyThatOthersMayReadIsRefused() throws {
        _ = try KeyFile.createSigningKey(at: path, purpose: .node, passphrase: passphrase)
        let text = String(decoding: try LocalFile.read(path, limit: 10_000), as: UTF8.self)
        let open = try directory.write(text, to: "open.key", mode: 0o640)
        #expect(throws: FileFailure.tooPermissive(path: open, mode: 0o640)) {
            try KeyFile.open(at: open, purpose: .node, passphrase: passphrase)
        }
    }

    /// What a thief or a slip would change in the text of a key file.
    @Test(arguments: [
        ("\"node\"", "\"commission\""), ("veche-key-1", "veche-key-2"),
        ("\"purpose\"", "\"porpoise\""), ("\"publicKey\" : \"", "\"publicKey\" : \"00"),
        ("\"sealed\" : \"", "\"sealed\" : \"0"), ("\"sealed\" : \"", "\"sealed\" : \"00"),
        ("}", ", \"note\": 1}"),
    ])
    func changedKeyFileIsRefused(old: String, new: String) throws {
        _ = try KeyFile.createSigningKey(at: path, purpose: .node, passphrase: passphrase)
        let text = String(decoding: try LocalFile.read(path, limit: 10_000), as: UTF8.self)
        #expect(text.contains(old))
        let changed = try directory.write(
            text.replacingOccurrences(of: old, with: new), to: "changed.key")
        #expect(throws: FileFailure.self) {
            try KeyFile.open(at: changed, purpose: .node, passphrase: passphrase)
        }
        if old == "\"node\"" {
            // The label alone does not make it a key of that purpose.
            #expect(throws: FileFailure.self) {
                try KeyFile.open(at: changed, purpose: .commission, passphrase: passphrase)
            }
        }
    }

    @Test func arbitrarySecretIsKept() throws {
        let secret = [UInt8](0...255)
        try KeyFile.create(
            at: path, purpose: .trusteeShare, publicKey: [], secret: secret,
            passphrase: passphrase)
        let file = try KeyFile.open(at: path, purpose: .trusteeShare, passphrase: passphrase)
        #expect(file.secret.copy() == secret)
        #expect(file.publicKey.isEmpty)
        #expect(throws: FileFailure.self) {
            try KeyFile.openSigningKey(at: path, purpose: .trusteeShare, passphrase: passphrase)
        }
    }

    @Test func errorsHoldNoSecret() throws {
        _ = try KeyFile.createSigningKey(at: path, purpose: .node, passphrase: passphrase)
        let failure = #expect(throws: FileFailure.self) {
            try KeyFile.open(at: path, purpose: .node, passphrase: other)
        }
        #expect(failure?.description.contains("horse") == false)
    }
}

@Suite struct PassphraseTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func bytes(_ passphrase: Passphrase) -> [UInt8] { passphrase.withBytes { $0 } }

    @Test(arguments: ["tr0ub4dor", "tr0ub4dor\n", "tr0ub4dor\r\n"])
    func lineBreakAtTheEndDoesNotCount(text: String) throws {
        let path = try directory.write(text, to: "p")
        let passphrase = try Passphrase.read(file: path, subject: "a key", isNew: true)
        #expect(bytes(passphrase) == [UInt8]("tr0ub4dor".utf8))
    }

    @Test(arguments: ["", "\n", String(repeating: "a", count: 2000)])
    func emptyOrEndlessPassphraseIsRefused(text: String) throws {
        let path = try directory.write(text, to: "p")
        #expect(throws: FileFailure.self) { try Passphrase.read(file: path, subject: "a key") }
    }

    @Test func shortPassphraseProtectsNothingNew() throws {
        let path = try directory.write("short", to: "p")
        #expect(throws: FileFailure.self) {
            try Passphrase.read(file: path, subject: "a key", isNew: true)
        }
        #expect(bytes(try Passphrase.read(file: path, subject: "a key")) == [UInt8]("short".utf8))
    }

    @Test func passphraseFileThatOthersMayReadIsRefused() throws {
        let path = try directory.write("long enough\n", to: "p", mode: 0o644)
        #expect(throws: FileFailure.tooPermissive(path: path, mode: 0o644)) {
            try Passphrase.read(file: path, subject: "a key")
        }
    }
}
