// Quantities as numbers, and the errors of this module in words, as they stand after a colon: no
// capital, no period.

extension Height: CustomStringConvertible {
    package var description: String { "\(rawValue)" }
}

extension View: CustomStringConvertible {
    package var description: String { "\(rawValue)" }
}

extension Epoch: CustomStringConvertible {
    package var description: String { "\(rawValue)" }
}

extension Round: CustomStringConvertible {
    package var description: String { "epoch \(epoch), view \(view)" }
}

extension ValidatorIndex: CustomStringConvertible {
    /// The place in the set counts from 0, here and in documents.
    package var description: String { "\(rawValue)" }
}

extension VoteSubject: CustomStringConvertible {
    /// As in `a vote to notarize block 1a2b… in epoch 0, view 7`.
    package var description: String {
        switch self {
        case .notarize(let proposal):
            "a vote to notarize block \(proposal.blockHash) in \(proposal.round)"
        case .nullify(let round): "a vote to give up \(round)"
        case .finalize(let proposal):
            "a vote to finalize block \(proposal.blockHash) in \(proposal.round)"
        }
    }
}

extension EquivocationKind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .twoNotarizations: "it notarized two blocks"
        case .twoFinalizations: "it finalized two blocks"
        case .nullificationAndFinalization: "it gave the view up and finalized a block"
        }
    }
}

extension CertificateRejection: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooFewSigners(let count, let quorum):
            "the certificate has \(count) signatures of validators, and \(quorum) are needed"
        case .unknownSigner(let index):
            "the certificate has a signature of validator \(index), and there is no such validator"
        case .badSignature(let index):
            "the signature of validator \(index) in the certificate is wrong"
        }
    }
}

extension FinalityRejection: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wrongChain: "the block is of another chain, or its epoch is not that of its height"
        case .wrongValidators: "the block names other validators than those of its epoch"
        case .wrongSubject: "the certificate does not make this block final"
        case .badCertificate(let rejection): rejection.description
        }
    }
}

extension SuccessionRejection: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notABoundary(let height):
            "block \(height) is not the last one of an epoch after the changes before"
        case .notFinal(let height, let rejection): "block \(height) is not final: \(rejection)"
        case .otherSet(let height):
            "block \(height) names other new validators than those given, or none"
        case .unusableSet(let height, let fault):
            "the validators that block \(height) names cannot be used: \(fault)"
        }
    }
}
