import Codec
package import Cryptography
package import DocumentFiles
package import Ledger

/// A trustee's directory: two encrypted key files, and the public part that the commission needs.
package struct TrusteeHome {
    package let path: String

    package init(path: String) { self.path = path }

    private var identityFile: String { path + "/identity.key" }
    private var shareFile: String { path + "/share.key" }
    package var publicFile: String { path + "/trustee.public.json" }

    /// Makes the directory and its keys; an existing key is never overwritten.
    package func create(
        name: String, passphrase: Passphrase, cost: PassphraseEncryption.Cost
    ) throws -> Member {
        try LocalFile.makePrivateDirectory(path)
        let identity = try KeyFile.createSigningKey(
            at: identityFile, purpose: .trustee, passphrase: passphrase, cost: cost)
        var random = SystemRandom()
        try KeyFile.create(
            at: shareFile, purpose: .trusteeShare, publicKey: [], secret: random.bytes(32),
            passphrase: passphrase, cost: cost)
        let member = Member(name: name, key: identity.publicKey)
        try JSONDocument.write(member, to: publicFile)
        return member
    }

    package func open(passphrase: Passphrase) throws -> TrusteeKeys {
        let identity = try KeyFile.openSigningKey(
            at: identityFile, purpose: .trustee, passphrase: passphrase)
        let share = try KeyFile.open(
            at: shareFile, purpose: .trusteeShare, passphrase: passphrase)
        guard let seed = Bytes32(exactly: share.secret.copy()) else {
            throw FileFailure.damagedKey(path: shareFile, problem: "the secret is not 32 bytes")
        }
        return TrusteeKeys(identity: identity, seed: seed)
    }

    /// The transaction kept for a step, else the one that `make` makes, kept before it is returned.
    ///
    /// Proofs are randomised: a step that is taken again must send the same bytes, or it would be a
    /// second, different message of this trustee.
    package func transaction(
        for step: String, make: () throws -> Transaction
    ) throws -> [UInt8] {
        let file = path + "/" + step + ".transaction"
        if LocalFile.exists(file) {
            return try LocalFile.read(file, limit: Limits.entryBytes)
        }
        let bytes = try make().canonicalBytes
        try LocalFile.write(bytes, to: file, mode: .secret)
        return bytes
    }
}
