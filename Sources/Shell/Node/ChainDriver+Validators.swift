import BlockSync
import Codec
import Consensus
import Elections
import Ledger
import Logging
import PeerNetwork
import Storage
import TransparencyLog

/// Who the validators are, and what changes with them (b.11): the set of the next height comes from
/// the state alone.
extension ChainDriver {
    /// This node's place among the present validators; nil for an observer, and for who is to become
    /// one.
    var ownPlace: ValidatorIndex? {
        keys.validating.flatMap { validators.index(of: $0.consensusKey) }
    }

    var isMember: Bool { ownPlace != nil }

    /// The place of a node among the present validators.
    func place(of nodeKey: Bytes32) -> ValidatorIndex? {
        validators.validators.firstIndex { $0.nodeKey == nodeKey }
            .map { ValidatorIndex(UInt16($0)) }
    }

    /// Takes over the set that the state gives for the next height, and whom the network takes for a
    /// validator: also those who are asked to become one, so that they can catch up.
    func enterValidators() throws {
        let queries = ElectionQueries(head.state)
        let current = try queries.succession(chain.genesis).current
        if current != validators {
            validators = current
            for id in peers.keys { peers[id]?.validator = place(of: id) }
            logger.notice(
                "the validators have changed",
                metadata: [
                    "height": "\(head.height.rawValue)",
                    "validators": "\(current.validators.map(\.name))",
                    "own": "\(ownPlace.map { "\($0.rawValue)" } ?? "none")",
                ])
            guard book.enter(current, from: head.frontier.size + 1) else {
                throw NodeFailure.inconsistent("A validator's name cannot name a checkpoint key.")
            }
        }
        var known = Set(current.validators.map(\.nodeKey))
        if let change = try pendingChange() {
            known.formUnion(change.validators.validators.map(\.nodeKey))
            if readinessDue == nil { readinessDue = clock.now().instant }
        } else {
            readinessDue = nil
        }
        formerValidators.formUnion(known)
        network.setValidators(known)
        // The replica is ahead while a final block is being executed: the state names a later set then.
        guard let replica, let awaited = replica.awaitedValidators,
            replica.status.floorHeight == head.height
        else { return }
        guard awaited == current.hash else {
            throw NodeFailure.inconsistent(
                "The state names other validators than the block that ended the epoch.")
        }
        let now = clock.now()
        feed { $0.enterEpoch(current, at: now) }
    }

    private func pendingChange() throws -> ValidatorChangeStatus? {
        let change = try ElectionQueries(head.state).validatorChange(chain.genesis)
        return change.flatMap { $0.effective == nil ? $0 : nil }
    }

    /// Says that this node has caught up and can become a validator, again and again until the chain
    /// holds it.
    func declareReadiness(at now: LocalTime) {
        guard let due = readinessDue, due <= now.instant else { return }
        readinessDue = now.instant.adding(milliseconds: NodeLimits.readinessMilliseconds)
        guard let validating = keys.validating, !isMember, !isFarBehind, sync.isSynchronized,
            !peers.isEmpty
        else { return }
        do {
            guard let change = try pendingChange(),
                let place = change.validators.index(of: validating.consensusKey),
                !change.synced.contains(place)
            else { return }
            let body = ValidatorReady(
                number: change.number, setHash: change.validators.hash, index: place)
            let bytes = Transaction.validatorReady(
                Signed(
                    chainID: chain.chainID, body: body,
                    signature: try validating.signer.sign(body, in: chain.domain))
            ).canonicalBytes
            submitOwn(bytes)
        } catch {
            fail(error)
        }
    }

    /// Puts proof of a validator's contradiction on the chain (b.14).
    func keepEvidence(_ equivocation: Equivocation) {
        guard
            let evidence = EquivocationEvidence(equivocation.first, equivocation.second)
        else { return }
        submitOwn(Transaction.equivocation(evidence).canonicalBytes)
    }

    /// Refuses what only validators send. While the newest block is old the sender may have become one
    /// meanwhile: it is not heard, and its blocks, which show that, are not cut off.
    func refuseStranger(_ id: Bytes32, _ reason: String) {
        let state = readiness
        if state.age <= state.oldest { refuse(id, reason) }
    }

    /// A message of agreement of a node that is no validator now. One that was is told how its epoch
    /// ended, now and then; one that is to be may know more than we do.
    func receiveOutsiders(_ frame: InboundFrame) throws(CodecError) {
        let message = try ConsensusMessage(canonicalBytes: frame.payload)
        if case .status(let status) = message {
            peers[frame.peer]?.height = status.floorHeight.rawValue
        }
        counters.rejectedMessages += 1
        guard formerValidators.contains(frame.peer) else {
            return refuseStranger(frame.peer, "a vote or proposal of a node that is no validator")
        }
        let now = clock.now().instant
        guard peers[frame.peer].map({ $0.nextOutsiderAnswer <= now }) ?? false,
            let answer = replica?.answer(toOutsider: message)
        else { return }
        peers[frame.peer]?.nextOutsiderAnswer = now.adding(
            milliseconds: ConsensusDelays.oldEpochAnswer)
        send(answer, to: frame.peer)
    }
}
