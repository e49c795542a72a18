/// A point prepared for being added many times: Y + X, Y - X, 2Z, 2dT.
struct CachedPoint: Sendable {
    var yPlusX, yMinusX, twiceZ, twiceDT: FieldElement

    @inline(__always)
    init(_ point: Point) {
        yPlusX = point.y + point.x
        yMinusX = point.y - point.x
        twiceZ = point.z + point.z
        twiceDT = point.t * .twiceD
    }
}

/// A point of Z = 1 prepared for being added many times: y + x, y - x, 2dxy.
struct AffinePoint: Sendable {
    var yPlusX, yMinusX, twiceDXY: FieldElement

    @inline(__always)
    init(yPlusX: FieldElement, yMinusX: FieldElement, twiceDXY: FieldElement) {
        (self.yPlusX, self.yMinusX, self.twiceDXY) = (yPlusX, yMinusX, twiceDXY)
    }

    /// The point with 1/Z given.
    init(_ point: Point, inverseZ: FieldElement) {
        let x = point.x * inverseZ
        let y = point.y * inverseZ
        self.init(
            yPlusX: (y + x).carried(), yMinusX: (y - x).carried(), twiceDXY: x * y * .twiceD)
    }

    static let identity = AffinePoint(yPlusX: .one, yMinusX: .one, twiceDXY: .zero)
}

/// A sum before its last multiplications: x = X/Z, y = Y/T.
///
/// A doubling needs no T coordinate, so a run of doublings saves one multiplication in each.
struct CompletedPoint: Sendable {
    var x, y, z, t: FieldElement

    @inline(__always)
    var extended: Point { Point(x: x * t, y: y * z, z: z * t, t: x * y) }

    @inline(__always)
    var projective: ProjectivePoint { ProjectivePoint(x: x * t, y: y * z, z: z * t) }
}

/// x = X/Z, y = Y/Z.
struct ProjectivePoint: Sendable {
    var x, y, z: FieldElement

    static let identity = ProjectivePoint(x: .zero, y: .one, z: .one)

    @inline(__always)
    func doubled() -> CompletedPoint {
        // With A = X^2, B = Y^2, C = 2Z^2 (dbl-2008-hwcd, a = -1):
        // X3 : Z3 = (X + Y)^2 - A - B : B - A, and Y3 : T3 = A + B : C - (B - A).
        let xx = x.squared()
        let yy = y.squared()
        let zz = z.squared()
        let sum = yy + xx
        let difference = (yy - xx).carried()
        return CompletedPoint(
            x: (x + y).squared() - sum, y: sum, z: difference, t: (zz + zz) - difference)
    }
}

extension Point {
    @inline(__always)
    var projective: ProjectivePoint { ProjectivePoint(x: x, y: y, z: z) }

    @inline(__always)
    func doubledCompleted() -> CompletedPoint { projective.doubled() }

    // The unified addition of extended coordinates (add-2008-hwcd-3): complete, so it holds for all
    // points, equal ones and the identity among them.

    @inline(__always)
    static func + (lhs: Point, rhs: CachedPoint) -> CompletedPoint {
        let plus = (lhs.y + lhs.x) * rhs.yPlusX
        let minus = (lhs.y - lhs.x) * rhs.yMinusX
        let tt = lhs.t * rhs.twiceDT
        let zz = lhs.z * rhs.twiceZ
        return CompletedPoint(x: plus - minus, y: plus + minus, z: zz + tt, t: zz - tt)
    }

    @inline(__always)
    static func - (lhs: Point, rhs: CachedPoint) -> CompletedPoint {
        let plus = (lhs.y + lhs.x) * rhs.yMinusX
        let minus = (lhs.y - lhs.x) * rhs.yPlusX
        let tt = lhs.t * rhs.twiceDT
        let zz = lhs.z * rhs.twiceZ
        return CompletedPoint(x: plus - minus, y: plus + minus, z: zz - tt, t: zz + tt)
    }

    @inline(__always)
    static func + (lhs: Point, rhs: AffinePoint) -> CompletedPoint {
        let plus = (lhs.y + lhs.x) * rhs.yPlusX
        let minus = (lhs.y - lhs.x) * rhs.yMinusX
        let tt = lhs.t * rhs.twiceDXY
        let zz = lhs.z + lhs.z
        return CompletedPoint(x: plus - minus, y: plus + minus, z: zz + tt, t: zz - tt)
    }

    @inline(__always)
    static func - (lhs: Point, rhs: AffinePoint) -> CompletedPoint {
        let plus = (lhs.y + lhs.x) * rhs.yMinusX
        let minus = (lhs.y - lhs.x) * rhs.yPlusX
        let tt = lhs.t * rhs.twiceDXY
        let zz = lhs.z + lhs.z
        return CompletedPoint(x: plus - minus, y: plus + minus, z: zz - tt, t: zz + tt)
    }
}

extension AffinePoint {
    /// All points with Z = 1, by one inversion for all of them (Montgomery's trick).
    static func all(of points: [Point]) -> [AffinePoint] {
        var products: [FieldElement] = []
        products.reserveCapacity(points.count)
        var product = FieldElement.one
        for point in points {
            products.append(product)
            product = product * point.z
        }
        var inverse = product.inverted()
        var affine = [AffinePoint](repeating: .identity, count: points.count)
        for index in stride(from: points.count - 1, through: 0, by: -1) {
            affine[index] = AffinePoint(points[index], inverseZ: inverse * products[index])
            inverse = inverse * points[index].z
        }
        return affine
    }
}
