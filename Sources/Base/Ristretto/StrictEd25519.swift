package import Codec
import Hashing

/// Ed25519 verification (RFC 8032, 5.1.7) in Swift, as strict as libsodium's, so that a browser
/// believes exactly the signatures that a node believes. **For public data only**: variable time.
///
///     S B = R + h A ,  h = SHA-512(R || A || message) mod L
///
/// without multiplying by the cofactor. Refused beside what fails it: S of L or more, an A or R that
/// is not canonical, and an A or R of small order.
package struct StrictEd25519: SignatureVerifier {
    package init() {}

    /// Whether `signature` over `message` verifies under `publicKey`.
    package func isValid(_ signature: Bytes64, of message: [UInt8], by publicKey: Bytes32) -> Bool {
        let bytes = signature.bytes
        guard
            let s = Scalar(canonical: Bytes32(bytes[32...])),
            let key = Point(edwards: publicKey), !key.hasSmallOrder
        else { return false }
        var hash = SHA512()
        hash.update(bytes[..<32])
        hash.update(publicKey.bytes)
        hash.update(message)
        let h = Scalar(reducing: hash.finalize())
        // R = S B + h (-A): h must multiply -A and not be negated itself, since A may have a part of
        // small order, for which h and h + L differ.
        let r = MultiScalar.straus([s, h], [.base, -key])
        // A canonical encoding is compared, so an R of another form is refused too.
        return !r.hasSmallOrder && r.edwardsEncoding == Bytes32(bytes[..<32])
    }
}

extension Point {
    /// The point of edwards25519 with this encoding (RFC 8032, 5.1.3); nil for a y of p or more, and
    /// for one that no point has. Not an encoding of ristretto255.
    init?(edwards bytes: Bytes32) {
        var words = Words(bytes)
        let sign = bitMask(words.d >> 63)
        words.d &= ~0 >> 1
        let y = FieldElement(words)
        guard y.reduced() == words else { return nil }
        // x^2 = (y^2 - 1) / (d y^2 + 1)
        let yy = y.squared()
        let (wasSquare, root) = FieldElement.squareRoot(of: yy - .one, over: .d * yy + .one)
        guard wasSquare != 0 else { return nil }
        let x = root.negated(where: sign)
        self.init(x: x, y: y, z: .one, t: x * y)
    }

    /// The encoding as a point of edwards25519 (RFC 8032, 5.1.2).
    var edwardsEncoding: Bytes32 {
        let inverse = z.inverted()
        var words = (y * inverse).reduced()
        words.d |= (x * inverse).isNegativeMask & (1 << 63)
        return words.bytes32
    }

    /// Whether eight times the point of edwards25519 is the neutral element.
    var hasSmallOrder: Bool {
        let eight = doubled().doubled().doubled()
        return eight.x.isZero && (eight.y - eight.z).isZero
    }
}
