import Codec
package import Ledger

/// Entering views, and their timers (b.5, b.10).
extension Replica {
    /// b.5: enters the view after that of a certificate, if it is of this epoch and not behind.
    /// Views move by certificates alone, and nobody enters one who takes no part in the epoch.
    mutating func enter(after certificate: Certificate) {
        let round = certificate.subject.round
        guard index != nil, awaitedValidators == nil, round.epoch == epoch, round.view >= view
        else { return }
        enter(round.view.next, entry: certificate)
    }

    /// Enters a view of this epoch.
    mutating func enter(_ next: View, entry: Certificate?) {
        let entered = epoch
        if view > .root {
            listenedToView(since: pace.entered)
            noteLateness(at: entry)
        }
        view = next
        self.entry = entry
        metrics.viewsEntered += 1
        dropProposals(below: next)
        beginWindow()
        pace.entered = now.instant
        pace.delta = delta(in: next)
        pace.building = nil
        pace.nextAttempt = nil
        if isInactive(validators.leader(of: round)) { metrics.leadersSkipped += 1 }
        giveUpWithLeader()
        // The own NULLIFY may have completed a certificate and moved the view on.
        guard view == next, epoch == entered else { return }
        if validators.leader(of: round) == index { propose() } else { consider() }
    }

    /// Gives a view up whose leader has done so, or is silent (b.5, b.10).
    mutating func giveUpWithLeader() {
        let leader = validators.leader(of: round)
        if tallies[view]?.vote(.nullify, by: leader) != nil || isInactive(leader) { timeout() }
    }

    /// Views entered since the floor moved, k in b.5.
    func viewsSinceFloor(in view: View) -> UInt64 {
        view.rawValue > floorView.rawValue ? view.rawValue - floorView.rawValue - 1 : 0
    }

    /// Δ of a view in milliseconds: D0, or what was needed lately, times 1.2 to the power k, at most CAP.
    func delta(in view: View) -> UInt64 {
        let cap = UInt64(parameters.maximumDelayMilliseconds)
        var delta = max(UInt64(parameters.baseDelayMilliseconds), learnedDelta)
        var steps = viewsSinceFloor(in: view)
        while steps > 0, delta < cap {
            delta += max(1, delta / 5)
            steps -= 1
        }
        return min(delta, cap)
    }

    /// b.8: when a proposal is due at the latest for a follower: at once while transactions or an
    /// unfinished tail wait, else after the idle time.
    var proposalDue: Instant {
        let interval = UInt64(parameters.blockIntervalMilliseconds)
        var due = pace.entered.adding(
            milliseconds: UInt64(parameters.heartbeatMilliseconds))
        if let pendingSince {
            due = min(due, max(pace.entered, pendingSince).adding(milliseconds: interval))
        }
        if needsTail {
            due = min(due, pace.entered.adding(milliseconds: max(pace.delta, interval)))
        }
        return due
    }

    /// `t_l` before a proposal came, `t_a` after it; nil where the view was given up or finished.
    package var viewDeadline: Instant? {
        guard let record = currentRecord, record.mayNullify else { return nil }
        let count: UInt64 = proposals[view] == nil ? 2 : 3
        return proposalDue.adding(milliseconds: count * pace.delta)
    }

    /// When `advance` has something to do; nil only before the start and after a halt. It is asked after
    /// every input, so it reads a replica where it lies: nothing changes, and nothing is copied.
    package var nextDeadline: Instant? {
        mutating get { earliestDeadline }
    }

    private var earliestDeadline: Instant? {
        if case .halted = mode { return nil }
        guard view > .root else { return nil }
        var deadline = min(pace.nextStatus, pace.nextResend)
        if let ownVotesDeadline { deadline = min(deadline, ownVotesDeadline) }
        if case .quarantined(let quarantine) = mode {
            deadline = min(deadline, quarantine.nextRequest)
        }
        if let viewDeadline { deadline = min(deadline, viewDeadline) }
        if let attempt = pace.nextAttempt { deadline = min(deadline, attempt) }
        for entry in blocks.values {
            if let fetch = entry.fetch { deadline = min(deadline, fetch.next) }
        }
        return deadline == Instant(microseconds: .max) ? nil : deadline
    }

    /// Starts what is repeated while this validator takes part.
    mutating func armRegularTimers() {
        pace.nextResend = now.instant.adding(milliseconds: ConsensusDelays.resend)
        if now.instant >= pace.nextStatus || pace.nextStatus == Instant(microseconds: .max) {
            sendStatus()
        }
    }

    mutating func expireTimers() {
        guard view > .root else { return }
        if now.instant >= pace.nextStatus { sendStatus() }
        if now.instant >= pace.nextResend { resend() }
        askForOwnVotes()
        askForEntries()
        fetchAgain()
        if let attempt = pace.nextAttempt, now.instant >= attempt {
            pace.nextAttempt = nil
            propose()
            consider()
        }
        if let deadline = viewDeadline, now.instant >= deadline { timeout() }
    }

    /// `t_r`: repeats what may have been lost. Votes whose certificate is held need no repeating:
    /// who lacks it asks for the certificate.
    private mutating func resend() {
        pace.nextResend = now.instant.adding(
            milliseconds: max(ConsensusDelays.resend, pace.delta / 2))
        for own in ownVotes where isWorthResending(own.vote.subject) { send(own) }
        if let entry, entry.subject.round.epoch == epoch, entry.subject.round.view > floorView {
            emit(.send(.certificate(entry), to: .all))
        }
        if validators.leader(of: round) == index, currentRecord?.notarized != nil,
            let own = proposals[view]
        {
            emit(.send(.proposal(own.message), to: .all))
        }
        // A voter may wait for certificates that nobody sent again.
        if currentRecord?.mayNotarize == true, proposals[view] != nil { consider() }
    }

    /// Whether a certificate may still wait for an own vote. A view that was nullified needs no
    /// notarization any more: without this, thousands of failed views would be thousands of messages.
    private func isWorthResending(_ subject: VoteSubject) -> Bool {
        let view = subject.round.view
        guard subject.round.epoch == epoch, !holds(subject.kind, in: view) else { return false }
        return subject.kind != .notarize || !holds(.nullify, in: view)
    }

    /// b.10: whether a leader has been silent while a quorum, we included, has not. A local
    /// judgement: its votes count as ever.
    func isInactive(_ leader: ValidatorIndex) -> Bool {
        guard leader != index else { return false }
        let rotations = ConsensusDelays.silentRotations * UInt64(validators.count)
        let silent = { (peer: PeerRecord) in
            now.instant.milliseconds(since: peer.lastHeard) > ConsensusDelays.silence
                || view > peer.lastHeardView.adding(rotations)
        }
        guard silent(peers[Int(leader.rawValue)]) else { return false }
        let active = others.filter { !silent(peers[Int($0.rawValue)]) }.count + 1
        return active >= validators.quorum
    }

    mutating func heard(_ sender: ValidatorIndex) {
        peers[Int(sender.rawValue)].lastHeard = now.instant
        peers[Int(sender.rawValue)].lastHeardView = view
    }
}
