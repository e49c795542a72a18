// Attackers: what somebody does who wants to end, fill, block or silence a node. Peers behind a real
// TLS handshake, raw connections, floods. It shares no code with the side that it attacks but the
// formats of messages. Everything is bounded and goes to this machine alone.

import Crypto
import Foundation
import NIOCore
import NIOSSL
import SwiftASN1
import X509

/// A node key in a certificate of its own: what PROTOCOL 9.6 asks of a peer.
package struct HostileIdentity: Sendable {
    let context: NIOSSLContext

    /// - Parameter seed: the 32 secret bytes of the node key; nil makes a stranger's.
    package init(seed: [UInt8]? = nil) throws {
        let key =
            try seed.map { try Curve25519.Signing.PrivateKey(rawRepresentation: $0) }
            ?? Curve25519.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("veche node") }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(bytes: [1]),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: 0),
            notValidAfter: Date(timeIntervalSince1970: 4_000_000_000), issuer: name, subject: name,
            signatureAlgorithm: .ed25519, extensions: Certificate.Extensions(),
            issuerPrivateKey: Certificate.PrivateKey(key))
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateVerification = .none
        configuration.signingSignatureAlgorithms = [.ed25519]
        configuration.verifySignatureAlgorithms = [.ed25519]
        configuration.certificateChain = [
            .certificate(
                try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der))
        ]
        configuration.privateKey = .privateKey(
            try NIOSSLPrivateKey(
                bytes: Self.privateKeyPrefix + [UInt8](key.rawRepresentation), format: .der))
        configuration.shutdownTimeout = .seconds(1)
        context = try NIOSSLContext(configuration: configuration)
    }

    /// RFC 8410: PrivateKeyInfo of an Ed25519 key, up to the seed's 32 bytes.
    private static let privateKeyPrefix: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ]
}
