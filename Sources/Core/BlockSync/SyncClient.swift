// BlockSync: catching up by ranges of final blocks, for observers and for validators that fell
// behind, and the side that serves it. A state machine: it holds no clock, socket or store. What it
// hands on is verified; what a peer merely claims moves nothing.

package import Codec
package import Ledger

/// A peer as the driver numbers its connections.
package struct PeerID: Hashable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// Why a peer is not asked any more: an honest one cannot send this.
package enum SyncRejection: Error, Hashable, Sendable {
    case badFinality(FinalityRejection)
    /// An answer that nobody asked for, or to another question.
    case notRequested
    case emptyRange
    /// The blocks do not follow each other up to the certificate.
    case brokenChain(Height)
    /// A body that its header does not commit to.
    case wrongBody(Height)
    /// A request where only answers are taken.
    case unexpectedRequest
    /// A range that goes on after the last block of an epoch.
    case crossesEpoch(Height)
}

/// What must happen now, in order.
package enum SyncEffect: Equatable, Sendable {
    case send(SyncMessage, to: PeerID)
    /// Execute and store; the next chain comes after `floorAdvanced`.
    case deliver(FinalizedChain)
    case disconnect(PeerID, SyncRejection)
    /// A verified finalization that does not continue our chain: more than f validators are faulty,
    /// or our chain is not theirs. Stop and keep everything.
    case conflict(FinalizedHeader)
}

