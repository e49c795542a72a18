/// What the base and the core ask of a signature scheme: Ed25519 with libsodium in nodes and tools
/// (`Cryptography`), the browser's own in a browser, a cheap stand-in in the simulation.
///
/// Every check that a consensus decision depends on uses one and the same verifier on all nodes.
package protocol SignatureVerifier: Sendable {
    /// Whether `signature` (64 bytes) over `message` verifies under `publicKey` (32 bytes).
    func isValid(_ signature: Bytes64, of message: [UInt8], by publicKey: Bytes32) -> Bool
}
