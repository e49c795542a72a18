import Codec
import Cryptography
import Ristretto
import Testing

/// The twelve cases of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020, table 6c), on
/// which verifiers differ: small and mixed orders, S + L, and encodings that are not canonical.
@Suite struct Ed25519EdgeCaseTests {
    private static let smallOrder =
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
    private static let mixedOrder =
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43"
    private static let otherMixedOrder =
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d"
    private static let ordinary =
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623"
    private static let nonCanonical =
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    private static let nonCanonicalNonce =
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
    private static let nonceUnderNonCanonical =
        "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc"
    private static let responseUnderNonCanonical =
        "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04"

    private struct Case {
        let message: String
        let key: String
        /// R, then S.
        let nonce: String
        let response: String
    }

    private static let refused: [Case] = [
        Case(
            message: "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
            key: smallOrder,
            nonce: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            response: "0000000000000000000000000000000000000000000000000000000000000000"),
        Case(
            message: "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
            key: smallOrder,
            nonce: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            response: "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04"),
        Case(
            message: "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
            key: mixedOrder,
            nonce: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            response: "8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e"),
        Case(
            message: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
            key: otherMixedOrder,
            nonce: "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512",
            response: "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09"),
        Case(
            message: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
            key: otherMixedOrder,
            nonce: "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7",
            response: "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405"),
        Case(
            message: "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
            key: ordinary,
            nonce: "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e",
            response: "547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514"),
        Case(
            message: "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
            key: ordinary,
            nonce: "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942",
            response: "7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22"),
        Case(
            message: "fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a",
            key: mixedOrder,
            nonce: nonCanonicalNonce,
            response: "454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607"),
        Case(
            message: "84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1",
            key: mixedOrder,
            nonce: nonCanonicalNonce,
            response: "084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09"),
        Case(
            message: "e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
            key: nonCanonical,
            nonce: nonceUnderNonCanonical,
            response: responseUnderNonCanonical),
        Case(
            message: "39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
            key: nonCanonical,
            nonce: nonceUnderNonCanonical,
            response: responseUnderNonCanonical),
    ]

    @Test(arguments: 0..<11)
    func signatureOnWhichVerifiersDifferIsRefused(number: Int) throws {
        let item = Self.refused[number]
        #expect(try !self.verify(item.message, item.key, item.nonce + item.response))
    }

    /// The one that every verifier takes: parts of mixed order, under which both forms of the
    /// equation hold.
    @Test func signatureThatEveryVerifierTakesIsTaken() throws {
        #expect(
            try self.verify(
                "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
                Self.otherMixedOrder,
                "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f"
                    + "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009"))
    }

    private func verify(_ message: String, _ key: String, _ signature: String) throws -> Bool {
        let signature = try #require(Bytes64(hexadecimal: signature))
        let message = try #require(Hexadecimal.decode(message))
        let key = try #require(Bytes32(hexadecimal: key))
        let verdict = Ed25519Verifier().isValid(signature, of: message, by: key)
        // The browser's verifier decides alike.
        #expect(StrictEd25519().isValid(signature, of: message, by: key) == verdict)
        return verdict
    }
}
