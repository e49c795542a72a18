import APISchema
import Admission
import Chain
import Codec
import Consensus
import Elections
import Ledger
import Logging
import NodeAPI
import NodeSetup
import Storage

/// What the machine's refusals, notices and failures are in words.
extension NodeFailure {
    init(_ failure: ChainFailure) {
        switch failure {
        case .halted(let reason): self.init(halt: reason)
        case .forked(let finalized, let height, let hash):
            self = .fork(
                "A_FORK: a valid finalization of block \(finalized.header.height.rawValue) "
                    + "(\(finalized.header.hash)) does not continue the chain that was final here "
                    + "(block \(height.rawValue), \(hash)). More than a third of the validators "
                    + "are faulty. The evidence is in the data directory; keep it.")
        case .finalBlockIsInvalid(let hash, let problem):
            self = .fork(
                "A_STATE_DIVERGE: the block \(hash) was finalized, and this node's rules refuse it: "
                    + "\(problem). Nothing was written. Keep the data directory, and compare "
                    + "versions with the other operators.")
        case .checkpointContradicted(let size, let certified, let own):
            self = Self.forkedCheckpoint(
                "the checkpoint of size \(size) that a quorum signed has the root \(certified), and "
                    + "this node's log has \(own)")
        case .twoCheckpoints(let size, let roots):
            self = Self.forkedCheckpoint(
                "two checkpoints of size \(size) have a quorum each: \(roots)")
        case .ownCheckpointLine(let problem):
            self = .fork("This node's own checkpoint line: \(problem)")
        case .keyInUse(let addresses):
            self = .fork(
                "Other validators are connected to another node with this validator's node key "
                    + "(\(addresses.joined(separator: ", "))): the key is in use elsewhere. Two nodes "
                    + "with one key can fork the chain. Stop the other one first, and find out how "
                    + "the key came there.")
        case .otherValidators:
            self = .inconsistent(
                "The state names other validators than the block that ended the epoch.")
        case .unnameableValidator:
            self = .inconsistent("A validator's name cannot name a checkpoint key.")
        case .notSigned(.refused(let reason)):
            self = .fork(
                "The holder of the consensus key refuses to sign that this node is ready: \(reason)."
            )
        case .notSigned(.unavailable(let reason)):
            self = .configuration(
                "The holder of the consensus key cannot be reached: \(reason). Start it again, then "
                    + "this node.")
        }
    }

    private static func forkedCheckpoint(_ problem: String) -> NodeFailure {
        .fork(
            "A_FORK: \(problem). More than a third of the validators are faulty. The certified "
                + "checkpoint is in the data directory; keep it.")
    }
}

extension ChainNotice {
    func log(to logger: Logger) {
        switch self {
        case .validatorsChanged(let height, let validators, let own):
            logger.notice(
                "the validators have changed",
                metadata: [
                    "height": "\(height.rawValue)",
                    "validators": "\(validators.validators.map(\.name))",
                    "own": "\(own.map { "\($0.rawValue)" } ?? "none")",
                ])
        case .alarm(let alarm, let height):
            logger.warning(
                "\(alarm.name): \(alarm.detail)",
                metadata: [
                    "election": alarm.election.map { "\($0)" } ?? "",
                    "height": "\(height.rawValue)",
                ])
        case .equivocation(let equivocation):
            logger.error(
                "A_EQUIV: a validator signed two conflicting votes",
                metadata: [
                    "validator": "\(equivocation.first.signer.rawValue)",
                    "first": "\(equivocation.first)", "second": "\(equivocation.second)",
                ])
        case .cosignedTwice(let validator, let size):
            logger.error(
                "A_EQUIV: a validator cosigned two different trees of one size",
                metadata: ["validator": "\(validator)", "size": "\(size)"])
        case .invalidProposal(let hash, let problem):
            logger.error(
                "A_PROPOSER_INVALID: a proposed block is refused",
                metadata: ["block": "\(hash)", "problem": "\(problem)"])
        case .refusedMessage(let peer, let reason):
            logger.warning(
                "a consensus message is refused",
                metadata: ["peer": "\(peer)", "reason": "\(reason)"])
        case .givenUp(let id):
            logger.warning(
                "a transaction is dropped: leaders' states keep refusing it",
                metadata: ["transaction": "\(id)"])
        case .dropped(let id, let refusal, let wasPromised):
            logger.info(
                "a waiting transaction is dropped",
                metadata: [
                    "transaction": "\(id)", "reason": "\(refusal)", "promised": "\(wasPromised)",
                ])
        case .ballotsOverdue(let style, let count):
            logger.warning(
                "A_QUOTA: ballots wait for the registrar's count for more than half a minute",
                metadata: [
                    "election": "\(style.electionID)", "style": "\(style.style)",
                    "ballots": "\(count)",
                ])
        }
    }
}

