internal import Console
internal import Cryptography

/// A passphrase in locked memory.
package struct Passphrase: Sendable {
    private let bytes: SecretBytes

    /// The largest passphrase, in bytes.
    package static let sizeLimit = 1024
    /// What a new passphrase needs at least, in bytes: Argon2id makes each guess dear, not long.
    package static let newMinimum = 8

    /// The passphrase of exactly these bytes.
    package init(_ bytes: [UInt8]) { self.bytes = SecretBytes(bytes) }

    /// Calls `body` with the bytes, which are wiped afterwards.
    package func withBytes<Result, Failure: Error>(
        _ body: ([UInt8]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var copy = bytes.copy()
        defer { copy.wipe() }
        return try body(copy)
    }

    /// The passphrase in `file`, where one is given, else as typed on the terminal, twice if it is to
    /// protect something new.
    ///
    /// - Parameters:
    ///   - file: mode 0600 or stricter; one line break at its end does not count.
    ///   - subject: what the passphrase is for, as in `the registrar's key`.
    package static func read(
        file: String?, subject: String, isNew: Bool = false
    ) throws(FileFailure) -> Passphrase {
        var typed: [UInt8]
        if let file {
            typed = try LocalFile.readSecret(file, limit: sizeLimit + 2)
            if typed.last == 0x0A { typed.removeLast() }
            if typed.last == 0x0D { typed.removeLast() }
        } else {
            typed = try ask("Passphrase for \(subject): ")
        }
        defer { typed.wipe() }
        guard !typed.isEmpty else { throw .passphrase(problem: "The passphrase is empty.") }
        guard typed.count <= sizeLimit else {
            throw .passphrase(problem: "The passphrase is longer than \(sizeLimit) bytes.")
        }
        guard isNew else { return Passphrase(typed) }
        guard typed.count >= newMinimum else {
            throw .passphrase(
                problem: "A new passphrase needs at least \(newMinimum) bytes; take several words.")
        }
        if file == nil {
            var again = try ask("The same passphrase again: ")
            defer { again.wipe() }
            guard again == typed else {
                throw .passphrase(problem: "The two passphrases differ; nothing was written.")
            }
        }
        return Passphrase(typed)
    }

    private static func ask(_ question: String) throws(FileFailure) -> [UInt8] {
        do {
            return try Terminal.askSecret(question, limit: sizeLimit)
        } catch {
            throw .passphrase(
                problem: "\(error) Give a file of mode 0600 with --passphrase-file FILE.")
        }
    }
}
