import Admission
import Codec
import Ledger

/// A client's transaction that this node, an observer, passes on to a validator.
struct Relay: Sendable {
    let request: AdmissionRequest
    /// The validators that were asked, the last one now.
    var asked: [Bytes32]
    /// When the present one is given up.
    var deadline: Instant
}

/// Submissions that an observer passes on.
extension ChainMachine {
    /// Passes a client's transaction on to a validator. One that no state admits goes no further: the
    /// validators would charge its failed check to this node, which stands for all of its clients.
    mutating func passOn(
        _ request: AdmissionRequest, _ judgement: Judgement<Application.Prepared>
    ) {
        if case .refused(let refusal) = judgement.outcome,
            refusal.blamesSender || refusal.isLasting
        {
            counters.transactionsRefused += 1
            return answer(request, .refused(code: refusal.code, reason: refusal.reason))
        }
        switch request.source {
        case .client, .own, .restored: relay(request)
        // It came while this node was a validator. Other nodes pass on for themselves.
        case .relay:
            answer(
                request, .deferred(.noMember, retrySeconds: AdmissionLimits.stoppedRetrySeconds))
        case .validator: break
        }
    }

    private mutating func relay(_ request: AdmissionRequest) {
        let site = request.source.sender.site
        let ofSite = relays.values.count { $0.request.source.sender.site == site }
        guard ofSite < AdmissionLimits.relayedPerSite else {
            return answer(request, Self.deferred(.siteBusy))
        }
        guard relays.count < AdmissionLimits.relayed else {
            return answer(request, Self.deferred(.relaysBusy))
        }
        nextRelay += 1
        let number = RelayedSubmission.newAnswer | nextRelay
        relays[number] = Relay(request: request, asked: [], deadline: now.instant)
        askNext(number)
    }

    /// Sends a relay to a validator that was not asked yet, starting at a different one each time.
    private mutating func askNext(_ number: UInt64) {
        guard let relay = relays[number] else { return }
        let validators = peers.filter { $0.value.validator != nil }.keys.sorted()
        let start = validators.isEmpty ? 0 : Int(number % UInt64(validators.count))
        let rotated = validators[start...] + validators[..<start]
        if let next = rotated.first(where: { !relay.asked.contains($0) }) {
            relays[number]?.asked.append(next)
            relays[number]?.deadline = now.instant.adding(
                milliseconds: AdmissionLimits.relayMilliseconds)
            let submission = RelayedSubmission(number: number, transaction: relay.request.entry)
            return emit(.relay(submission, to: next))
        }
        relays[number] = nil
        answer(relay.request, .deferred(.noValidator, retrySeconds: 3))
    }

    /// A submission found no room on its way: another validator is asked.
    mutating func retryRelay(_ number: UInt64, undeliveredTo key: Bytes32) {
        if relays[number]?.asked.last == key { askNext(number) }
    }

    mutating func receive(_ answer: RelayedAnswer, from key: Bytes32) {
        guard let relay = relays[answer.number], relay.asked.last == key else { return }
        if case .deferred(let deferral, _) = answer.outcome, !deferral.isOfSender,
            relay.asked.count < validators.count
        {
            return askNext(answer.number)
        }
        relays[answer.number] = nil
        self.answer(relay.request, answer.outcome)
    }

    /// Asks others in place of a validator that is gone.
    mutating func retryRelays(of key: Bytes32) {
        for number in relays.keys.sorted() where relays[number]?.asked.last == key {
            askNext(number)
        }
    }

    mutating func expireRelays() {
        for number in relays.keys.sorted() {
            if let relay = relays[number], relay.deadline <= now.instant { askNext(number) }
        }
    }
}
