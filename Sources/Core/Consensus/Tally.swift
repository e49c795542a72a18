import Codec
import Ledger

/// The votes of one view: of each kind the first one of each validator. A conflicting second vote
/// is evidence and nothing more: an equivocator cannot take its vote back (b.14).
struct Tally: Sendable {
    private var notarizations: [SignedVote?]
    private var nullifications: [SignedVote?]
    private var finalizations: [SignedVote?]
    /// The signers already reported, by kind of the second vote.
    private var reported: Set<Report> = []

    private struct Report: Hashable {
        let kind: VoteKind
        let signer: ValidatorIndex
    }

    enum Outcome: Equatable {
        case counted
        case alreadyCounted
        /// Not counted; nil when this kind of conflict of the signer was reported before.
        case conflict(Equivocation?)
    }

    init(validators: Int) {
        notarizations = Array(repeating: nil, count: validators)
        nullifications = notarizations
        finalizations = notarizations
    }

    /// The counted vote of a validator.
    func vote(_ kind: VoteKind, by signer: ValidatorIndex) -> SignedVote? {
        let votes = votes(kind)
        let position = Int(signer.rawValue)
        return position < votes.count ? votes[position] : nil
    }

    /// Adds a vote whose signature was checked.
    mutating func add(_ vote: SignedVote) -> Outcome {
        let kind = vote.subject.kind
        let position = Int(vote.signer.rawValue)
        guard position < notarizations.count else { return .alreadyCounted }
        if let first = self.vote(kind, by: vote.signer) {
            if first.subject == vote.subject { return .alreadyCounted }
            return .conflict(report(first, vote))
        }
        switch kind {
        case .notarize: notarizations[position] = vote
        case .nullify: nullifications[position] = vote
        case .finalize: finalizations[position] = vote
        }
        return .counted
    }

    /// NULLIFY and FINALIZE of one validator in this view, once.
    mutating func contradiction(of signer: ValidatorIndex) -> Equivocation? {
        guard let first = vote(.nullify, by: signer), let second = vote(.finalize, by: signer)
        else { return nil }
        return report(first, second)
    }

    /// The signatures for a subject by rising signer.
    func signatures(
        for subject: VoteSubject
    ) -> [(signer: ValidatorIndex, signature: Bytes64)] {
        votes(subject.kind)
            .compactMap(\.self)
            .filter { $0.subject == subject }
            .map { ($0.signer, $0.signature) }
    }

    /// Who voted for a block.
    func voters(for blockHash: Bytes32) -> [ValidatorIndex] {
        notarizations
            .compactMap(\.self)
            .filter { $0.subject.proposal?.blockHash == blockHash }
            .map(\.signer)
    }

    private mutating func report(_ first: SignedVote, _ second: SignedVote) -> Equivocation? {
        let report = Report(kind: second.subject.kind, signer: second.signer)
        guard reported.insert(report).inserted else { return nil }
        return Equivocation(first: first, second: second)
    }

    private func votes(_ kind: VoteKind) -> [SignedVote?] {
        switch kind {
        case .notarize: notarizations
        case .nullify: nullifications
        case .finalize: finalizations
        }
    }
}
