import BallotCryptography
import Codec
import Ristretto

/// `seed | electionId | u32 style`: what a credential is derived from. Whoever has the seed can vote
/// in the voter's name.
struct CredentialInput: WebInput {
    let seed: Bytes32
    let electionID: Bytes32
    let style: UInt32

    init(from reader: inout ByteReader) throws(CodecError) {
        self.seed = try reader.readBytes32()
        self.electionID = try reader.readBytes32()
        self.style = try reader.readUInt32()
    }

    init(seed: Bytes32, electionID: Bytes32, style: UInt32) {
        self.seed = seed
        self.electionID = electionID
        self.style = style
    }

    var key: CredentialKey {
        CredentialKey(
            seed: self.seed, electionID: self.electionID, style: self.style,
            arithmetic: ConstantTimeArithmetic())
    }

    func request(modulus: [UInt8]) throws(RefusalCode) -> CredentialRequest {
        try CredentialRequest(
            seed: self.seed, electionID: self.electionID, style: self.style, modulus: modulus,
            arithmetic: ConstantTimeArithmetic())
    }
}

/// `bool given | seed if given | electionId | u32 style`: a fresh credential, or one that was stored.
struct MakeCredentialInput: WebInput {
    private let seed: Bytes32?
    private let electionID: Bytes32
    private let style: UInt32

    init(from reader: inout ByteReader) throws(CodecError) {
        self.seed = try reader.readOptional()
        self.electionID = try reader.readBytes32()
        self.style = try reader.readUInt32()
    }

    /// `seed | P`. The seed is stored before P or anything else made of it leaves the device.
    func answer<R: RandomSource>(_ random: inout R) -> [UInt8] {
        let credential = CredentialInput(
            seed: self.seed ?? Bytes32(random.bytes(Bytes32.size)[...]),
            electionID: self.electionID, style: self.style)
        return credential.seed.bytes + credential.key.publicKey.bytes
    }
}

/// `credential | modulus`, the modulus being 384 bytes of the election document.
struct BlindInput: CodedInput {
    private let credential: CredentialInput
    private let modulus: [UInt8]

    init(from reader: inout ByteReader) throws(CodecError) {
        self.credential = try CredentialInput(from: &reader)
        self.modulus = try reader.readRaw(Limits.modulusSize)
    }

    /// `P | blinded message`, 32 and 384 bytes.
    func answer() throws(RefusalCode) -> [UInt8] {
        let request = try self.credential.request(modulus: self.modulus)
        return request.key.publicKey.bytes + request.blindedMessage
    }
}

/// `credential | modulus | answer of the registrar`, 384 bytes each of the last two.
struct UnblindInput: CodedInput {
    private let credential: CredentialInput
    private let modulus: [UInt8]
    private let blindSignature: [UInt8]

    init(from reader: inout ByteReader) throws(CodecError) {
        self.credential = try CredentialInput(from: &reader)
        self.modulus = try reader.readRaw(Limits.modulusSize)
        self.blindSignature = try reader.readRaw(Limits.modulusSize)
    }

    /// The certificate, 384 bytes, verified.
    func answer() throws(RefusalCode) -> [UInt8] {
        try self.credential.request(modulus: self.modulus).finalize(
            self.blindSignature, verifier: PSSVerifier())
    }
}

/// `electionId | u32 style | P | modulus | certificate`.
struct CertificateInput: CodedInput {
    private let electionID: Bytes32
    private let style: UInt32
    private let credentialKey: Bytes32
    private let modulus: [UInt8]
    private let certificate: [UInt8]

    init(from reader: inout ByteReader) throws(CodecError) {
        self.electionID = try reader.readBytes32()
        self.style = try reader.readUInt32()
        self.credentialKey = try reader.readBytes32()
        self.modulus = try reader.readRaw(Limits.modulusSize)
        self.certificate = try reader.readRaw(Limits.modulusSize)
    }

    /// Nothing, if the certificate is the registrar's.
    func answer() throws(RefusalCode) -> [UInt8] {
        let message = CredentialMessage.encode(
            electionID: self.electionID, style: self.style, credentialKey: self.credentialKey)
        guard
            PSSVerifier().isValid(self.certificate, of: message, modulus: self.modulus)
        else { throw .certificate }
        return []
    }
}
