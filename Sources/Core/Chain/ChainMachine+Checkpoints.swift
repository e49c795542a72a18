import BlockSync
import Codec
import Consensus
import Cosigning
import Ledger
import TransparencyLog

/// Cosigning final checkpoints, collecting the others' lines, and publishing what a quorum certifies
/// (PROTOCOL 8.2, 8.3).
extension ChainMachine {
    /// What this validator cosigns of the blocks that become final. Nothing while it catches up: the
    /// others have certified those long ago.
    func checkpointDue(in blocks: [Branch<Application>]) -> DueCheckpoint? {
        guard isMember, !isFarBehind else { return nil }
        return cosigning.due(in: blocks.map(\.block.header), after: head.time)
    }

    /// Cosigns the final log once it has rested.
    mutating func cosignRestingLog() {
        // While a floor batch is on its way, the log does not rest.
        guard cosigning.hasRested(at: now.instant), signer != nil, commitUnderWay == nil,
            !isFarBehind, head.logSize > cosigning.cosignedSize
        else { return }
        emit(.note(.cosignedSize(head.logSize)))
        cosign(DueCheckpoint(size: head.logSize, root: head.logRoot))
    }

    /// Signs a checkpoint whose size has been stored as the largest, and sends the lines to all.
    mutating func cosign(_ due: DueCheckpoint) {
        guard let signer, let lines = cosigning.sign(due, with: signer, at: now.clock) else {
            return
        }
        take(size: due.size, root: due.root, lines: lines, from: nil)
        send(lines, size: due.size, root: due.root, to: peers.keys.sorted())
        cosigning.repeatLater(at: now.instant)
    }

    /// Sends lines again that were not enough: a connection may have been down.
    mutating func repeatCosignatures() {
        guard cosigning.repeatIsDue(at: now.instant), cosigning.cosignedSize == head.logSize else {
            return
        }
        let lines = cosigning.book.lines(size: head.logSize, root: head.logRoot)
        guard !lines.isEmpty else { return }
        send(lines, size: head.logSize, root: head.logRoot, to: peers.keys.sorted())
        cosigning.repeatLater(at: now.instant)
    }

    /// Sends a new peer what it may have missed.
    mutating func sendCheckpoints(to key: Bytes32) {
        if let newest = cosigning.book.newest { send(newest, to: [key]) }
        if cosigning.cosignedSize == head.logSize {
            let lines = cosigning.book.lines(size: head.logSize, root: head.logRoot)
            send(lines, size: head.logSize, root: head.logRoot, to: [key])
        }
    }

    mutating func receive(_ message: CheckpointLines, from key: Bytes32) {
        var lines: [NoteSignature] = []
        for line in message.lines {
            guard let signature = try? NoteSignature(line: line) else {
                return refuse(key, .checkpoint("a checkpoint's signature line is malformed"))
            }
            lines.append(signature)
        }
        take(size: message.size, root: message.root, lines: lines, from: key)
    }

    private mutating func take(
        size: UInt64, root: Bytes32, lines: [NoteSignature], from key: Bytes32?
    ) {
        do throws(CheckpointConflict) {
            if let certified = try cosigning.take(size: size, root: root, lines: lines) {
                emit(.note(.checkpoint(certified)))
                // An observer may be connected to one validator alone: it gets every known line.
                send(certified, to: peers.filter { $0.value.validator == nil }.keys.sorted())
            }
        } catch {
            if let key { return refuse(key, .checkpoint(error.description)) }
            return stop(.ownCheckpointLine(error.description))
        }
        for (validator, size) in cosigning.newContradictions() {
            counters.equivocations += 1
            emit(.report(.cosignedTwice(validator: validator, size: size)))
        }
        let roots = cosigning.book.certifiedRoots(ofSize: size)
        if roots.count > 1 { return stop(.twoCheckpoints(size: size, roots: roots)) }
        publishCheckpoint()
    }

    /// Publishes the newest certified checkpoint once this node's log covers it and agrees.
    mutating func publishCheckpoint(root: (size: UInt64, root: Bytes32)? = nil) {
        switch cosigning.publish(upTo: head.logSize, root: root) {
        case .settled, .published: break
        case .unknownRoot(let size):
            guard rootUnderWay != size else { return }
            rootUnderWay = size
            emit(.readLogRoot(size: size))
        case .contradicted(let own):
            guard let certified = cosigning.book.newest?.checkpoint else { return }
            stop(
                .checkpointContradicted(
                    size: certified.size, certified: certified.root, own: own))
        }
    }

    mutating func takeRoot(_ root: Bytes32, ofSize size: UInt64) {
        if rootUnderWay == size { rootUnderWay = nil }
        publishCheckpoint(root: (size, root))
    }

    private mutating func send(_ certified: Certified, to keys: [Bytes32]) {
        send(
            [certified.logLine] + certified.cosignatures, size: certified.checkpoint.size,
            root: certified.checkpoint.root, to: keys)
    }

    private mutating func send(
        _ lines: [NoteSignature], size: UInt64, root: Bytes32, to keys: [Bytes32]
    ) {
        guard !lines.isEmpty, !keys.isEmpty else { return }
        let message = CheckpointLines(size: size, root: root, lines: lines.map(\.line))
        emit(.send(.checkpoint(message), to: keys))
    }
}
