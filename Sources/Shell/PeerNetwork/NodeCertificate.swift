import Codec
import Crypto
import Foundation
import NIOCore
package import NIOSSL
import NetworkErrors
import SwiftASN1
import X509

/// TLS of a node: its key in a self-signed certificate, made afresh at each start.
///
/// TLS proves that the peer has the secret of the key in its certificate (the CertificateVerify
/// message); who the key belongs to is a question of pinning. Names, dates and the signature inside the
/// certificate mean nothing here, and there is no certificate authority.
package struct NodeCertificate: Sendable {
    /// The public key: our own `PeerID`.
    package let nodeKey: PeerID
    let serverContext: NIOSSLContext
    /// For the side that connects; whoever uses it judges the other's certificate.
    package let clientContext: NIOSSLContext

    /// - Parameter seed: the 32 secret bytes of the node key.
    package init(seed: [UInt8]) throws(PeerNetworkError) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let nodeKey = PeerID(exactly: [UInt8](key.publicKey.rawRepresentation))
        else { throw .badSeed }  // The only failure is the number of bytes.
        self.nodeKey = nodeKey
        do {
            let certificate = try NIOSSLCertificate(
                bytes: makeCertificate(of: key), format: .der)
            let privateKey = try NIOSSLPrivateKey(
                bytes: privateKeyPrefix + seed, format: .der)
            let server = TLSConfiguration.makeServerConfiguration(
                certificateChain: [.certificate(certificate)],
                privateKey: .privateKey(privateKey))
            serverContext = try NIOSSLContext(configuration: restricted(server))
            var client = TLSConfiguration.makeClientConfiguration()
            client.certificateChain = [.certificate(certificate)]
            client.privateKey = .privateKey(privateKey)
            clientContext = try NIOSSLContext(configuration: restricted(client))
        } catch {
            throw .badCertificate(reason: NetworkError.reason(error))
        }
    }

    /// The Ed25519 key of a certificate; nil for any other kind of key.
    static func nodeKey(of certificate: NIOSSLCertificate) -> PeerID? {
        // A key that cannot be read is no key of a node.
        guard let spki = try? certificate.extractPublicKey().toSPKIBytes(),
            spki.starts(with: publicKeyPrefix)
        else { return nil }
        return PeerID(exactly: [UInt8](spki.dropFirst(publicKeyPrefix.count)))
    }
}

/// RFC 8410: SubjectPublicKeyInfo of an Ed25519 key, up to the key's 32 bytes.
private let publicKeyPrefix: [UInt8] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
]
/// RFC 8410: PrivateKeyInfo of an Ed25519 key, up to the seed's 32 bytes.
private let privateKeyPrefix: [UInt8] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]

/// TLS 1.3 with Ed25519 alone, both sides with certificates, which a callback judges.
private func restricted(_ configuration: TLSConfiguration) -> TLSConfiguration {
    var configuration = configuration
    configuration.minimumTLSVersion = .tlsv13
    configuration.maximumTLSVersion = .tlsv13
    // BoringSSL offers and accepts Ed25519 only where it is named.
    configuration.signingSignatureAlgorithms = [.ed25519]
    configuration.verifySignatureAlgorithms = [.ed25519]
    configuration.curves = [.x25519_MLKEM768, .x25519]
    configuration.certificateVerification = .noHostnameVerification
    configuration.trustRoots = .certificates([])
    configuration.renegotiationSupport = .none
    // A peer that does not answer our goodbye does not keep the socket.
    configuration.shutdownTimeout = .seconds(1)
    return configuration
}

private func makeCertificate(of key: Curve25519.Signing.PrivateKey) throws -> [UInt8] {
    let name = try DistinguishedName { CommonName("veche node") }
    let certificate = try Certificate(
        version: .v3,
        serialNumber: Certificate.SerialNumber(bytes: [1]),
        publicKey: Certificate.PublicKey(key.publicKey),
        // Fixed: a node with a wrong clock must be able to connect and to be told.
        notValidBefore: Date(timeIntervalSince1970: 0),
        notValidAfter: Date(timeIntervalSince1970: 4_000_000_000),
        issuer: name,
        subject: name,
        signatureAlgorithm: .ed25519,
        extensions: Certificate.Extensions(),
        issuerPrivateKey: Certificate.PrivateKey(key))
    var serializer = DER.Serializer()
    try serializer.serialize(certificate)
    return serializer.serializedBytes
}
