import APISchema
import BlockSync
import Codec
import Consensus
import Elections
import Ledger
import NodeAPI
import PeerNetwork
import TransparencyLog

/// What a node says about itself.
extension ChainDriver {
    var isWorking: Bool { !hasStopped }

    /// The answer to who asks whether the node is ready.
    func checkReadiness() throws(ServiceFailure) -> NodeReadiness {
        let state = readiness
        if let problem = state.problem {
            throw .unavailable(
                "\(problem)", retryAfterSeconds: NodeLimits.readinessRetrySeconds)
        }
        return NodeReadiness(
            height: head.height.rawValue, time: head.time, blockAgeMilliseconds: state.age,
            oldestMilliseconds: state.oldest, voting: isMember)
    }

    /// Whether a block is known to be final that lies well above the floor. A few blocks are the
    /// ordinary distance between nodes.
    var isFarBehind: Bool {
        let target = sync.target?.header.height ?? .genesis
        return target.rawValue > head.height.rawValue + NodeLimits.ordinaryDistance
    }

    /// What the node's readiness depends on.
    var readiness: Readiness {
        var state = Readiness(
            height: head.height.rawValue, head: head.time, now: clock.now().clock,
            heartbeatMilliseconds: chain.genesis.parameters.heartbeatMilliseconds,
            precisionMilliseconds: chain.genesis.parameters.precisionMilliseconds)
        state.hasStopped = hasStopped
        state.isConnected = !peers.isEmpty || isMember && validators.validators.count == 1
        if isFarBehind { state.missing = sync.target?.header.height.rawValue }
        let isVoting = replica?.status.isVoting ?? false
        if isMember, !isVoting { state.votingNote = votingNote(isVoting: false) ?? "it waits" }
        return state
    }

    func nodeStatus(name: String) -> NodeStatus {
        let connected = peers.sorted { $0.key < $1.key }.map { id, peer in
            APISchema.PeerStatus(
                key: id, name: peer.validator.flatMap { validators[$0]?.name },
                role: peer.role == .validator ? "validator" : "observer", height: peer.height)
        }
        let status = replica?.status
        let isVoting = status?.isVoting ?? false
        return NodeStatus(
            software: NodeSoftware.version, kind: chain.genesis.kind,
            chainName: chain.genesis.name, chainID: chain.chainID,
            validator: ownPlace.flatMap { validators[$0]?.name },
            height: head.height.rawValue, blockHash: head.hash, time: head.time,
            epoch: status?.round.epoch.rawValue
                ?? chain.genesis.parameters.epoch(of: head.height.next).rawValue,
            view: status?.round.view.rawValue ?? floor.round?.view.rawValue ?? 0,
            logSize: head.frontier.size, logRoot: head.frontier.root,
            certifiedSize: published?.checkpoint.size ?? 0,
            voting: isVoting && !isFarBehind,
            votingNote: votingNote(isVoting: isVoting), peers: connected,
            pendingCount: mempool.count, pendingBytes: mempool.bytes,
            overdueBallots: overdueBallots(at: clock.now().instant).values.reduce(0, +))
    }

    /// Why the node does not vote; nil where it does.
    private func votingNote(isVoting: Bool) -> String? {
        if let reason = replica?.status.haltReason { return "halted: \(reason)" }
        if let votingNote {
            let state = replica.flatMap { Self.note($0.status.voting) }
            return ([votingNote] + (state.map { [$0] } ?? [])).joined(separator: "; ")
        }
        if let note = replica.flatMap({ Self.note($0.status.voting) }) { return note }
        if replica == nil { return "an observer does not vote" }
        if isFarBehind {
            let target = sync.target?.header.height.rawValue ?? 0
            return "catching up: at block \(head.height.rawValue) of \(target)"
        }
        return nil
    }

