package import Codec
package import Ristretto

/// Everything needed to see that a tracker stands for the choices shown, and nothing about the
/// credential's secret (section 1.11). The encryption that it opens must never be cast.
package struct BallotOpening: Hashable, Sendable {
    /// The header that the statement began with.
    package let header: BallotHeader
    let contests: [Contest]

    /// `r` and the cell values of one contest.
    struct Contest: Hashable, Sendable {
        let r: Bytes32
        let cells: [UInt8]
    }

    /// Encrypts again, on any device, and says which tracker and choices come out. The voter
    /// compares both with what the first device showed.
    /// - Throws: `election`, `style`, `contest`, `scalar`, and `sum` for values that are no choice.
    package func check(
        rules: BallotRules
    ) throws(RefusalCode) -> (tracker: Bytes32, choices: [ContestChoice]) {
        guard self.header.electionID == rules.electionID else { throw .election }
        guard self.header.style == rules.style else { throw .style }
        guard
            self.contests.count == rules.contests.count,
            self.header.contestCount == UInt32(rules.contests.count)
        else { throw .contest }
        var choices: [ContestChoice] = []
        var ciphertexts: [BallotCiphertext] = []
        for (position, contest) in self.contests.enumerated() {
            let rule = rules.contests[position]
            guard contest.cells.count == rule.shape.cellCount else { throw .contest }
            guard let choice = rule.shape.choice(of: contest.cells) else { throw .sum }
            let r = try Scalar(checking: contest.r)
            var c: [Bytes32] = []
            for (cell, value) in contest.cells.enumerated() {
                let key = rules.key(contest: position, cell: cell)
                c.append(
                    MultiScalar.sum([r, Scalar(UInt64(value))], [key, .base]).encoded())
            }
            choices.append(choice)
            ciphertexts.append(
                BallotCiphertext(
                    contest: rule.index, a: MultiScalar.sum([r], [.base]).encoded(), c: c))
        }
        let statement = BallotStatement(header: self.header, ciphertexts: ciphertexts)
        return (statement.tracker, choices)
    }
}

/// Registers the tracker of a challenged encryption, which then can never be cast: a Schnorr proof
/// of `x` under the label `ballot/spoil` over [electionId, P, tracker].
package struct SpoilProof: Equatable, Sendable {
    /// `P`.
    package let credentialKey: Bytes32
    /// The tracker that can never be cast any more.
    package let tracker: Bytes32
    /// Knowledge of `x` with `P = xB`.
    package let proof: SchnorrProof

    /// Proves with `credential` that its owner spoils `tracker` in the election.
    package init<A: SecretArithmetic, R: RandomSource>(
        tracker: Bytes32, electionID: Bytes32, credential: CredentialKey, arithmetic: A,
        random: inout R
    ) {
        self.credentialKey = credential.publicKey
        self.tracker = tracker
        self.proof = SchnorrProof.make(
            .ballotSpoil,
            [electionID.bytes, credential.publicKey.bytes, tracker.bytes],
            secret: credential.secret, arithmetic: arithmetic, random: &random)
    }

    /// - Throws: `identity`, `point`, `scalar`, `proof`.
    package func verify(electionID: Bytes32) throws(RefusalCode) {
        let key = try GroupElement(nonIdentity: self.credentialKey)
        try self.proof.verify(
            .ballotSpoil,
            [electionID.bytes, self.credentialKey.bytes, self.tracker.bytes], key: key.point)
    }
}

/// A validator's promise to include a ballot; it signs the digest with its node key.
package enum CastPromise {
    /// `H32("promise", [electionId, tracker, ballotId, P, u32 seq, u64 height received,
    /// u64 promised height])`.
    package static func digest(
        electionID: Bytes32, tracker: Bytes32, ballotID: Bytes32, credentialKey: Bytes32,
        sequence: UInt32, received: UInt64, promised: UInt64
    ) -> Bytes32 {
        var heights = ByteWriter()
        heights.write(received)
        heights.write(promised)
        return Transcript.digest(
            .promise,
            [
                electionID.bytes, tracker.bytes, ballotID.bytes, credentialKey.bytes,
                Transcript.u32(sequence), [UInt8](heights.bytes.prefix(8)),
                [UInt8](heights.bytes.suffix(8)),
            ])
    }
}

extension BallotOpening: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        self.header.write(to: &writer)
        writer.write(UInt32(self.contests.count))
        for contest in self.contests {
            writer.write(contest.r)
            writer.write(variable: contest.cells, limit: Limits.cellsPerContest)
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let header: BallotHeader
        let raw = try reader.readRaw(BallotLayout.headerSize)
        do throws(RefusalCode) {
            header = try BallotHeader(peeking: raw)
        } catch {
            throw .invalid("an opening has another version")
        }
        let count = Int(try reader.readUInt32())
        guard count <= Limits.contestsPerBallot else {
            throw .overLimit(count: count, limit: Limits.contestsPerBallot)
        }
        var contests: [Contest] = []
        for _ in 0..<count {
            let r = try reader.readBytes32()
            let cells = try reader.readVariable(limit: Limits.cellsPerContest)
            contests.append(Contest(r: r, cells: cells))
        }
        self.init(header: header, contests: contests)
    }
}

extension SpoilProof: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.credentialKey)
        writer.write(self.tracker)
        self.proof.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.credentialKey = try reader.readBytes32()
        self.tracker = try reader.readBytes32()
        self.proof = try SchnorrProof(from: &reader)
    }
}
