import Cryptography
import Testing

@Suite struct PassphraseEncryptionTests {
    private let passphrase = [UInt8]("correct horse battery staple".utf8)
    private let secret: [UInt8] = [1, 2, 3]

    private func refusal(_ sealed: [UInt8], _ passphrase: [UInt8]) -> PassphraseError? {
        do throws(PassphraseError) {
            _ = try PassphraseEncryption.open(sealed, passphrase: passphrase)
            return nil
        } catch { return error }
    }

    @Test func thePassphraseOpensAndAnotherDoesNot() throws {
        let sealed = PassphraseEncryption.seal(
            secret, passphrase: passphrase, cost: .interactive)
        #expect(try PassphraseEncryption.open(sealed, passphrase: passphrase) == secret)
        #expect(refusal(sealed, passphrase + [0x20]) == .wrongPassphrase)
        #expect(refusal(sealed, []) == .wrongPassphrase)
    }

    @Test func sealingTwiceGivesDifferentBytes() {
        let first = PassphraseEncryption.seal(secret, passphrase: [], cost: .interactive)
        let second = PassphraseEncryption.seal(secret, passphrase: [], cost: .interactive)
        #expect(first != second)
        #expect(refusal(first, []) == nil)
    }

    /// One bit in the salt, the nonce, the ciphertext and the tag.
    @Test(arguments: [21, 37, 61, 64])
    func aFlippedBitIsRefused(index: Int) throws {
        var sealed = PassphraseEncryption.seal(
            secret, passphrase: passphrase, cost: .interactive)
        sealed[index] ^= 1
        #expect(refusal(sealed, passphrase) == .wrongPassphrase)
    }

    @Test func anotherFormOrVersionIsRefusedBeforeAnyWork() {
        let sealed = PassphraseEncryption.seal(
            secret, passphrase: passphrase, cost: .interactive)
        var changed = sealed
        changed[0] ^= 1
        #expect(refusal(changed, passphrase) == .malformed)
        changed = sealed
        changed[12] = 2
        #expect(refusal(changed, passphrase) == .unknownVersion(2))
        #expect(refusal([], passphrase) == .malformed)
        #expect(refusal([UInt8](sealed.prefix(76)), passphrase) == .malformed)
        let huge = sealed + [UInt8](repeating: 0, count: PassphraseEncryption.secretLimit)
        #expect(refusal(huge, passphrase) == .malformed)
    }

    @Test(arguments: [
        (passes: UInt32(1), kibibytes: UInt32(65_536)), (passes: 9, kibibytes: 65_536),
        (passes: .max, kibibytes: 65_536), (passes: 2, kibibytes: 65_535),
        (passes: 2, kibibytes: 1_048_577), (passes: 2, kibibytes: .max), (passes: 0, kibibytes: 0),
    ])
    func costsOutsideOfTheLimitsAreRefusedBeforeAnyWork(passes: UInt32, kibibytes: UInt32) {
        var sealed = PassphraseEncryption.seal(
            secret, passphrase: passphrase, cost: .interactive)
        for index in 0..<4 {
            let shift = UInt32(24 - 8 * index)
            sealed[13 + index] = UInt8(truncatingIfNeeded: passes >> shift)
            sealed[17 + index] = UInt8(truncatingIfNeeded: kibibytes >> shift)
        }
        #expect(
            refusal(sealed, passphrase)
                == .costOutOfBounds(passes: passes, kibibytes: kibibytes))
    }
}
