import BlockSync
import Codec
import Cryptography
import Ledger
import Logging
import PeerNetwork
import Storage
import TransparencyLog

/// A checkpoint that is to be cosigned.
struct DueCheckpoint {
    let size: UInt64
    let root: Bytes32
}

/// Cosigning final checkpoints and collecting the others' lines (transparency.md, "Settled").
extension ChainDriver {
    static func encode(_ size: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(size)
        return writer.bytes
    }

    /// The newest of the blocks that is the first of its chain-time second: all validators thus
    /// cosign the same sizes. None while catching up: the others have certified those long ago.
    func checkpointDue(in blocks: [ExecutedBranch]) -> DueCheckpoint? {
        guard isMember, !isFarBehind else { return nil }
        var previous = head.time
        var due: DueCheckpoint?
        for branch in blocks {
            let header = branch.block.header
            if header.time.milliseconds / 1000 != previous.milliseconds / 1000 {
                due = DueCheckpoint(size: header.logSize, root: header.logRoot)
            }
            previous = header.time
        }
        guard let due, due.size > cosignedSize else { return nil }
        return due
    }

    /// Cosigns the floor once it has rested.
    func cosignRestingFloor(at now: LocalTime) throws {
        guard let restsAt, restsAt <= now.instant else { return }
        self.restsAt = nil
        guard keys.validating != nil, !isFarBehind, head.frontier.size > cosignedSize else {
            return
        }
        let due = DueCheckpoint(size: head.frontier.size, root: head.frontier.root)
        try store.putNote(NoteName.cosigned, Self.encode(due.size))
        cosign(due)
    }

    /// Signs a checkpoint whose size has been stored as the largest, and sends the lines to all.
    func cosign(_ due: DueCheckpoint) {
        guard let validating = keys.validating,
            let key = book.cosigner(withKey: validating.cosigning.publicKey, ofSize: due.size)
        else { return }
        cosignedSize = due.size
        let checkpoint = book.checkpoint(size: due.size, root: due.root)
        let seconds = clock.now().clock.milliseconds / 1000
        let lines = [
            NoteSignature.signed(checkpoint.text, as: book.logKey) { validating.log.sign($0) },
            Cosignature.signed(checkpoint, at: seconds, as: key) { validating.cosigning.sign($0) },
        ]
        take(size: due.size, root: due.root, lines: lines, from: nil)
        send(lines, size: due.size, root: due.root, to: Array(peers.keys))
        repeatAt = clock.now().instant.adding(milliseconds: NodeLimits.cosignatureRepeat)
    }

    /// Sends lines again that were not enough: a connection may have been down.
    func repeatCosignatures(at now: LocalTime) {
        guard let due = repeatAt, due <= now.instant else { return }
        repeatAt = nil
        guard cosignedSize > (book.newest?.checkpoint.size ?? 0),
            cosignedSize == head.frontier.size
        else { return }
        let lines = book.lines(size: cosignedSize, root: head.frontier.root)
        guard !lines.isEmpty else { return }
        send(lines, size: cosignedSize, root: head.frontier.root, to: Array(peers.keys))
        repeatAt = now.instant.adding(milliseconds: NodeLimits.cosignatureRepeat)
    }

    /// Sends a new peer what it may have missed.
    func sendCheckpoints(to id: Bytes32) {
        if let newest = book.newest {
            send(
                [newest.logLine] + newest.cosignatures, size: newest.checkpoint.size,
                root: newest.checkpoint.root, to: [id])
        }
        if cosignedSize == head.frontier.size {
            let lines = book.lines(size: cosignedSize, root: head.frontier.root)
            send(lines, size: cosignedSize, root: head.frontier.root, to: [id])
        }
    }

    func receiveCheckpoint(_ frame: InboundFrame) throws(CodecError) {
        let message = try CheckpointLines(canonicalBytes: frame.payload)
        var lines: [NoteSignature] = []
        for line in message.lines {
            guard let signature = try? NoteSignature(line: line) else {
                throw .invalid("a signature line is malformed")
            }
            lines.append(signature)
        }
        take(size: message.size, root: message.root, lines: lines, from: frame.peer)
    }

