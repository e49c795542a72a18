import Codec
import Ledger

/// What is known of a peer.
struct SyncPeer: Sendable {
    /// The highest block it has shown to have.
    var newest: Height = .genesis
    /// It shows a final block of validators that are not known here yet.
    var isAhead = false
    /// Questions left unanswered in a row.
    var failures = 0
    var nextPoll: Instant
    /// The largest answer that is taken from it; those of which less is taken are asked later.
    let answerBytes: Int
    /// It took part in sending more blocks without a certificate of their own than we keep.
    var hasOverrun = false
}

/// A question in flight.
struct SyncRequest: Sendable {
    let peer: PeerID
    let count: UInt32
    let deadline: Instant
}

/// Blocks that a finalization vouches for.
struct VerifiedRange: Sendable {
    let blocks: [Block]
    /// The finalization of the last block itself, where it has one.
    let tip: FinalizedHeader?
    let last: Height
    let peer: PeerID
}

/// Final blocks that continue the floor and wait for one with a certificate of its own.
struct PendingBlocks: Sendable {
    private(set) var blocks: [Block] = []
    private(set) var bytes = 0
    /// Who sent them.
    private(set) var peers: Set<PeerID> = []

    mutating func append(_ block: Block, from peer: PeerID) {
        blocks.append(block)
        bytes += block.messageBytes
        peers.insert(peer)
    }

    /// Forgets what has been stored meanwhile.
    mutating func remove(upTo height: Height) {
        blocks.removeAll { $0.header.height <= height }
        bytes = blocks.reduce(0) { $0 + $1.messageBytes }
        if blocks.isEmpty { peers = [] }
    }
}

/// Asking, checking and handing on ranges (b.13).
extension SyncClient {
    /// Checks an answer as a whole: linked headers up to a finalization, then the bodies.
    mutating func take(_ range: BlockRange, from peer: PeerID) throws(SyncRejection) {
        guard let first = range.blocks.first?.header.height else { throw .emptyRange }
        guard let request = requests[first], request.peer == peer,
            range.blocks.count <= Int(request.count)
        else {
            // Late answers are honest: the question may have timed out.
            return
        }
        requests[first] = nil
        // Who always stops short of a certified block answers no better than who is silent.
        // One answer in time does not make a slow link a fast one.
        if range.headers.isEmpty { peers[peer]?.failures /= 2 }
        let headers = range.blocks.map(\.header) + range.headers
        // The last block of an epoch has a certificate of its own: it proves the next validators.
        let epoch = parameters.epoch(of: first)
        if let crossing = headers.first(where: {
            $0.epoch != epoch || parameters.epoch(of: $0.height) != epoch
        }) {
            throw .crossesEpoch(crossing.height)
        }
        for (parent, child) in zip(headers, headers.dropFirst()) {
            do throws(HeaderFault) {
                try HeaderRules.checkLink(child, to: ParentBlock(parent))
            } catch {
                throw .brokenChain(child.height)
            }
        }
        guard let certified = headers.last, let last = range.blocks.last else {
            throw .emptyRange
        }
        // Stored meanwhile; its validators may not be those of the next height any more.
        guard last.header.height > floor.height else { return }
        let finalized = FinalizedHeader(header: certified, finalization: range.finalization)
        // The set changed while the answer was on its way, or is not known yet: asked again later.
        if isOfUnknownSet(certified) {
            knownBelow = min(knownBelow, Height(first.rawValue - 1))
            return
        }
        try verify(finalized)
        for block in range.blocks where !block.bodyMatchesHeader {
            throw .wrongBody(block.header.height)
        }
        if certified.height > (target?.header.height ?? .genesis) { setTarget(finalized) }
        waiting[first] = VerifiedRange(
            blocks: range.blocks, tip: range.headers.isEmpty ? finalized : nil,
            last: last.header.height, peer: peer)
    }

    /// A peer that lacks what it claimed to have is asked for less.
    mutating func takeRefusal(
        of height: Height, from peer: PeerID, at now: Instant
    ) throws(SyncRejection) {
        guard let request = requests[height], request.peer == peer else { return }
        requests[height] = nil
        peers[peer]?.failures += 1
        peers[peer]?.newest = .genesis
        peers[peer]?.isAhead = false
    }

    /// Hands on what is complete and asks for what is missing.
    mutating func goOn(at now: Instant) -> [SyncEffect] {
        guard !hasConflict else { return [] }
        var effects: [SyncEffect] = []
        if let effect = nextDelivery() { effects.append(effect) }
        if !hasConflict { effects += nextRequests(at: now) }
        return effects
    }

    /// The next chain above the floor that ends with a certificate of its own.
    private mutating func nextDelivery() -> SyncEffect? {
        guard delivering == nil else { return nil }
        while let range = takeWaiting() {
            for block in range.blocks where block.header.height == nextHeight {
                let parent = edge?.hash ?? floor.hash
                let time = edge?.time ?? floor.time
                guard block.header.parentHash == parent, block.header.time > time else {
                    hasConflict = true
                    return range.tip.map { .conflict($0) } ?? target.map { .conflict($0) }
                }
                pending.append(block, from: range.peer)
            }
            if let tip = range.tip, pending.blocks.last?.header == tip.header {
                let chain = FinalizedChain(blocks: pending.blocks, tip: tip)
                pending = PendingBlocks()
                delivering = tip
                return .deliver(chain)
            }
            if pending.bytes > pendingLimit {
                dropPending()
                return nil
            }
        }
        return nil
    }

