package import BallotCryptography

/// Why a function gives no answer.
package enum WebRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// A refusal that the protocol names.
    case code(RefusalCode)
    /// The input is not the function's encoding, or is above a limit.
    case input
    /// The contest does not offer what was chosen.
    case choice
    /// There is no such encryption: it was never made, or it was cast, opened or discarded.
    case encryption
    /// Too many encryptions wait for the voter's decision.
    case tooManyEncryptions
    /// The genesis document is not that of the chain, or the policy trusts nobody.
    case policy
    /// The receipt is damaged, of another chain, not signed by a quorum, or its path is wrong.
    case receipt
    /// The receipt is of another ballot than the one kept beside it.
    case otherBallot
    /// The ballot is another voter's.
    case otherVoter
    /// Fewer than t distinct trustees have shares here.
    case tooFewShares
    /// The shares do not decrypt to these counts, or to any that the contest allows.
    case tally

    /// The host's page has the words.
    package var description: String { name }

    /// The name that the host is given.
    package var name: String {
        switch self {
        case .code(let code): code.name
        case .input: "E_INPUT"
        case .choice: "E_CHOICE"
        case .encryption: "E_ENCRYPTION"
        case .tooManyEncryptions: "E_ENCRYPTIONS"
        case .policy: "E_POLICY"
        case .receipt: "E_RECEIPT"
        case .otherBallot: "E_OTHER_BALLOT"
        case .otherVoter: "E_OTHER_VOTER"
        case .tooFewShares: "E_SHARES"
        case .tally: "E_TALLY"
        }
    }
}