    /// What a validator that does not vote waits for.
    private static func note(_ state: VotingState) -> String? {
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

    func metricsText(
        network: PeerNetworkStatistics, subscribers: Int, omittedLogLines: UInt64
    ) -> String {
        var text = MetricsText()
        text.gauge("height", "Height of the newest final block", head.height.rawValue)
        text.gauge("log_size", "Entries of the log", head.frontier.size)
        text.gauge(
            "certified_size", "Entries under the newest certified checkpoint",
            published?.checkpoint.size ?? 0)
        text.gauge(
            "block_age_seconds", "Age of the newest final block",
            milliseconds: readiness.age)
        text.gauge(
            "ready", "Whether the node is ready, as /readyz says", readiness.problem == nil ? 1 : 0)
        text.gauge("pending_transactions", "Transactions that wait", UInt64(mempool.count))
        let checks = admissions.read { (count: $0.count, suspects: $0.suspectSenders) }
        text.gauge(
            "pending_checks", "Transactions that wait for their checks", UInt64(checks.count))
        text.gauge(
            "suspect_senders", "Senders and sites whose transactions failed checks of late",
            UInt64(checks.suspects))
        text.gauge("pending_bytes", "Bytes of transactions that wait", UInt64(mempool.bytes))
        text.gauge(
            "waiting_ballots", "Ballots that wait for the registrar's count",
            UInt64(mempool.waitingCount))
        text.gauge(
            "overdue_ballots", "Ballots that have waited for it for more than half a minute",
            overdueBallots(at: clock.now().instant).values.reduce(0, +))
        text.gauge("peers", "Connected peers", UInt64(peers.count))
        text.gauge(
            "pending_connections", "Connections that have not said yet who they are",
            network.pendingConnections)
        text.gauge("peer_sockets", "Open incoming sockets of peers", network.sockets)
        text.gauge(
            "peer_sockets_bound", "Incoming sockets of peers at most", network.socketsBound)
        text.gauge(
            "observer_queue_bytes", "What the queues of observers and strangers hold",
            network.observerQueueBytes)
        text.gauge(
            "observer_queue_bound_bytes", "What they hold at most", network.observerQueueBound)
        text.gauge(
            "validator_queue_bytes", "What the queues of other validators hold",
            network.validatorQueueBytes)
        text.gauge(
            "validator_queue_bound_bytes", "What they hold at most", network.validatorQueueBound)
        text.gauge("event_subscribers", "Subscribers of the event stream", UInt64(subscribers))
        text.counter("blocks_final_total", "Blocks made final", counters.blocksFinal)
        text.counter(
            "transactions_final_total", "Transactions made final", counters.transactionsFinal)
        text.counter(
            "transactions_admitted_total", "Transactions admitted",
            counters.transactionsAdmitted)
        text.counter(
            "transactions_refused_total", "Transactions refused", counters.transactionsRefused)
        text.counter(
            "failed_checks_total",
            "Transactions whose certificate, proof or signature was false", counters.checksFailed)
        text.counter(
            "lone_checks_total", "Transactions checked alone, since their sender was suspect",
            counters.checkedAlone)
        text.counter(
            "pushed_transactions_total", "Transactions that other validators pushed to this one",
            counters.transactionsPushed)
        text.counter(
            "pushed_duplicates_total", "Of these, those that it had already",
            counters.pushedDuplicates)
        text.counter("journal_syncs_total", "Synced writes of the journal", counters.journalSyncs)
        text.counter(
            "rejected_messages_total", "Consensus messages not taken",
            counters.rejectedMessages)
        text.counter(
            "hostile_messages_total", "Messages that no honest node sends",
            counters.hostileMessages)
        text.counter(
            "equivocations_total", "Conflicting votes of one key", counters.equivocations)
        text.counter("alarms_total", "Alarms of final blocks", counters.alarms)
        text.counter(
            "connections_refused_total", "Peer connections refused", network.connectionsRefused)
        text.counter(
            "protocol_violations_total", "Peers that broke the transport's rules",
            network.protocolViolations)
        text.counter("dial_failures_total", "Failed attempts to connect", network.dialFailures)
        text.counter(
            "dropped_frames_total", "Messages dropped at full queues",
            network.droppedFrames)
        text.counter(
            "omitted_log_lines_total", "Lines left out of the log, since they came too often",
            omittedLogLines)
        if let replica { addAgreement(replica, to: &text) }
        return text.text
    }

    private func addAgreement(_ replica: NodeReplica, to text: inout MetricsText) {
        let status = replica.status
        let metrics = replica.metrics
        text.gauge("voting", "Whether the validator votes", status.isVoting ? 1 : 0)
        text.gauge("epoch", "The current epoch", status.round.epoch.rawValue)
        text.gauge("view", "The current view", status.round.view.rawValue)
        text.gauge(
            "clock_offset_seconds", "Median of the peers' clocks minus ours",
            milliseconds: status.clockOffset ?? 0)
        text.counter("views_entered_total", "Views entered", metrics.viewsEntered)
        text.counter("views_nullified_total", "Views without a block", metrics.viewsNullified)
        text.counter("leaders_skipped_total", "Silent leaders skipped", metrics.leadersSkipped)
        text.counter("blocks_proposed_total", "Blocks proposed", metrics.blocksProposed)
        text.counter(
            "untimely_proposals_total", "Proposals whose time does not fit our clock",
            metrics.untimelyProposals)
        text.counter(
            "invalid_proposals_total", "Proposals that break a rule", metrics.invalidProposals)
    }
}

/// Writes measurements in Prometheus' text form, in its base units: seconds and bytes.
package struct MetricsText {
    package private(set) var text = ""

    package init() {}

    package mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
        add(name, "gauge", help, "\(value)")
    }

    /// A time, written in seconds with three decimals.
    package mutating func gauge(_ name: String, _ help: String, milliseconds: some BinaryInteger) {
        let size = milliseconds.magnitude
        let (whole, rest) = (size / 1000, "\(size % 1000)")
        let decimals = String(repeating: "0", count: 3 - rest.utf8.count) + rest
        add(name, "gauge", help, "\(milliseconds < 0 ? "-" : "")\(whole).\(decimals)")
    }

    package mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        add(name, "counter", help, "\(value)")
    }

    private mutating func add(_ name: String, _ type: String, _ help: String, _ value: String) {
        text +=
            "# HELP veche_\(name) \(help)\n# TYPE veche_\(name) \(type)\nveche_\(name) \(value)\n"
    }
}

/// What the software calls itself.
package enum NodeSoftware {
    package static let version = "veche-node 0.1.0"
}
