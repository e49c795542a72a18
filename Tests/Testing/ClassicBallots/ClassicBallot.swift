// ClassicBallots: the textbook ballot that ours is measured against: one ElGamal ciphertext and one
// 0/1 disjunction an option, a proof that the options sum to one, an Ed25519 signature. It is the
// compact form, which sends challenges in place of commitments, checked one by one with libsodium.
// No election uses it.
import BallotCryptography
import Codec
import Cryptography
import Ristretto

/// A classic ballot of one contest in which exactly one of k options is chosen, as it is sent:
///
///     header | per option: A, C, c0, c1, z0, z1 | c, z | signature
///
/// After the header these are 192 k + 128 bytes. The header is that of `BallotHeader`, P being the
/// Ed25519 key that signs everything before the signature.
package struct ClassicBallot {
    /// `A = r B, C = r Y + v B`, and the proof that v is 0 or 1.
    struct Option {
        let a, c: Bytes32
        let c0, c1, z0, z1: Bytes32
    }

    let header: BallotHeader
    let options: [Option]
    /// The proof that `(sum A, sum C - B)` encrypts zero.
    let sumChallenge, sumResponse: Bytes32
    let signature: Bytes64

    /// Every byte that is signed.
    var signedBytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt8(1))
        writer.write(self.header.electionID)
        writer.write(self.header.style)
        writer.write(self.header.credentialKey)
        writer.write(self.header.sequence)
        writer.write(self.header.previous)
        writer.write(self.header.contestCount)
        for option in self.options {
            for piece in [option.a, option.c, option.c0, option.c1, option.z0, option.z1] {
                writer.write(piece)
            }
        }
        writer.write(self.sumChallenge)
        writer.write(self.sumResponse)
        return writer.bytes
    }

    /// The ballot as it is sent.
    package var wire: [UInt8] { self.signedBytes + self.signature.bytes }

    init(
        header: BallotHeader, options: [Option], sumChallenge: Bytes32, sumResponse: Bytes32,
        signature: Bytes64
    ) {
        self.header = header
        self.options = options
        self.sumChallenge = sumChallenge
        self.sumResponse = sumResponse
        self.signature = signature
    }

    /// Reads a ballot of `options` options; nothing but its length is checked.
    init(_ wire: [UInt8], options count: Int) throws(CodecError) {
        var reader = ByteReader(wire)
        guard try reader.readUInt8() == 1 else { throw .invalid("version") }
        self.header = BallotHeader(
            electionID: try reader.readBytes32(), style: try reader.readUInt32(),
            credentialKey: try reader.readBytes32(), sequence: try reader.readUInt32(),
            previous: try reader.readBytes32(), contestCount: try reader.readUInt32())
        var options: [Option] = []
        options.reserveCapacity(count)
        for _ in 0..<count {
            options.append(
                Option(
                    a: try reader.readBytes32(), c: try reader.readBytes32(),
                    c0: try reader.readBytes32(), c1: try reader.readBytes32(),
                    z0: try reader.readBytes32(), z1: try reader.readBytes32()))
        }
        self.options = options
        self.sumChallenge = try reader.readBytes32()
        self.sumResponse = try reader.readBytes32()
        self.signature = try reader.readBytes64()
        try reader.finish()
    }
}

/// The challenges of a classic ballot: they bind election, style, voter and place.
struct ClassicTranscript {
    let header: BallotHeader

    /// `c0 + c1` of an option: `Hs("or01/challenge", [ctx, Y, A, C, T0a, T0b, T1a, T1b])` with
    /// `ctx = electionId || u32 style || P || u32 option`.
    func option(_ index: Int, _ statement: [Bytes32], _ commitments: [Bytes32]) -> [UInt8] {
        Transcript.encode(
            TranscriptLabel("or01/challenge"),
            [self.context(index)] + (statement + commitments).map(\.bytes))
    }

    /// `c` of the sum: the same over Y, sum A, sum C - B and the two commitments.
    func sum(_ statement: [Bytes32], _ commitments: [Bytes32]) -> [UInt8] {
        Transcript.encode(
            TranscriptLabel("or01/sum"),
            [self.context(0)] + (statement + commitments).map(\.bytes))
    }

    private func context(_ index: Int) -> [UInt8] {
        self.header.electionID.bytes + Transcript.u32(self.header.style)
            + self.header.credentialKey.bytes + Transcript.u32(UInt32(index))
    }
}
