internal import BallotCryptography
internal import CSodium
package import Codec

/// ChaCha20-Poly1305 of RFC 8439: a key of 32 bytes, a nonce of 12, a tag of 16 after the text.
///
/// A nonce must not serve twice under one key.
package struct ChaCha20Poly1305: AuthenticatedEncryption {
    /// The size of a nonce in bytes.
    package static let nonceSize = 12
    /// The size of the tag in bytes.
    package static let tagSize = 16

    package static func seal(
        _ plaintext: [UInt8], key: Bytes32, nonce: [UInt8], associatedData: [UInt8]
    ) -> [UInt8] {
        precondition(nonce.count == nonceSize, "a nonce of 12 bytes")
        Sodium.ready()
        var keyBytes = key.bytes
        defer { keyBytes.wipe() }
        var sealed = [UInt8](repeating: 0, count: plaintext.count + tagSize)
        // SAFETY: libsodium writes the plaintext's size and 16 bytes, the size of `sealed`; it reads
        // the two counted arrays, 12 bytes of nonce, checked above, and 32 bytes of key.
        let status = unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
            &sealed, nil, plaintext, UInt64(plaintext.count), associatedData,
            UInt64(associatedData.count), nil, nonce, keyBytes)
        precondition(status == 0, "libsodium seals every text")
        return sealed
    }

    package static func open(
        _ sealed: [UInt8], key: Bytes32, nonce: [UInt8], associatedData: [UInt8]
    ) -> [UInt8]? {
        guard nonce.count == nonceSize, sealed.count >= tagSize else { return nil }
        Sodium.ready()
        var keyBytes = key.bytes
        defer { keyBytes.wipe() }
        var plaintext = [UInt8](repeating: 0, count: sealed.count - tagSize)
        // SAFETY: libsodium writes 16 bytes less than it reads of `sealed`, the size of `plaintext`;
        // it reads the counted data, 12 bytes of nonce, checked above, and 32 bytes of key.
        let status = unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
            &plaintext, nil, nil, sealed, UInt64(sealed.count), associatedData,
            UInt64(associatedData.count), nonce, keyBytes)
        return status == 0 ? plaintext : nil
    }
}
