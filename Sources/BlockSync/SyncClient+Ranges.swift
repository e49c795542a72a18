import Codec
import Ledger

/// What is known of a peer.
struct SyncPeer: Sendable {
    /// The highest block it has shown to have.
    var newest: Height = .genesis
    /// Questions left unanswered in a row.
    var failures = 0
    var nextPoll: Instant
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
        peers[peer]?.failures = 0
        let headers = range.blocks.map(\.header) + range.headers
        for (parent, child) in zip(headers, headers.dropFirst())
        where child.parentHash != parent.hash || child.height != parent.height.next
            || child.time <= parent.time
        {
            throw .brokenChain(child.height)
        }
        guard let certified = headers.last, let last = range.blocks.last else {
            throw .emptyRange
        }
        let finalized = FinalizedHeader(header: certified, finalization: range.finalization)
        try verify(finalized)
        for block in range.blocks where !block.bodyMatchesHeader {
            throw .wrongBody(block.header.height)
        }
        if certified.height > (target?.header.height ?? .genesis) { target = finalized }
        guard last.header.height > floor.height else { return }
        waiting[first] = VerifiedRange(
            blocks: range.blocks, tip: range.headers.isEmpty ? finalized : nil,
            last: last.header.height)
    }

    /// A peer that lacks what it claimed to have is asked for less.
    mutating func takeRefusal(
        of height: Height, from peer: PeerID, at now: Instant
    ) throws(SyncRejection) {
        guard let request = requests[height], request.peer == peer else { return }
        requests[height] = nil
        peers[peer]?.failures += 1
        peers[peer]?.newest = .genesis
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
                pending.append(block)
            }
            guard let tip = range.tip, pending.last?.header == tip.header else { continue }
            let chain = FinalizedChain(blocks: pending, tip: tip)
            pending = []
            delivering = tip
            return .deliver(chain)
        }
        return nil
    }

    /// The last block that continues the floor, or is being stored; nil for the floor itself.
    private var edge: BlockHeader? { pending.last?.header ?? delivering?.header }

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

    /// Asks for the lowest heights that are neither here nor in flight.
    private mutating func nextRequests(at now: Instant) -> [SyncEffect] {
        guard let goal = target?.header.height, goal > floor.height else { return [] }
        var effects: [SyncEffect] = []
        var next = nextHeight
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
            var last = min(
                goal, Height(next.rawValue + UInt64(SyncLimits.blocksPerRange) - 1))
            if let following { last = min(last, Height(following.rawValue - 1)) }
            guard let peer = choosePeer(for: next) else { break }
            let count = UInt32(truncatingIfNeeded: last.rawValue - next.rawValue + 1)
            let failures = UInt64(min(peers[peer]?.failures ?? 0, 16))
            let timeout = min(
                SyncLimits.timeout + SyncLimits.timeout / 2 * failures, SyncLimits.timeoutCap)
            requests[next] = SyncRequest(
                peer: peer, count: count, deadline: now.adding(milliseconds: timeout))
            effects.append(.send(.rangeRequest(from: next, count: count), to: peer))
            next = last.next
        }
        return effects
    }

    /// A peer that has shown to have a height: those that answer first, in turn.
    private mutating func choosePeer(for height: Height) -> PeerID? {
        let able = peers.keys.sorted().filter { (peers[$0]?.newest ?? .genesis) >= height }
        let answering = able.filter { (peers[$0]?.failures ?? 0) < SyncLimits.failures }
        let candidates = answering.isEmpty ? able : answering
        guard !candidates.isEmpty else { return nil }
        rotation = (rotation + 1) % candidates.count
        return candidates[rotation]
    }
}