    private func take(
        size: UInt64, root: Bytes32, lines: [NoteSignature], from id: Bytes32?
    ) {
        do throws(CheckpointConflict) {
            if let certified = try book.take(size: size, root: root, lines: lines) {
                try certifiedNow(certified)
            }
            reportContradictions()
            let roots = book.certifiedRoots(ofSize: size)
            if roots.count > 1 {
                failForked("two checkpoints of size \(size) have a quorum each: \(roots)")
            }
            publishCheckpoint()
        } catch {
            if let id {
                refuse(id, error.description)
            } else {
                fail(NodeFailure.fork("This node's own checkpoint line: \(error.description)"))
            }
        }
    }

    private func certifiedNow(_ certified: Certified) throws(CheckpointConflict) {
        let checkpoint = certified.checkpoint
        do {
            try store.putNote(
                NoteName.checkpoint, certified.note(cosignatures: .max).bytes)
        } catch {
            fail(error)
            return
        }
        // An observer may be connected to one validator alone: it gets every line that is known.
        let observers = peers.filter { $0.value.validator == nil }.map(\.key)
        send(
            [certified.logLine] + certified.cosignatures, size: checkpoint.size,
            root: checkpoint.root, to: observers)
    }

    /// Publishes the newest certified checkpoint once this node's log covers it and agrees.
    func publishCheckpoint() {
        guard let newest = book.newest, newest.checkpoint.size <= head.frontier.size else { return }
        if newest.checkpoint.size == published?.checkpoint.size {
            if newest.checkpoint == published?.checkpoint { published = newest }
            return
        }
        do {
            let own = try TransparencyLog.root(
                size: newest.checkpoint.size, from: StoredTree(store: store))
            guard own == newest.checkpoint.root else {
                failForked(
                    "the checkpoint of size \(newest.checkpoint.size) that a quorum signed has the "
                        + "root \(newest.checkpoint.root), and this node's log has \(own)")
                return
            }
            published = newest
        } catch {
            fail(error)
        }
    }

    /// Takes up the checkpoint that was certified before a restart.
    func restoreCheckpoint() throws {
        guard let bytes = try store.note(NoteName.checkpoint) else { return }
        let note: SignedNote
        do throws(NoteError) {
            note = try SignedNote(parsing: bytes)
        } catch {
            throw NodeFailure.inconsistent("The stored checkpoint cannot be read: \(error)")
        }
        do throws(CheckpointConflict) {
            _ = try book.restore(note)
        } catch {
            throw NodeFailure.inconsistent("The stored checkpoint: \(error.description)")
        }
        publishCheckpoint()
    }

    /// Logs validators that cosigned two trees of one size, each once.
    private func reportContradictions() {
        for (validator, size) in book.equivocations {
            guard reportedCosignatures[validator, default: []].count < NodeLimits.reports,
                reportedCosignatures[validator, default: []].insert(size).inserted
            else { continue }
            counters.equivocations += 1
            logger.error(
                "A_EQUIV: a validator cosigned two different trees of one size",
                metadata: ["validator": "\(validator)", "size": "\(size)"])
        }
    }

    private func failForked(_ problem: String) {
        fail(
            NodeFailure.fork(
                "A_FORK: \(problem). More than a third of the validators are faulty. The "
                    + "certified checkpoint is in the data directory; keep it."))
    }

    private func send(
        _ lines: [NoteSignature], size: UInt64, root: Bytes32, to ids: [Bytes32]
    ) {
        guard !lines.isEmpty else { return }
        let payload = CheckpointLines(size: size, root: root, lines: lines.map(\.line))
            .canonicalBytes
        for id in ids {
            network.send(FrameType.checkpoint.rawValue, payload, to: id, as: .consensus)
        }
    }
}
