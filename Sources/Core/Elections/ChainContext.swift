package import BallotCryptography
package import Codec
import Cryptography
package import Ledger

/// The checks of signatures, certificates and sealed shares that transactions are judged with.
package struct Verifiers: Sendable {
    package let signatures: any SignatureVerifier
    package let credentials: any BlindSignatureVerifier
    package let encryption: any AuthenticatedEncryption.Type

    package init(
        signatures: any SignatureVerifier, credentials: any BlindSignatureVerifier,
        encryption: any AuthenticatedEncryption.Type
    ) {
        self.signatures = signatures
        self.credentials = credentials
        self.encryption = encryption
    }

    /// What every node and auditor uses: libsodium and swift-crypto.
    package static let standard = Verifiers(
        signatures: Ed25519Verifier(), credentials: CredentialVerifier(),
        encryption: ChaCha20Poly1305.self)
}

/// The chain that blocks are executed for.
package struct ChainContext: Sendable {
    package let genesis: Genesis
    package let chainID: Bytes32
    package let domain: SigningDomain
    package let verifiers: Verifiers

    package init(genesis: Genesis, verifiers: Verifiers = .standard) {
        self.genesis = genesis
        self.domain = genesis.domain
        self.chainID = self.domain.chainID
        self.verifiers = verifiers
    }
}