    /// Gives up on blocks that nothing completes, and asks others first from now on: a liar can
    /// always stop one block short of a certified one.
    private mutating func dropPending() {
        for peer in pending.peers {
            peers[peer]?.hasOverrun = true
            peers[peer]?.failures += 1
            requests = requests.filter { $0.value.peer != peer }
        }
        let overrun = pending.peers
        waiting = waiting.filter { !overrun.contains($0.value.peer) }
        pending = PendingBlocks()
    }

    /// The last block that continues the floor, or is being stored; nil for the floor itself.
    private var edge: BlockHeader? { pending.blocks.last?.header ?? delivering?.header }

    /// The height after all blocks that continue the floor.
    private var nextHeight: Height { max(edge?.height ?? .genesis, floor.height).next }

    /// Removes and gives the waiting range that contains the next height.
    private mutating func takeWaiting() -> VerifiedRange? {
        let next = nextHeight
        let found = waiting.keys.sorted().first { first in
            first <= next && (waiting[first]?.last ?? .genesis) >= next
        }
        return found.flatMap { waiting.removeValue(forKey: $0) }
    }

    /// How far to ask now: up to the target, where its validators are the ones known here; up to the
    /// end of the epoch also on the word of a peer that shows a block of others.
    private var goal: Height {
        if let edge, edge.nextValidatorsHash != validators.hash { return floor.height }
        var goal = target?.header.height ?? .genesis
        if peers.values.contains(where: { $0.isAhead }) {
            goal = max(goal, parameters.lastHeight(of: parameters.epoch(of: nextHeight)))
        }
        return min(goal, knownBelow)
    }

    /// Asks for the lowest heights that are neither here nor in flight.
    private mutating func nextRequests(at now: Instant) -> [SyncEffect] {
        var effects: [SyncEffect] = []
        var next = nextHeight
        let goal = goal
        while next <= goal, requests.count < SyncLimits.requests {
            // The lowest range is always asked for: all others wait for it.
            let isFull = requests.count + waiting.count >= SyncLimits.waitingRanges
            if isFull, next > nextHeight { break }
            if let request = requests[next] {
                next = Height(next.rawValue + UInt64(request.count))
                continue
            }
            if let range = waiting[next] {
                next = range.last.next
                continue
            }
            // Neither a range in flight nor a waiting one may be asked for twice.
            let following = (requests.keys.filter { $0 > next } + waiting.keys.filter { $0 > next })
                .min()
            // A range lies in one epoch.
            var last = min(
                goal, parameters.lastHeight(of: parameters.epoch(of: next)),
                Height(next.rawValue + UInt64(SyncLimits.blocksPerRange) - 1))
            if let following { last = min(last, Height(following.rawValue - 1)) }
            guard let peer = choosePeer(for: next) else { break }
            let count = UInt32(truncatingIfNeeded: last.rawValue - next.rawValue + 1)
            let timeout = timeout(failures: peers[peer]?.failures ?? 0, blocks: count)
            requests[next] = SyncRequest(
                peer: peer, count: count, deadline: now.adding(milliseconds: timeout))
            let bytes = UInt32(clamping: peers[peer]?.answerBytes ?? 0)
            effects.append(
                .send(.rangeRequest(from: next, count: count, bytes: bytes), to: peer))
            next = last.next
        }
        return effects
    }

    private func timeout(failures: Int, blocks: UInt32) -> UInt64 {
        var timeout = SyncLimits.timeout + SyncLimits.timeoutPerBlock * UInt64(blocks)
        for _ in 0..<min(failures, 16) {
            timeout = min(timeout + timeout / 2, SyncLimits.timeoutCap)
        }
        return timeout
    }

    /// A peer that has shown to have a height, in turn among the best of them: those that answer,
    /// with answers of any size; then those of which less is taken; then those that failed.
    private mutating func choosePeer(for height: Height) -> PeerID? {
        let able = peers.keys.sorted().filter {
            peers[$0].map { $0.isAhead || $0.newest >= height } ?? false
        }
        guard let best = able.map({ rank(of: $0) }).min() else { return nil }
        let free = able.filter { peer in
            rank(of: peer) == best
                && requests.values.count { $0.peer == peer } < SyncLimits.requestsPerPeer
        }
        // All other ranges may wait for this one: it is not asked of who left questions unanswered.
        let fewest = free.compactMap { peers[$0]?.failures }.min()
        let candidates = free.filter { peers[$0]?.failures == fewest }
        guard !candidates.isEmpty else { return nil }
        rotation = (rotation + 1) % candidates.count
        return candidates[rotation]
    }

    private func rank(of peer: PeerID) -> Int {
        guard let record = peers[peer], !record.hasOverrun, record.failures < SyncLimits.failures
        else { return 2 }
        return record.answerBytes < SyncLimits.frameBytes ? 1 : 0
    }
}
