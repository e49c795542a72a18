import Codec
import Cryptography
import DocumentFiles
import Ledger

/// What `veche vote` keeps in a voter's directory, in the order in which it comes to be. Whatever is
/// there already is used again, so that a command that was cut off goes on where it was.
struct VoterHome {
    let path: String

    /// The encrypted seed that every secret of the credential derives from.
    var credentialFile: String { path + "/credential.key" }
    /// The unblinded certificate, 384 bytes.
    var certificateFile: String { path + "/credential.certificate" }
    /// The ballot's transaction, as it was or will be sent.
    var ballotFile: String { path + "/ballot.transaction" }
    /// The validator's signed promise.
    var promiseFile: String { path + "/promise.bin" }
    /// The receipt, a C2SP tlog-proof.
    var receiptFile: String { path + "/receipt.tlog-proof" }
    /// `VoteRecord`.
    var recordFile: String { path + "/vote.json" }

    func read(_ file: String, limit: Int) throws -> [UInt8]? {
        LocalFile.exists(file) ? try LocalFile.read(file, limit: limit) : nil
    }

    /// The credential's seed: a new one the first time.
    func seed(passphrase: Passphrase) throws -> Bytes32 {
        if LocalFile.exists(credentialFile) {
            let file = try KeyFile.open(
                at: credentialFile, purpose: .credential, passphrase: passphrase)
            guard let seed = Bytes32(exactly: file.secret.copy()) else {
                throw FileFailure.damagedKey(
                    path: credentialFile, problem: "the secret is not 32 bytes")
            }
            return seed
        }
        try LocalFile.makePrivateDirectory(path)
        var random = SystemRandom()
        let seed = random.bytes(32)
        try KeyFile.create(
            at: credentialFile, purpose: .credential, publicKey: [], secret: seed,
            passphrase: passphrase)
        return Bytes32(seed[...])
    }
}

/// What the voter keeps besides the receipt: enough to find everything again. No choice is in it.
struct VoteRecord: Codable {
    let chainID: Bytes32
    let electionID: Bytes32
    /// SHA-256 of the election document.
    let document: Bytes32
    /// The election's short name.
    let election: String
    let style: UInt32
    /// P, the pseudonym that the ballot was cast under.
    let credentialKey: Bytes32
    let transactionID: Bytes32
    let trackingCode: String
    /// The place of the voter's own leaf in the roll, and its salt: whoever has it can see whether a
    /// ballot was issued in this voter's name.
    let rollLeaf: UInt32
    let rollSalt: Bytes32
}
