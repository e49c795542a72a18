/// The constants of edwards25519 and of RFC 9496, 4.1.
extension FieldElement {
    /// The curve's d = -121665/121666.
    static let d = FieldElement(
        0x3_4dca_1359_78a3, 0x1_a828_3b15_6ebd, 0x5_e7a2_6001_c029, 0x7_39c6_63a0_3cbb,
        0x5_2036_cee2_b6ff)
    /// 2d.
    static let twiceD = FieldElement(
        0x6_9b94_26b2_f159, 0x3_5050_762a_dd7a, 0x3_cf44_c003_8052, 0x6_738c_c740_7977,
        0x2_406d_9dc5_6dff)
    /// SQRT_M1.
    static let rootOfMinusOne = FieldElement(
        0x6_1b27_4a0e_a0b0, 0x0_d5a5_fc8f_189d, 0x7_ef5e_9cbd_0c60, 0x7_8595_a680_4c9e,
        0x2_b832_4804_fc1d)
    /// SQRT_AD_MINUS_ONE.
    static let rootOfADMinusOne = FieldElement(
        0x7_f6a0_497b_2e1b, 0x1_836f_0a97_afd2, 0x7_d747_f6be_7638, 0x4_5607_9e7e_6498,
        0x3_7693_1bf2_b834)
    /// INVSQRT_A_MINUS_D.
    static let inverseRootOfAMinusD = FieldElement(
        0x0_fdaa_805d_40ea, 0x2_eb48_2e57_d339, 0x0_0761_0274_bc58, 0x6_510b_613d_c8ff,
        0x7_86c8_905c_faff)
    /// ONE_MINUS_D_SQ.
    static let oneMinusDSquared = FieldElement(
        0x4_09c1_945f_c176, 0x7_19ab_c6a1_fc4f, 0x1_c37f_90b2_0684, 0x0_6bcc_ca55_eedf,
        0x0_2907_2a8b_2b3e)
    /// D_MINUS_ONE_SQ.
    static let dMinusOneSquared = FieldElement(
        0x5_5aaa_44ed_4d20, 0x5_9603_c333_2635, 0x2_6d3b_af4a_7928, 0x1_20a6_6e69_97a9,
        0x5_968b_37af_66c2)
}

extension FieldElement {
    /// The inverse, as the power p - 2; zero for zero.
    func inverted() -> Self {
        let (long, eleven) = commonPowers()
        return long.squared(times: 5) * eleven
    }

    /// SQRT_RATIO_M1 of RFC 9496, 4.2: the non-negative root of `u / v` and a mask of all ones if
    /// that is a square; else the root of SQRT_M1 `u / v` and 0.
    static func squareRoot(of u: Self, over v: Self) -> (wasSquare: UInt64, root: Self) {
        let v3 = v.squared() * v
        let v7 = v3.squared() * v
        let uv7 = u * v7
        return squareRoot(of: u, over: v, candidate: (u * v3) * uv7.rootPower())
    }

    /// The same of `1 / v` for both elements of a pair.
    static func squareRootsOfOne(
        over v: FieldPair
    ) -> (first: (wasSquare: UInt64, root: Self), second: (wasSquare: UInt64, root: Self)) {
        let v3 = v.squared(times: 1) * v
        let v7 = v3.squared(times: 1) * v
        let candidate = v3 * v7.rootPower()
        return (
            squareRootOfOne(over: v.first, candidate: candidate.first),
            squareRootOfOne(over: v.second, candidate: candidate.second)
        )
    }

    /// As below, for 1 / v: here the candidate's square times v is one of four known numbers.
    @inline(__always)
    private static func squareRootOfOne(
        over v: Self, candidate: Self
    ) -> (wasSquare: UInt64, root: Self) {
        let check = (v * candidate.squared()).reduced()
        let correct = check.isEqualMask(Words(1, 0, 0, 0))
        let flipped = check.isEqualMask(minusOne)
        let flippedByRoot = check.isEqualMask(minusRootOfMinusOne)
        let root = candidate.replaced(
            by: candidate * rootOfMinusOne, where: flipped | flippedByRoot)
        return (correct | flipped, root.absolute())
    }

    /// The root, given the `candidate` that is right but for a power of SQRT_M1 and the sign.
    private static func squareRoot(
        of u: Self, over v: Self, candidate: Self
    ) -> (wasSquare: UInt64, root: Self) {
        let check = v * candidate.squared()
        let product = u * .one
        let correct = (check - product).isZeroMask
        let flipped = (check + product).isZeroMask
        let flippedByRoot = (check + product * rootOfMinusOne).isZeroMask
        let root = candidate.replaced(
            by: candidate * rootOfMinusOne, where: flipped | flippedByRoot)
        return (correct | flipped, root.absolute())
    }
}

private let minusOne = FieldElement.one.negated().reduced()
private let minusRootOfMinusOne = FieldElement.rootOfMinusOne.negated().reduced()

extension FieldPowers {
    /// The power (p - 5) / 8 = 2^252 - 3.
    fileprivate func rootPower() -> Self { commonPowers().long.squared(times: 2) * self }
}