/// The side that catches up.
package struct SyncClient<Verifier: SignatureVerifier>: Sendable {
    let domain: SigningDomain
    /// The set of the height after the floor.
    package internal(set) var validators: ValidatorSet
    let parameters: Parameters
    let verifier: Verifier

    /// What the driver has executed and stored.
    package internal(set) var floor: Floor
    /// The highest final block that was verified: how far to go. Never a claimed number.
    package internal(set) var target: FinalizedHeader?

    var peers: [PeerID: SyncPeer] = [:]
    /// Questions in flight by the first height asked for.
    var requests: [Height: SyncRequest] = [:]
    /// Verified ranges that wait for an earlier one, by first height.
    var waiting: [Height: VerifiedRange] = [:]
    /// Blocks that continue the floor and wait for one with a certificate of its own.
    var pending = PendingBlocks()
    /// How many bytes of them are kept.
    let pendingLimit: Int
    /// Bytes of verified blocks that wait for a certificate, for an operator.
    package var pendingBytes: Int { pending.bytes }
    /// The end of the chain that the driver is executing.
    var delivering: FinalizedHeader?
    /// Heights above it were seen to have validators that are not known yet.
    var knownBelow = Height(.max)
    /// Where the search for the next peer goes on.
    var rotation = 0
    var hasConflict = false

    /// A client that goes on from `floor`, with the validators of the height after it.
    package init(
        domain: SigningDomain, validators: ValidatorSet, parameters: Parameters,
        verifier: Verifier, floor: Floor, pendingLimit: Int = SyncLimits.pendingBytes
    ) {
        self.pendingLimit = pendingLimit
        self.domain = domain
        self.validators = validators
        self.parameters = parameters
        self.verifier = verifier
        self.floor = floor
    }

    package init(
        genesis: Genesis, verifier: Verifier, floor: Floor,
        pendingLimit: Int = SyncLimits.pendingBytes
    ) {
        self.init(
            domain: genesis.domain, validators: genesis.validators,
            parameters: genesis.parameters, verifier: verifier, floor: floor,
            pendingLimit: pendingLimit)
    }

    /// Whether everything that is known to be final has been stored.
    package var isSynchronized: Bool {
        (target?.header.height ?? .genesis) <= floor.height
    }

    /// Takes up a peer and asks it for its newest block.
    ///
    /// - Parameter answerBytes: the largest message that the network takes from this peer. It is
    ///   asked for no more, and only where no peer with a whole frame's worth can be asked.
    package mutating func connected(
        _ peer: PeerID, answerBytes: Int = SyncLimits.frameBytes, at now: Instant
    ) -> [SyncEffect] {
        peers[peer] = SyncPeer(
            nextPoll: now.adding(milliseconds: SyncLimits.poll), answerBytes: answerBytes)
        return [.send(.newestRequest, to: peer)] + goOn(at: now)
    }

    /// Forgets a peer; what it was asked is asked of another.
    package mutating func disconnected(_ peer: PeerID, at now: Instant) -> [SyncEffect] {
        peers[peer] = nil
        requests = requests.filter { $0.value.peer != peer }
        return goOn(at: now)
    }

    /// Takes an answer of a connected peer.
    ///
    /// - Throws: why no honest peer can have sent it. The peer is forgotten: disconnect it.
    package mutating func receive(
        _ message: SyncMessage, from peer: PeerID, at now: Instant
    ) throws(SyncRejection) -> [SyncEffect] {
        guard peers[peer] != nil, !hasConflict else { return [] }
        do throws(SyncRejection) {
            switch message {
            case .newestRequest, .rangeRequest:
                throw .unexpectedRequest
            case .newest(let finalized):
                if let finalized { try note(finalized, from: peer) }
            case .unavailable(let height):
                try takeRefusal(of: height, from: peer, at: now)
            case .range(let range):
                try take(range, from: peer)
            }
        } catch {
            // Its other questions go to other peers at the next step; no effect is lost by throwing,
            // because the timers ask again.
            peers[peer] = nil
            requests = requests.filter { $0.value.peer != peer }
            throw error
        }
        return goOn(at: now)
    }

    /// Takes a target that was verified elsewhere.
    package mutating func target(_ finalized: FinalizedHeader, at now: Instant) -> [SyncEffect] {
        guard finalized.header.height > (target?.header.height ?? .genesis) else { return [] }
        setTarget(finalized)
        let isKnownToPeer = peers.values.contains { $0.newest >= finalized.header.height }
        var effects: [SyncEffect] = []
        if !isKnownToPeer {
            for peer in peers.keys.sorted() { effects.append(.send(.newestRequest, to: peer)) }
        }
        return effects + goOn(at: now)
    }

    /// Notes that everything up to `floor` is stored, whoever delivered it.
    ///
    /// - Parameter validators: the set of the next height as the executed chain has it; nil where
    ///   it is the one of before.
    package mutating func floorAdvanced(
        to floor: Floor, validators next: ValidatorSet? = nil, at now: Instant
    ) -> [SyncEffect] {
        guard floor.height > self.floor.height else { return [] }
        let epoch = parameters.epoch(of: self.floor.height.next)
        if parameters.epoch(of: floor.height.next) != epoch { knownBelow = Height(.max) }
        self.floor = floor
        if let next, next != validators {
            validators = next
            // What was shown by a set that was not known yet is asked for once more.
            for peer in peers.keys where peers[peer]?.isAhead == true {
                peers[peer]?.nextPoll = now
            }
        }
        if let tip = delivering?.header, tip.height <= floor.height { delivering = nil }
        pending.remove(upTo: floor.height)
        waiting = waiting.filter { $0.value.last > floor.height }
        return goOn(at: now)
    }

    /// Gives up on answers that are overdue and asks for news.
    package mutating func advance(to now: Instant) -> [SyncEffect] {
        var effects: [SyncEffect] = []
        for height in requests.keys.sorted() {
            guard let request = requests[height], request.deadline <= now else { continue }
            requests[height] = nil
            peers[request.peer]?.failures += 1
        }
        for peer in peers.keys.sorted() {
            guard let record = peers[peer], record.nextPoll <= now else { continue }
            peers[peer]?.nextPoll = now.adding(milliseconds: SyncLimits.poll)
            effects.append(.send(.newestRequest, to: peer))
        }
        return effects + goOn(at: now)
    }

    /// When `advance` has something to do; nil without peers.
    package var nextDeadline: Instant? {
        var next: Instant?
        for peer in peers.values where next.map({ peer.nextPoll < $0 }) ?? true {
            next = peer.nextPoll
        }
        for request in requests.values where next.map({ request.deadline < $0 }) ?? true {
            next = request.deadline
        }
        return next
    }

    /// Takes a verified target. What was asked only on the word of a peer that claims to be ahead is
    /// asked again of those who have shown it.
    mutating func setTarget(_ finalized: FinalizedHeader) {
        target = finalized
        requests = requests.filter { first, request in
            first > finalized.header.height || (peers[request.peer]?.newest ?? .genesis) >= first
        }
    }

    private mutating func note(
        _ finalized: FinalizedHeader, from peer: PeerID
    ) throws(SyncRejection) {
        let height = finalized.header.height
        if isOfUnknownSet(finalized.header) {
            // It cannot be judged yet, and moves no target: this peer alone is asked for more of our
            // epoch, whose last block names the next set.
            peers[peer]?.isAhead = true
            return
        }
        peers[peer]?.isAhead = false
        if height > (target?.header.height ?? .genesis), height > floor.height {
            try verify(finalized)
            setTarget(finalized)
        }
        // Only a height that is known to exist is asked of this peer.
        if height <= max(target?.header.height ?? .genesis, floor.height) {
            peers[peer]?.newest = height
        }
    }

    /// Whether a header is of a later epoch with other validators than those known here.
    func isOfUnknownSet(_ header: BlockHeader) -> Bool {
        header.height > parameters.lastHeight(of: parameters.epoch(of: floor.height.next))
            && header.validatorsHash != validators.hash
    }

    func verify(_ finalized: FinalizedHeader) throws(SyncRejection) {
        do throws(FinalityRejection) {
            try finalized.verify(
                in: domain, validators: validators, parameters: parameters, verifier: verifier)
        } catch {
            throw .badFinality(error)
        }
    }
}
