package import Codec
package import Consensus
package import Files
import Hashing

/// Why a signer does not run.
package enum SignerFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case configuration(String)
    /// There is no record: what the key signed is not known.
    case recordMissing(path: String)
    /// The record is not what was written, or another key's.
    case recordDamaged(path: String, problem: String)
    /// A record is there already.
    case recordExists(path: String)

    package var description: String {
        switch self {
        case .configuration(let text): text
        case .recordMissing(let path):
            "There is no signer record at \(path), so nobody knows what the key signed. For a key "
                + "that has never signed, make one with `veche-signer --home DIR --begin`. A "
                + "key that was in use must not sign again without its record: bring the record "
                + "back from the disk that it was written to, never from an older copy, or let the "
                + "commission replace the key."
        case .recordDamaged(let path, let problem):
            "The signer record at \(path) cannot be trusted: \(problem). The signer does not sign. "
                + "Keep the file for examination; an older copy is no repair, since it does not say "
                + "what was signed after it. Let the commission replace the key."
        case .recordExists(let path):
            "There is a signer record at \(path) already. It is never made anew: it says what the "
                + "key signed."
        }
    }
}

/// The signer's whole memory in one file, replaced as a whole: after a crash it is the old one or the
/// new one, never a part.
package struct SignerRecordFile: Sendable {
    package static let name = "signer.record"

    private let file: JournalFile
    private let header: [UInt8]

    /// Makes the record of a key that has never signed.
    ///
    /// - Throws: `SignerFailure.recordExists`, `DiskFailure`.
    package static func begin(
        in directory: DataDirectory, chainID: Bytes32, key: Bytes32
    ) throws {
        let file = try JournalFile(in: directory, name: name)
        guard file.size == 0 else {
            throw SignerFailure.recordExists(path: directory.path(of: name))
        }
        try file.rewrite(encode(SignerState(), header: header(chainID: chainID, key: key)))
    }

    /// Opens the record of a key on a chain.
    ///
    /// - Throws: `SignerFailure` for one that is not there or not whole, `DiskFailure`.
    package static func open(
        in directory: DataDirectory, chainID: Bytes32, key: Bytes32
    ) throws -> (file: SignerRecordFile, state: SignerState) {
        let path = directory.path(of: name)
        let file = try JournalFile(in: directory, name: name)
        let bytes = try file.readAll()
        guard !bytes.isEmpty else { throw SignerFailure.recordMissing(path: path) }
        let header = header(chainID: chainID, key: key)
        guard bytes.count >= header.count + Bytes32.size else {
            throw SignerFailure.recordDamaged(path: path, problem: "it is too short")
        }
        let content = bytes.dropLast(Bytes32.size)
        guard SHA256.digest([UInt8](content)).bytes == [UInt8](bytes.suffix(Bytes32.size)) else {
            throw SignerFailure.recordDamaged(path: path, problem: "its checksum does not fit")
        }
        guard content.starts(with: header) else {
            throw SignerFailure.recordDamaged(
                path: path, problem: "it is the record of another key or of another chain")
        }
        do {
            let state = try SignerState(canonicalBytes: [UInt8](content.dropFirst(header.count)))
            return (SignerRecordFile(file: file, header: header), state)
        } catch {
            throw SignerFailure.recordDamaged(path: path, problem: "it does not decode (\(error))")
        }
    }

    /// Replaces the record, durably.
    func store(_ state: SignerState) throws(DiskFailure) {
        try file.rewrite(Self.encode(state, header: header))
    }

    private static func header(chainID: Bytes32, key: Bytes32) -> [UInt8] {
        [UInt8]("veche/signer-record/v1".utf8) + chainID.bytes + key.bytes
    }

    private static func encode(_ state: SignerState, header: [UInt8]) -> [UInt8] {
        let content = header + state.canonicalBytes
        return content + SHA256.digest(content).bytes
    }
}
