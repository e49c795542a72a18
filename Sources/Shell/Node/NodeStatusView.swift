import APISchema
import Admission
import Chain
import Codec
import Consensus
import Cosigning
import Ledger
import NodeAPI
import NodeViews
import PeerNetwork
import TransparencyLog

/// What the HTTP interface shows of a node's machine.
extension NodeMachine {
    /// The answer to whoever asks whether the node is ready.
    ///
    /// - Parameter now: the node's clock.
    func checkReadiness(now: Timestamp) -> Result<NodeReadiness, ServiceFailure> {
        var state = readiness
        state.now = now
        if let problem = state.problem {
            return .failure(
                .unavailable(
                    "\(problem)", retryAfterSeconds: NodeLimits.readinessRetrySeconds))
        }
        return .success(
            NodeReadiness(
                height: head.height.rawValue, time: head.time, blockAgeMilliseconds: state.age,
                oldestMilliseconds: state.oldest, voting: isMember))
    }

    func status(of chain: Genesis, id: Bytes32) -> NodeStatus {
        let connected = peers.sorted { $0.key < $1.key }.map { key, peer in
            APISchema.PeerStatus(
                key: key, name: peer.validator.flatMap { validators[$0]?.name },
                role: peer.isValidatorByItsWord ? "validator" : "observer", height: peer.height)
        }
        let status = replica?.status
        return NodeStatus(
            software: NodeSoftware.version, kind: chain.kind, chainName: chain.name, chainID: id,
            validator: ownPlace.flatMap { validators[$0]?.name },
            height: head.height.rawValue, blockHash: head.hash, time: head.time,
            epoch: status?.round.epoch.rawValue
                ?? chain.parameters.epoch(of: head.height.next).rawValue,
            view: status?.round.view.rawValue ?? floor.round?.view.rawValue ?? 0,
            logSize: head.logSize, logRoot: head.logRoot,
            certifiedSize: published?.checkpoint.size ?? 0,
            voting: isVoting && !isFarBehind, votingNote: votingObstacle?.description,
            peers: connected, pendingCount: mempool.count, pendingBytes: mempool.bytes,
            overdueBallots: overdueBallots(at: time.instant).values.reduce(0, +))
    }

    func metricsText(
        network: PeerNetworkStatistics, subscribers: Int, omittedLogLines: UInt64, now: Timestamp
    ) -> String {
        var text = MetricsText()
        addChain(to: &text, now: now)
        addTransactions(to: &text)
        add(network, peers: peers.count, to: &text)
        text.gauge("event_subscribers", "Subscribers of the event stream", UInt64(subscribers))
        addCounters(to: &text)
        text.counter(
            "omitted_log_lines_total", "Lines left out of the log, since they came too often",
            omittedLogLines)
        if let replica { addAgreement(replica, to: &text) }
        return text.text
    }

    private func addChain(to text: inout MetricsText, now: Timestamp) {
        var state = readiness
        state.now = now
        text.gauge("height", "Height of the newest final block", head.height.rawValue)
        text.gauge("log_size", "Entries of the log", head.logSize)
        text.gauge(
            "certified_size", "Entries under the newest certified checkpoint",
            published?.checkpoint.size ?? 0)
        text.gauge(
            "block_age_seconds", "Age of the newest final block", milliseconds: state.age)
        text.gauge(
            "ready", "Whether the node is ready, as /readyz says", state.problem == nil ? 1 : 0)
    }

    private func addTransactions(to text: inout MetricsText) {
        text.gauge("pending_transactions", "Transactions that wait", UInt64(mempool.count))
        text.gauge(
            "pending_checks", "Transactions that wait for their checks", UInt64(checksWaiting))
        text.gauge(
            "suspect_senders", "Senders and sites whose transactions failed checks of late",
            UInt64(suspectSenders))
        text.gauge("pending_bytes", "Bytes of transactions that wait", UInt64(mempool.bytes))
        text.gauge(
            "waiting_ballots", "Ballots that wait for the registrar's count",
            UInt64(mempool.waitingCount))
        text.gauge(
            "overdue_ballots", "Ballots that have waited for it for more than half a minute",
            overdueBallots(at: time.instant).values.reduce(0, +))
    }

    private func add(
        _ network: PeerNetworkStatistics, peers: Int, to text: inout MetricsText
    ) {
        text.gauge("peers", "Connected peers", UInt64(peers))
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
        text.counter(
            "connections_refused_total", "Peer connections refused", network.connectionsRefused)
        text.counter(
            "protocol_violations_total", "Peers that broke the transport's rules",
            network.protocolViolations)
        text.counter("dial_failures_total", "Failed attempts to connect", network.dialFailures)
        text.counter(
            "dropped_frames_total", "Messages dropped at full queues", network.droppedFrames)
    }

    private func addCounters(to text: inout MetricsText) {
        text.counter("blocks_final_total", "Blocks made final", counters.blocksFinal)
        text.counter(
            "transactions_final_total", "Transactions made final", counters.transactionsFinal)
        text.counter(
            "transactions_admitted_total", "Transactions admitted", counters.transactionsAdmitted)
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
            "rejected_messages_total", "Consensus messages not taken", counters.rejectedMessages)
        text.counter(
            "hostile_messages_total", "Messages that no honest node sends",
            counters.hostileMessages)
        text.counter(
            "equivocations_total", "Conflicting votes of one key", counters.equivocations)
        text.counter("alarms_total", "Alarms of final blocks", counters.alarms)
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
