package import Codec
package import Ledger

/// Why a message was not taken. Nothing of the replica changed.
package enum MessageRejection: Error, Equatable, Sendable {
    /// A sender or signer that the validator set does not have.
    case unknownValidator(ValidatorIndex)
    /// A vote or certificate whose signatures do not verify.
    case badSignature(ValidatorIndex)
    case badCertificate(CertificateRejection)
    case badFinality(FinalityRejection)
    /// Of an epoch before ours: the sender is told the newest finalization.
    case staleEpoch(Epoch, current: Epoch)
    /// Of an epoch after ours: block synchronization will take us there.
    case futureEpoch(Epoch, current: Epoch)
    /// This validator takes no part in the current epoch, or does not know yet whether it does.
    case notTakingPart
    /// An answer to one in quarantine whose certificate is not of the view before.
    case wrongEntry(Round)
    /// Of a view at or below the floor, or for a proposal below the current view.
    case staleView(View, current: View)
    /// More than `ConsensusLimits.viewWindow` ahead.
    case farView(View, current: View)
    case proposal(ProposalFault)
    /// A block or transactions that were not asked for, or no longer needed.
    case notRequested(Bytes32)
    /// A block or transactions that are not what the hash or id says.
    case wrongContent(Bytes32)
    /// A request for more than there can be.
    case excessiveRequest

    /// Whether no honest validator can have sent this: the peer is disconnected and counted.
    package var isHostile: Bool {
        switch self {
        case .unknownValidator, .badSignature, .badCertificate, .badFinality, .proposal,
            .wrongContent, .wrongEntry, .excessiveRequest:
            true
        case .staleEpoch, .futureEpoch, .staleView, .farView, .notRequested, .notTakingPart:
            false
        }
    }
}

/// What is wrong with a proposal in itself, before any parent is looked at.
package enum ProposalFault: Hashable, Sendable {
    /// The vote is no NOTARIZE, or of another block than the header's.
    case voteDoesNotFitHeader
    case notSignedByLeader(ValidatorIndex, leader: ValidatorIndex)
    case wrongChain
    case wrongEpoch
    /// The header's view, parent view or proposer are not the proposal's, and it is no second
    /// proposal of an epoch's last block.
    case wrongRound
    case wrongValidators
    /// More transactions or bytes than genesis allows.
    case overLimits
    /// The ids are not those that the header commits to.
    case wrongTransactions
}
