import Admission
import BlockSync
import Codec
import Consensus
import Cosigning
package import Ledger

/// Who the validators are, and what changes with them (b.11): the set of the next height comes from
/// the state alone.
extension ChainMachine {
    /// This node's place among the present validators; nil for an observer, and for a node that is to
    /// become a validator.
    package var ownPlace: ValidatorIndex? {
        signer.flatMap { validators.index(of: $0.consensusKey) }
    }

    package var isMember: Bool { ownPlace != nil }

    /// The place of a node among the present validators.
    func place(of nodeKey: Bytes32) -> ValidatorIndex? {
        validators.validators.firstIndex { $0.nodeKey == nodeKey }
            .map { ValidatorIndex(UInt16($0)) }
    }

    /// Takes over the set that the state gives for the next height, and whom the network takes for a
    /// validator: also those that are asked to become one, so that they can catch up.
    mutating func enterValidators(_ current: ValidatorSet? = nil) {
        if let current, current != validators {
            validators = current
            for key in Array(peers.keys) {
                let place = place(of: key)
                peers[key]?.validator = place
            }
            emit(.report(.validatorsChanged(height: head.height, current, own: ownPlace)))
            guard cosigning.enter(current, from: head.logSize + 1) else {
                return stop(.unnameableValidator)
            }
        }
        var known = Set(validators.validators.map(\.nodeKey))
        if let awaitedValidators {
            known.formUnion(awaitedValidators.validators.validators.map(\.nodeKey))
            if readinessDue == nil { readinessDue = now.instant }
        } else {
            readinessDue = nil
        }
        formerValidators.formUnion(known)
        emit(.setValidators(known))
        // The replica is ahead while a final block is being executed: the state names a later set then.
        guard let replica, let awaited = replica.awaitedValidators,
            replica.status.floorHeight == head.height
        else { return }
        guard awaited == validators.hash else { return stop(.otherValidators) }
        let set = validators
        feed { $0.enterEpoch(set, at: $1) }
    }

    /// Says that this node has caught up and can become a validator, again and again until the chain
    /// holds it.
    mutating func declareReadiness() {
        guard let due = readinessDue, due <= now.instant else { return }
        readinessDue = now.instant.adding(milliseconds: ChainLimits.readinessMilliseconds)
        guard let signer, !isMember, !isFarBehind, sync.isSynchronized, !peers.isEmpty,
            let change = awaitedValidators,
            let place = change.validators.index(of: signer.consensusKey),
            !change.synced.contains(place)
        else { return }
        let ready = ValidatorReady(
            number: change.number, setHash: change.validators.hash, index: place)
        do throws(SigningFailure) {
            submitOwn(application.transaction(ready, signature: try signer.sign(ready)))
        } catch {
            stop(.notSigned(error))
        }
    }

    /// Refuses what only validators send. While the newest block is old the sender may have become one
    /// meanwhile: it is not heard, and its blocks, which show that, are not cut off.
    mutating func refuseStranger(_ key: Bytes32, _ reason: String) {
        let state = readiness
        if state.age <= state.oldest { refuse(key, .stranger(reason)) }
    }

    /// A message of agreement of a node that is no validator now. A former validator is told how its
    /// epoch ended, now and then; a future one may be ahead of us.
    mutating func receiveOutsider(_ message: ConsensusMessage, from key: Bytes32) {
        if case .status(let status) = message { peers[key]?.height = status.floorHeight.rawValue }
        counters.rejectedMessages += 1
        guard formerValidators.contains(key) else {
            return refuseStranger(key, "a vote or proposal of a node that is no validator")
        }
        guard let peer = peers[key], peer.nextOutsiderAnswer <= now.instant,
            let answer = replica?.answer(toOutsider: message)
        else { return }
        peers[key]?.nextOutsiderAnswer = now.instant.adding(
            milliseconds: ConsensusDelays.oldEpochAnswer)
        emit(.send(.consensus(answer), to: [key]))
    }
}
