import APISchema
import Codec
import Elections
import Ledger
import NodeAPI
import PeerNetwork

/// A client's transaction that this node, an observer, passes on to a validator.
struct Relay: Sendable {
    let request: AdmissionRequest
    /// The validators that were asked, the last one now.
    var asked: [Bytes32]
    /// When the present one is given up.
    var deadline: Instant
}

/// Submissions that an observer passes on.
extension ChainDriver {
    func relay(_ request: AdmissionRequest) {
        let sender = request.source.sender
        let ofSite = relays.values.count { $0.request.source.sender.site == sender.site }
        guard ofSite < NodeLimits.relayedPerSite else {
            finishRelay(
                request,
                .failure(
                    .tooMany(
                        "Too many submissions of this network are on their way through this node.",
                        retryAfterSeconds: NodeLimits.busyRetrySeconds)))
            return
        }
        guard relays.count < NodeLimits.relayed else {
            finishRelay(
                request,
                .failure(
                    .busy(
                        "Too many submissions are on their way through this node.",
                        retryAfterSeconds: NodeLimits.busyRetrySeconds)))
            return
        }
        nextRelay += 1
        relays[nextRelay] = Relay(
            request: request, asked: [], deadline: clock.now().instant)
        askNext(nextRelay)
    }

    /// Sends a relay to a validator that was not asked yet, starting at a different one each time.
    private func askNext(_ number: UInt64) {
        guard let relay = relays[number] else { return }
        let validators = peers.filter { $0.value.validator != nil }.keys.sorted()
        let start = validators.isEmpty ? 0 : Int(number % UInt64(validators.count))
        let rotated = validators[start...] + validators[..<start]
        let message = RelayedSubmission(number: number, bytes: relay.request.bytes)
        let payload = message.canonicalBytes
        for id in rotated where !relay.asked.contains(id) {
            let type = FrameType.submission.rawValue
            guard network.send(type, payload, to: id, as: .bulk) == .queued else { continue }
            relays[number]?.asked.append(id)
            relays[number]?.deadline = clock.now().instant.adding(
                milliseconds: NodeLimits.relayMilliseconds)
            return
        }
        relays[number] = nil
        finishRelay(
            relay.request,
            .failure(
                .unavailable(
                    "No validator answered this node. Send the same bytes again, or to another "
                        + "node.", retryAfterSeconds: 3)))
    }

    func receiveAnswer(_ frame: InboundFrame) throws(CodecError) {
        let answer = try RelayedAnswer(canonicalBytes: frame.payload)
        guard let relay = relays[answer.number], relay.asked.last == frame.peer else { return }
        if case .failure(let failure) = answer.result, failure.kind == .unavailable,
            relay.asked.count < validators.count
        {
            askNext(answer.number)
            return
        }
        relays[answer.number] = nil
        finishRelay(relay.request, answer.result)
    }

    /// Asks others in place of a validator that is gone.
    func retryRelays(of id: Bytes32) {
        for number in relays.keys.sorted() where relays[number]?.asked.last == id {
            askNext(number)
        }
    }

    func expireRelays(at now: LocalTime) {
        for number in relays.keys.sorted() {
            guard let relay = relays[number], relay.deadline <= now.instant else { continue }
            askNext(number)
        }
    }

    private func finishRelay(_ request: AdmissionRequest, _ result: SubmissionResult) {
        guard case .client(_, let continuation) = request.source else { return }
        continuation.resume(returning: result)
    }
}
