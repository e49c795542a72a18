package import BallotCryptography
package import Codec
package import Ledger

/// A validator's promise to have a ballot in the chain by a height (`ballot.md` 1.11). With a final
/// range of blocks up to that height without the ballot it proves censorship (A_CENSOR).
package struct SignedPromise: Hashable, Sendable {
    package let electionID: Bytes32
    package let tracker: Bytes32
    package let ballotID: Bytes32
    package let credentialKey: Bytes32
    package let sequence: UInt32
    /// The newest final height when the ballot was received.
    package let received: Height
    /// The last height by which the ballot is in the chain.
    package let promised: Height
    /// Whose node key signs.
    package let validator: ValidatorIndex
    package let signature: Bytes64

    package init(
        electionID: Bytes32, tracker: Bytes32, ballotID: Bytes32, credentialKey: Bytes32,
        sequence: UInt32, received: Height, promised: Height, validator: ValidatorIndex,
        signature: Bytes64
    ) {
        self.electionID = electionID
        self.tracker = tracker
        self.ballotID = ballotID
        self.credentialKey = credentialKey
        self.sequence = sequence
        self.received = received
        self.promised = promised
        self.validator = validator
        self.signature = signature
    }

    /// Promises `ballot` and signs with the node key.
    package init(
        _ ballot: Ballot, received: Height, promised: Height, validator: ValidatorIndex,
        domain: SigningDomain, sign: ([UInt8]) -> Bytes64
    ) {
        let unsigned = SignedPromise(
            electionID: ballot.header.electionID, tracker: ballot.tracker,
            ballotID: ballot.ballotID, credentialKey: ballot.header.credentialKey,
            sequence: ballot.header.sequence, received: received, promised: promised,
            validator: validator, signature: .zero)
        self = unsigned.signed(sign(unsigned.message(in: domain)))
    }

    /// `H32("promise", [electionId, tracker, ballotId, P, seq, received, promised])`.
    package var digest: Bytes32 {
        CastPromise.digest(
            electionID: self.electionID, tracker: self.tracker, ballotID: self.ballotID,
            credentialKey: self.credentialKey, sequence: self.sequence,
            received: self.received.rawValue, promised: self.promised.rawValue)
    }

    /// What the node key signs: the digest in the chain's domain.
    package func message(in domain: SigningDomain) -> [UInt8] {
        domain.message(.promise, self.digest.bytes)
    }

    /// Whether the named validator of `validators` signed this promise.
    package func isValid(
        in domain: SigningDomain, validators: ValidatorSet, verifier: some SignatureVerifier
    ) -> Bool {
        guard let validator = validators[self.validator] else { return false }
        return verifier.isValid(
            self.signature, of: self.message(in: domain), by: validator.nodeKey)
    }

    /// Whether the promise is about `ballot`.
    package func covers(_ ballot: Ballot) -> Bool {
        self.electionID == ballot.header.electionID && self.tracker == ballot.tracker
            && self.ballotID == ballot.ballotID
            && self.credentialKey == ballot.header.credentialKey
            && self.sequence == ballot.header.sequence
    }

    private func signed(_ signature: Bytes64) -> Self {
        SignedPromise(
            electionID: self.electionID, tracker: self.tracker, ballotID: self.ballotID,
            credentialKey: self.credentialKey, sequence: self.sequence, received: self.received,
            promised: self.promised, validator: self.validator, signature: signature)
    }
}

extension SignedPromise: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.electionID)
        writer.write(self.tracker)
        writer.write(self.ballotID)
        writer.write(self.credentialKey)
        writer.write(self.sequence)
        self.received.encode(to: &writer)
        self.promised.encode(to: &writer)
        self.validator.encode(to: &writer)
        writer.write(self.signature)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            electionID: try reader.readBytes32(),
            tracker: try reader.readBytes32(),
            ballotID: try reader.readBytes32(),
            credentialKey: try reader.readBytes32(),
            sequence: try reader.readUInt32(),
            received: try Height(from: &reader),
            promised: try Height(from: &reader),
            validator: try ValidatorIndex(from: &reader),
            signature: try reader.readBytes64())
    }
}
