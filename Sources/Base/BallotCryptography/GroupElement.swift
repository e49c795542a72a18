package import Codec
package import Ristretto

/// A point together with the canonical bytes it was received as, which are what hashes take.
package struct GroupElement: Sendable, Equatable {
    /// The canonical encoding.
    package let bytes: Bytes32
    /// The decoded point.
    package let point: Point

    /// Decodes a canonical encoding.
    /// - Throws: `point`.
    package init(_ bytes: Bytes32) throws(RefusalCode) {
        guard let point = Point(decoding: bytes) else { throw .point }
        self.bytes = bytes
        self.point = point
    }

    /// Decodes a canonical encoding of anything but the identity.
    /// - Throws: `identity`, `point`.
    package init(nonIdentity bytes: Bytes32) throws(RefusalCode) {
        guard bytes != .zero else { throw .identity }
        try self.init(bytes)
    }

    /// Encodes a computed point.
    package init(_ point: Point) {
        self.bytes = point.encoded()
        self.point = point
    }

    package static func == (lhs: Self, rhs: Self) -> Bool { lhs.bytes == rhs.bytes }

    /// Decodes each of `list`.
    /// - Throws: `point`.
    static func decode(_ list: [Bytes32]) throws(RefusalCode) -> [GroupElement] {
        var elements: [GroupElement] = []
        elements.reserveCapacity(list.count)
        for bytes in list { elements.append(try GroupElement(bytes)) }
        return elements
    }
}

extension Scalar {
    /// Decodes a canonical encoding, below L.
    /// - Throws: `scalar`.
    init(checking bytes: Bytes32) throws(RefusalCode) {
        guard let scalar = Scalar(canonical: bytes) else { throw .scalar }
        self = scalar
    }

    /// 1, x, x^2, … of `count` terms multiplied by `first`.
    static func powers(of base: Scalar, from first: Scalar, count: Int) -> [Scalar] {
        var powers: [Scalar] = []
        powers.reserveCapacity(count)
        var power = first
        for _ in 0..<count {
            powers.append(power)
            power = power * base
        }
        return powers
    }
}

/// Reads canonical scalars, all or nothing.
/// - Throws: `scalar`.
func decodeScalars(_ list: [Bytes32]) throws(RefusalCode) -> [Scalar] {
    var scalars: [Scalar] = []
    scalars.reserveCapacity(list.count)
    for bytes in list { scalars.append(try Scalar(checking: bytes)) }
    return scalars
}

/// Whether `sum scalars_i points_i` is the identity of the group, in the ristretto sense. For
/// public data only.
func vanishes(_ scalars: [Scalar], _ points: [Point]) -> Bool {
    MultiScalar.sum(scalars, points).isIdentity
}
