// VoterStation: what a voting device keeps, and decides without a network: choices as they are typed,
// the election traced back to genesis, credential, ballot, challenges and their openings. It knows no
// terminal and no connection; what it writes is there before anything of it is sent.

package import Codec
internal import Cryptography
package import DocumentFiles
internal import Ledger

/// What a voting device keeps in a voter's directory, in the order in which it comes to be. Whatever
/// is there already is used again, so that a command that was cut off goes on where it was.
package struct VoterHome: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The encrypted seed that every secret of the credential derives from.
    package var credentialFile: String { self.path + "/credential.key" }
    /// The unblinded certificate, 384 bytes.
    package var certificateFile: String { self.path + "/credential.certificate" }
    /// The registrar's answer where it is no signature of the request: evidence.
    package var wrongAnswerFile: String { self.path + "/registrar-answer.json" }
    /// The ballot's transaction, as it was or will be sent.
    package var ballotFile: String { self.path + "/ballot.transaction" }
    /// The validator's signed promise.
    package var promiseFile: String { self.path + "/promise.bin" }
    /// The receipt, a C2SP tlog-proof.
    package var receiptFile: String { self.path + "/receipt.tlog-proof" }
    /// Who the validators of later epochs are, from genesis; only if they changed.
    package var successionFile: String { self.path + "/validators.succession" }
    /// `VoteRecord`.
    package var recordFile: String { self.path + "/vote.json" }

    package func read(_ file: String, limit: Int) throws(FileFailure) -> [UInt8]? {
        LocalFile.exists(file) ? try LocalFile.read(file, limit: limit) : nil
    }

    /// The credential's seed: a new one the first time.
    package func seed(passphrase: Passphrase) throws(FileFailure) -> Bytes32 {
        if LocalFile.exists(self.credentialFile) {
            let file = try KeyFile.open(
                at: self.credentialFile, purpose: .credential, passphrase: passphrase)
            guard let seed = Bytes32(exactly: file.secret.copy()) else {
                throw FileFailure.damagedKey(
                    path: self.credentialFile, problem: "the secret is not 32 bytes")
            }
            return seed
        }
        try LocalFile.makePrivateDirectory(self.path)
        let seed = SystemRandom.bytes(32)
        try KeyFile.create(
            at: self.credentialFile, purpose: .credential, publicKey: [], secret: seed,
            passphrase: passphrase)
        return Bytes32(seed[...])
    }
}
