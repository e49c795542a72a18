/// A point of Z = 1 prepared for being added many times: y + x, y - x, 2dxy.
struct DenseAffinePoint: Sendable {
    var yPlusX, yMinusX, twiceDXY: DenseElement

    @inline(__always)
    init(_ point: AffinePoint) {
        yPlusX = DenseElement(point.yPlusX)
        yMinusX = DenseElement(point.yMinusX)
        twiceDXY = DenseElement(point.twiceDXY)
    }
}

/// A point in extended coordinates, for the buckets of Pippenger's method.
struct DensePoint: Sendable {
    var x, y, z, t: DenseElement

    @inline(__always)
    init(x: DenseElement, y: DenseElement, z: DenseElement, t: DenseElement) {
        (self.x, self.y, self.z, self.t) = (x, y, z, t)
    }

    static let identity = DensePoint(x: .zero, y: .one, z: .one, t: .zero)

    /// The affine point, in coordinates that save a division: X = 4x, Y = 4y, Z = 4, T = 4xy.
    @inline(__always)
    init(_ point: DenseAffinePoint) {
        let twiceX = point.yPlusX - point.yMinusX
        let twiceY = point.yPlusX + point.yMinusX
        self.init(
            x: twiceX + twiceX, y: twiceY + twiceY, z: DenseElement(4, 0, 0, 0),
            t: twiceX * twiceY)
    }

    /// The negative of an affine point, in the same coordinates.
    @inline(__always)
    init(negating point: DenseAffinePoint) {
        let twiceX = point.yMinusX - point.yPlusX
        let twiceY = point.yPlusX + point.yMinusX
        self.init(
            x: twiceX + twiceX, y: twiceY + twiceY, z: DenseElement(4, 0, 0, 0),
            t: twiceX * twiceY)
    }

    var point: Point {
        Point(x: x.fieldElement, y: y.fieldElement, z: z.fieldElement, t: t.fieldElement)
    }

    // The unified addition of extended coordinates (add-2008-hwcd-3), as for `Point`: complete.

    @inline(__always)
    mutating func add(_ other: DenseAffinePoint) {
        let plus = (y + x) * other.yPlusX
        let minus = (y - x) * other.yMinusX
        let tt = t * other.twiceDXY
        let zz = z + z
        complete(x: plus - minus, y: plus + minus, z: zz + tt, t: zz - tt)
    }

    @inline(__always)
    mutating func subtract(_ other: DenseAffinePoint) {
        let plus = (y + x) * other.yMinusX
        let minus = (y - x) * other.yPlusX
        let tt = t * other.twiceDXY
        let zz = z + z
        complete(x: plus - minus, y: plus + minus, z: zz - tt, t: zz + tt)
    }

    mutating func add(_ other: DensePoint) {
        let plus = (y + x) * (other.y + other.x)
        let minus = (y - x) * (other.y - other.x)
        let tt = t * (other.t * Self.twiceD)
        let zz = z * (other.z + other.z)
        complete(x: plus - minus, y: plus + minus, z: zz + tt, t: zz - tt)
    }

    @inline(__always)
    private mutating func complete(
        x: DenseElement, y: DenseElement, z: DenseElement, t: DenseElement
    ) {
        self = DensePoint(x: x * t, y: y * z, z: z * t, t: x * y)
    }

    private static let twiceD = DenseElement(FieldElement.twiceD)
}