extension ServiceFailure {
    /// What a client is told whose submission is not taken now.
    init(_ deferral: Deferral, retrySeconds: Int) {
        let text = deferral.description
        switch deferral {
        case .shareTaken, .suspect, .peerBusy, .siteBusy:
            self = .tooMany(text, retryAfterSeconds: retrySeconds)
        case .nodeFull, .countAwaited, .relaysBusy, .backlog:
            self = .busy(text, retryAfterSeconds: retrySeconds)
        case .noValidator, .noMember, .stopped:
            self = .unavailable(text, retryAfterSeconds: retrySeconds)
        }
    }
}

extension SubmissionAnswer {
    /// What a client is told.
    ///
    /// - Throws: where the transaction is not taken.
    init(_ outcome: SubmissionOutcome, of id: Bytes32) throws(ServiceFailure) {
        switch outcome {
        case .accepted(let promise):
            self.init(
                transactionID: id, status: "accepted", promise: promise.map(Hexadecimal.encode))
        case .waiting(let promise):
            self.init(
                transactionID: id, status: "waiting", promise: promise.map(Hexadecimal.encode))
        case .final: self.init(transactionID: id, status: "final")
        case .refused(let code, let reason): throw .refused(code: code, reason)
        case .deferred(let deferral, let seconds):
            throw ServiceFailure(deferral, retrySeconds: seconds)
        }
    }
}

extension JournalDoubt: CustomStringConvertible {
    package var description: String {
        let consequence =
            "this validator cannot know what it signed, and votes only when enough others have said "
            + "where they are"
        switch self {
        case .damaged(let offset):
            return "the vote journal is damaged at byte \(offset): \(consequence)"
        case .outdated(let round):
            return "the vote journal is older than epoch \(round.epoch.rawValue), view "
                + "\(round.view.rawValue), where the key signed: \(consequence)"
        case .missing: return "the vote journal is missing: \(consequence)"
        }
    }
}

extension VotingObstacle: CustomStringConvertible {
    package var description: String {
        switch self {
        case .halted(let reason): "halted: \(reason)"
        case .journal(let doubt, let state):
            ([doubt.description] + (state.flatMap(Self.words).map { [$0] } ?? []))
                .joined(separator: "; ")
        case .state(let state): Self.words(of: state) ?? "it waits"
        case .observer: "an observer does not vote"
        case .catchingUp(let height, let target):
            "catching up: at block \(height.rawValue) of \(target.rawValue)"
        }
    }

    /// What a validator that does not vote waits for.
    private static func words(of state: VotingState) -> String? {
        switch state {
        case .voting, .halted: nil
        case .listening(nil, _):
            "listening for a few seconds whether another node votes with this validator's key"
        case .listening(let answers?, let needed):
            "listening whether another node votes with this validator's key: \(answers) other "
                + "validators have said that they know of none, \(needed) have to. If this lasts, "
                + "this node reaches too few of them: see \"Peers\" of `veche-node status`"
        case .quarantined(let answers, let needed):
            "in quarantine: the vote journal could not be trusted; \(answers) of \(needed) other "
                + "validators have said where they are. Where they are gone for good, the operator's "
                + "word takes their place: `veche-node run --vote-from`"
        case .waiting(let round):
            "out of quarantine: votes from epoch \(round.epoch.rawValue), view "
                + "\(round.view.rawValue) on"
        case .noMember: "this node's consensus key is none of the present validators'"
        }
    }
}
