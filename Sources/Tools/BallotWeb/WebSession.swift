import BallotCryptography
import Codec
package import Ristretto

/// One instance of the module: its functions, and the encryptions that wait for the voter's word.
package struct WebSession<Random: RandomSource> {
    private var random: Random
    private var encryptions: [Waiting] = []
    private var lastHandle: UInt32 = 0

    /// An encryption whose tracker the voter was shown. It is taken once, to be cast or opened.
    private final class Waiting {
        let handle: UInt32
        private var encryption: EncryptedBallot?

        init(handle: UInt32, _ encryption: consuming EncryptedBallot) {
            self.handle = handle
            self.encryption = consume encryption
        }

        func take() -> EncryptedBallot? { self.encryption.take() }
    }

    /// A session that takes random bytes from `random`.
    package init(random: Random) { self.random = random }

    /// The answer of a function to an input in the canonical encoding.
    package mutating func answer(
        _ function: WebFunction, to input: [UInt8]
    ) throws(WebRefusal) -> [UInt8] {
        switch function {
        case .encrypt: return try self.encrypt(EncryptInput(input))
        case .encryptProveSign: return try self.encryptProveSign(EncryptInput(input))
        case .cast:
            return try self.take(HandleInput(input)).cast(
                arithmetic: ConstantTimeArithmetic(), random: &self.random)
        case .challenge:
            return try self.take(HandleInput(input)).open().canonicalBytes
        case .discard:
            _ = try self.take(HandleInput(input))
            return []
        case .makeCredential: return try MakeCredentialInput(input).answer(&self.random)
        case .spoil: return try SpoilInput(input).answer(&self.random)
        case .trustPolicy: return try TrustPolicyInput(input).answer()
        case .verifyReceipt: return try VerifyReceiptInput(input).answer()
        case .verifyTally: return try VerifyTallyInput(input).answer()
        case .blind: return try Self.check(BlindInput(input))
        case .unblind: return try Self.check(UnblindInput(input))
        case .verifyCertificate: return try Self.check(CertificateInput(input))
        case .verifyBallot: return try Self.check(VerifyBallotInput(input))
        case .verifyOpening: return try Self.check(VerifyOpeningInput(input))
        }
    }

    private static func check<Input: CodedInput>(_ input: Input) throws(WebRefusal) -> [UInt8] {
        do throws(RefusalCode) {
            return try input.answer()
        } catch {
            throw .code(error)
        }
    }

    /// `u32 handle | tracker | tracking code`. The encryption waits for `cast` or `challenge`.
    private mutating func encrypt(_ input: EncryptInput) throws(WebRefusal) -> [UInt8] {
        guard self.encryptions.count < WebLimits.encryptions else { throw .tooManyEncryptions }
        let encryption = try input.encryption(&self.random)
        self.lastHandle &+= 1
        var writer = ByteWriter()
        writer.write(self.lastHandle)
        writer.write(tracker: encryption.tracker)
        self.encryptions.append(Waiting(handle: self.lastHandle, encryption))
        return writer.bytes
    }

    /// `tracker | tracking code | wire`, for a voter who wants no challenge.
    private mutating func encryptProveSign(_ input: EncryptInput) throws(WebRefusal) -> [UInt8] {
        let encryption = try input.encryption(&self.random)
        var writer = ByteWriter()
        writer.write(tracker: encryption.tracker)
        let wire = encryption.cast(arithmetic: ConstantTimeArithmetic(), random: &self.random)
        writer.write(raw: wire)
        return writer.bytes
    }

    /// The encryption of a handle, which nobody can take again.
    private mutating func take(_ input: HandleInput) throws(WebRefusal) -> EncryptedBallot {
        guard let place = self.encryptions.firstIndex(where: { $0.handle == input.handle }),
            let encryption = self.encryptions.remove(at: place).take()
        else { throw .encryption }
        return encryption
    }
}

/// `u32 handle` of an encryption.
private struct HandleInput: WebInput {
    let handle: UInt32

    init(from reader: inout ByteReader) throws(CodecError) {
        self.handle = try reader.readUInt32()
    }
}
