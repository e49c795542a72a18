internal import Ledger

// The errors of this module in words, as they stand after a colon: no capital, no period.

extension MessageRejection: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownValidator(let index): "there is no validator \(index)"
        case .badSignature(let index): "the signature of validator \(index) is wrong"
        case .badCertificate(let rejection): rejection.description
        case .badFinality(let rejection): rejection.description
        case .staleEpoch(let epoch, let current):
            "it is of epoch \(epoch), and this node is in epoch \(current)"
        case .futureEpoch(let epoch, let current):
            "it is of epoch \(epoch), and this node is still in epoch \(current)"
        case .notTakingPart: "this node takes no part in the current epoch"
        case .wrongEntry(let round):
            "the certificate of an answer is not of the view before (\(round))"
        case .staleView(let view, let current):
            "it is of view \(view), and this node is in view \(current)"
        case .farView(let view, let current):
            "it is of view \(view), far ahead of this node's view \(current)"
        case .proposal(let fault): fault.description
        case .notRequested(let hash): "\(hash) was not asked for, or is no longer needed"
        case .wrongContent(let hash): "the content sent for \(hash) is another"
        case .excessiveRequest: "it asks for more than there can be"
        }
    }
}

extension ProposalFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .voteDoesNotFitHeader: "the proposal's vote is not for the proposed block"
        case .notSignedByLeader(let signer, let leader):
            "validator \(signer) signed the proposal, and validator \(leader) leads the view"
        case .wrongChain: "the proposed block is of another chain"
        case .wrongEpoch: "the proposed block is of another epoch"
        case .wrongRound: "the proposed block's view, parent or proposer is not the proposal's"
        case .wrongValidators: "the proposed block names other validators than those of its epoch"
        case .overLimits: "the proposed block is larger than genesis allows"
        case .wrongTransactions: "the proposal's transactions are not those of its block"
        }
    }
}

extension SignerRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noView: "the vote's view, or that of its block's parent, is impossible"
        case .lowerRound(let round, let signed):
            "the vote is of \(round), and the key has signed in \(signed) already"
        case .contradicts(let subject, _):
            "\(subject) contradicts what the key has signed in the same view"
        }
    }
}

extension SigningFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let reason), .unavailable(let reason): reason
        }
    }
}

extension HaltReason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .conflictingFinalization(let certificate):
            "a quorum finalized a block that does not continue the final ones, by"
                + " \(certificate.subject)"
        case .finalizedAndNullified(let round): "a quorum finalized and gave up \(round)"
        case .twoNotarizations(let round): "two blocks were notarized in \(round)"
        case .certifiedBlockIsInvalid(let hash, let problem):
            "a quorum notarized the block \(hash), which this node's rules refuse: \(problem)"
        case .ownKeyVotedElsewhere(let vote):
            "this validator's key signed \(vote.subject), which this node did not send"
        case .notSigned(let subject, let failure):
            "the holder of the key did not sign \(subject): \(failure)"
        case .wrongValidators(let hash):
            "the state names other validators than the newest final block, whose next set has the"
                + " hash \(hash)"
        }
    }
}
