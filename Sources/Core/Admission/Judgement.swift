/// Why a transaction is not taken: the protocol's code and a sentence for a person.
package struct TransactionRefusal: Hashable, Sendable {
    /// As in `E_PHASE`.
    package let code: String
    package let reason: String
    /// Whether a certificate, proof or signature was false, which no honest sender's is: the check is
    /// charged to whoever sent it.
    package let blamesSender: Bool
    /// Whether every state would refuse it, so that nobody passes it on.
    package let isLasting: Bool

    package init(code: String, reason: String, blamesSender: Bool, isLasting: Bool) {
        self.code = code
        self.reason = reason
        self.blamesSender = blamesSender
        self.isLasting = isLasting
    }
}

extension TransactionRefusal: CustomStringConvertible {
    package var description: String { "\(code): \(reason)" }
}

/// What the checks say of a transaction, on the state after a final block.
package struct Judgement<Prepared: Sendable>: Sendable {
    package enum Outcome: Hashable, Sendable {
        /// It would apply now.
        case admitted
        /// A valid ballot over the registrar's present count: a later count may be on its way.
        case waiting
        /// The chain holds it.
        case final
        case refused(TransactionRefusal)
    }

    package let outcome: Outcome
    /// What the checks made of it; nil where it is refused, or where nothing is kept of that.
    package let prepared: Prepared?
    /// Whose turn it takes, for a ballot that is not refused.
    package let slot: BallotSlot?
    /// The account of its style on that state, for a ballot that is not refused.
    package let account: PromiseAccount?

    package init(
        _ outcome: Outcome, prepared: Prepared? = nil, slot: BallotSlot? = nil,
        account: PromiseAccount? = nil
    ) {
        self.outcome = outcome
        self.prepared = prepared
        self.slot = slot
        self.account = account
    }

    /// Whether a certificate, proof or signature of it was false.
    package var blamesSender: Bool {
        if case .refused(let refusal) = outcome { refusal.blamesSender } else { false }
    }
}

/// Why a submission is not taken now; the same bytes may be taken later, or by another node.
package enum Deferral: Hashable, Sendable {
    /// The node holds as many waiting transactions as it may.
    case nodeFull
    /// The sender's network holds its share.
    case shareTaken
    /// Too many ballots wait for the registrar's count.
    case countAwaited
    /// Transactions of the sender's network failed their checks.
    case suspect
    /// The peer that passes it on has too many under check.
    case peerBusy
    /// Too many submissions of the sender's network, or of all, are on their way through this node.
    case siteBusy
    case relaysBusy
    /// No validator answered.
    case noValidator
    /// This node is no validator and passes nothing on for other nodes.
    case noMember
    case stopped
    /// What was accepted becomes final too slowly for more to be accepted.
    case backlog
}

/// What a client that submits a transaction is told.
package enum SubmissionOutcome: Hashable, Sendable {
    /// It is durable here. A ballot's promise, canonical, where one is given.
    case accepted(promise: [UInt8]?)
    /// It is durable here, and waits for the registrar's count. A promise of before stays.
    case waiting(promise: [UInt8]?)
    case final
    /// No state of now, or none at all, takes it: a code as in `E_PHASE`, and a sentence.
    case refused(code: String, reason: String)
    /// It is not taken; the seconds after which the same bytes may be sent again.
    case deferred(Deferral, retrySeconds: Int)
}

extension Deferral: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nodeFull:
            "The node holds as many waiting transactions as it may. Send the same bytes again "
                + "later, or to another node."
        case .shareTaken:
            "This network holds its share of waiting transactions. Send the same bytes again later."
        case .countAwaited:
            "Too many ballots wait for the registrar's count. Send the same bytes again later."
        case .suspect:
            "Transactions from this network failed their checks, so few more of it are taken for "
                + "now. Send the same bytes again later, or to another node."
        case .peerBusy: "Too many submissions at once."
        case .siteBusy: "Too many submissions of this network are on their way through this node."
        case .relaysBusy: "Too many submissions are on their way through this node."
        case .noValidator:
            "No validator answered this node. Send the same bytes again, or to another node."
        case .noMember: "This node is no validator and passes nothing on for others."
        case .stopped: "The node has stopped."
        case .backlog:
            "Ballots come faster than they become final. Send the same bytes again later."
        }
    }

    /// Whether the sender has too much of it, so that no other node is asked in place of this one.
    package var isOfSender: Bool {
        switch self {
        case .shareTaken, .suspect, .peerBusy, .siteBusy: true
        case .nodeFull, .countAwaited, .relaysBusy, .noValidator, .noMember, .stopped, .backlog:
            false
        }
    }
}
