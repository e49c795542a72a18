import Codec
import Ledger
import Testing

/// Which two votes prove that a validator broke the rules (PROTOCOL 7.12).
struct EquivocationTests {
    private let proposal = Samples.proposal
    private let other = Samples.otherProposal

    private func kind(_ first: VoteSubject, _ second: VoteSubject) -> EquivocationKind? {
        EquivocationEvidence(Samples.vote(first), Samples.vote(second))?.kind
    }

    @Test func eachContradictionIsFoundInEitherOrder() {
        let pairs: [(VoteSubject, VoteSubject, EquivocationKind)] = [
            (.notarize(self.proposal), .notarize(self.other), .twoNotarizations),
            (.finalize(self.proposal), .finalize(self.other), .twoFinalizations),
            (
                .nullify(self.proposal.round), .finalize(self.proposal),
                .nullificationAndFinalization
            ),
        ]
        for (first, second, kind) in pairs {
            #expect(self.kind(first, second) == kind)
            #expect(self.kind(second, first) == kind)
            #expect(
                EquivocationEvidence(Samples.vote(first), Samples.vote(second))
                    == EquivocationEvidence(Samples.vote(second), Samples.vote(first)))
        }
    }

    @Test func votesThatAnHonestValidatorMaySignAreNoEvidence() {
        #expect(self.kind(.notarize(self.proposal), .nullify(self.proposal.round)) == nil)
        #expect(self.kind(.notarize(self.proposal), .finalize(self.proposal)) == nil)
        #expect(self.kind(.notarize(self.proposal), .finalize(self.other)) == nil)
        for subject in Samples.subjects { #expect(self.kind(subject, subject) == nil) }
        let later = Proposal(
            round: Round(epoch: self.proposal.round.epoch, view: View(7)), parentView: View(6),
            blockHash: digest("other"))
        #expect(self.kind(.notarize(self.proposal), .notarize(later)) == nil)
        #expect(self.kind(.finalize(self.proposal), .nullify(later.round)) == nil)
    }

    @Test func oneBlockOnTwoParentsIsAContradiction() {
        let moved = Proposal(
            round: self.proposal.round, parentView: View(3), blockHash: self.proposal.blockHash)
        #expect(self.kind(.notarize(self.proposal), .notarize(moved)) == .twoNotarizations)
    }

    @Test func votesOfTwoValidatorsAreNoEvidence() {
        #expect(
            EquivocationEvidence(
                Samples.vote(.notarize(self.proposal), signer: 1),
                Samples.vote(.notarize(self.other), signer: 2)) == nil)
    }

    @Test func evidenceInTheOtherOrderOrWithoutContradictionIsNotDecoded() throws {
        let evidence = try #require(Samples.contradictions.first)
        let swapped = evidence.second.canonicalBytes + evidence.first.canonicalBytes
        #expect(throws: CodecError.invalid("contradicting votes are in order")) {
            try EquivocationEvidence(canonicalBytes: swapped)
        }
        let twice = evidence.first.canonicalBytes + evidence.first.canonicalBytes
        #expect(throws: CodecError.invalid("two votes of one validator contradict each other")) {
            try EquivocationEvidence(canonicalBytes: twice)
        }
    }

    @Test func bothSignaturesMustBeTheMembers() throws {
        let domain = Samples.genesis().domain
        func signed(_ subject: VoteSubject, by index: UInt16, key: UInt16) throws -> SignedVote {
            let validator = try #require(Samples.validators[ValidatorIndex(key)])
            return SignedVote(
                subject: subject, signer: ValidatorIndex(index),
                signature: HashSignatures.sign(
                    subject.message(in: domain), by: validator.consensusKey))
        }
        func isValid(firstKey: UInt16, secondKey: UInt16, index: UInt16 = 2) throws -> Bool {
            let evidence = try #require(
                EquivocationEvidence(
                    try signed(.finalize(self.proposal), by: index, key: firstKey),
                    try signed(.finalize(self.other), by: index, key: secondKey)))
            return evidence.isValid(
                in: domain, validators: Samples.validators, verifier: HashSignatures())
        }
        #expect(try isValid(firstKey: 2, secondKey: 2))
        #expect(try !isValid(firstKey: 1, secondKey: 2))
        #expect(try !isValid(firstKey: 2, secondKey: 1))
        #expect(try !isValid(firstKey: 2, secondKey: 2, index: 4))
    }
}
