import BallotCryptography
import Codec
import Ledger

// Ballots, in the order of checks of `ballot.md` 1.9.

extension BlockExecutor {
    mutating func cast(
        _ transaction: BallotTransaction, _ id: Bytes32, _ verified: VerifiedBallot?
    ) throws(ExecutionFailure) {
        precondition(
            verified.map { $0.id == id } ?? true, "a verdict belongs to another transaction")
        // 1: length, version, election, style, contests.
        let candidate = try BallotCandidate(
            transaction, state: self.state, catalog: &self.catalog)
        let header = candidate.header
        let election = candidate.election
        // 2: phase and window.
        let record = try self.require(Table.election(election.election))
        var style = try self.require(Table.style(election.election, header.style))
        try self.requireOpen(record, style, candidate.style, election.document)
        // 3: points and scalars.
        let ballot: Ballot
        if let verified { ballot = verified.ballot } else { ballot = try candidate.decoded() }
        // 4: the credential's state, and 5: no element A twice.
        let last = try self.requireTurn(
            of: candidate, ballotID: ballot.ballotID, tracker: ballot.tracker)
        // What costs more: the certificate, then 6 and 7, the sum and the proof.
        if verified == nil {
            try candidate.checkCertificate(with: self.chain.verifiers)
            if let code = BallotVerifier.diagnose(ballot, rules: candidate.rules) {
                throw .refused(Refusal(proof: code.onLedger))
            }
        }
        if last == nil { style.cast += 1 }
        for ciphertext in ballot.ciphertexts {
            self.state.put(Present(), Table.usedElement(election.election, ciphertext.a))
        }
        try self.count(ballot, replacing: last, candidate)
        if last == nil { self.state.put(style, Table.style(election.election, header.style)) }
        self.state.put(
            CredentialRecord(
                style: header.style, sequence: header.sequence, ballotID: ballot.ballotID,
                tracker: ballot.tracker, transaction: id, ciphertexts: ballot.ciphertexts),
            Table.credential(election.election, header.credentialKey))
        self.emit(
            .ballotCast(
                BallotEvent(
                    transaction: id, election: election.election,
                    electionID: election.electionID, style: header.style,
                    tracker: ballot.tracker, ballotID: ballot.ballotID,
                    credentialKey: header.credentialKey, sequence: header.sequence)))
    }

    /// Whether the state lets the credential cast this ballot now: steps 4 and 5, cheaply.
    ///
    /// - Returns: the credential's last ballot.
    private func requireTurn(
        of candidate: BallotCandidate, ballotID: Bytes32, tracker: Bytes32
    ) throws(ExecutionFailure) -> CredentialRecord? {
        let header = candidate.header
        let election = candidate.election
        let last = try self.load(Table.credential(election.election, header.credentialKey))
        if let last {
            try Self.requireSuccessor(header, ballotID, of: last, document: election.document)
        } else {
            try Self.requireBeginning(header)
        }
        let spoiled = Table.spoiled(
            election.election, header.credentialKey, tracker: tracker)
        guard try self.load(spoiled) == nil else {
            throw .refuse(.spoiled, "the encryption was opened and can never be cast")
        }
        var used: Set<Bytes32> = []
        for ciphertext in candidate.form.ciphertexts {
            let isUsed =
                try self.load(Table.usedElement(election.election, ciphertext.a)) != nil
            guard !isUsed, used.insert(ciphertext.a).inserted else {
                throw .refuse(.duplicateA, "an encryption in the ballot was used before")
            }
        }
        if last == nil {
            let style = try self.require(Table.style(election.election, header.style))
            guard style.cast < style.issued else {
                throw .refuse(
                    .quota,
                    "\(style.issued) ballots of style \(header.style) are counted as issued "
                        + "so far, and as many were cast")
            }
        }
        return last
    }

    /// Everything that the state says of a ballot, before its points are decoded and its certificate
    /// and proof are looked at. A ballot over the issue count is refused as well, but may be worth them:
    /// it may wait if it is valid.
    mutating func screen(
        _ transaction: BallotTransaction
    ) throws(ExecutionFailure) {
        let candidate = try BallotCandidate(
            transaction, state: self.state, catalog: &self.catalog)
        let election = candidate.election
        try self.requireOpen(
            try self.require(Table.election(election.election)),
            try self.require(Table.style(election.election, candidate.header.style)),
            candidate.style, election.document)
        let form = candidate.form
        do {
            _ = try self.requireTurn(
                of: candidate, ballotID: form.ballotID, tracker: form.tracker)
        } catch {
            // The code is that of the first rule that fails: step 3 comes before the credential's state.
            _ = try candidate.decoded()
            throw error
        }
    }

    func requireOpen(
        _ record: ElectionRecord, _ style: StyleRecord, _ window: BallotStyle,
        _ document: ElectionDocument
    ) throws(ExecutionFailure) {
        switch record.stage {
        case .prepared: break
        case .ceremony: throw .refuse(.phase, "the key ceremony is not finished")
        case .closed, .counted, .resulted: throw .refuse(.phase, "the election is closed")
        case .aborted: throw .refuse(.phase, "the election is aborted")
        }
        guard style.isRollComplete else {
            throw .refuse(.phase, "the roll of style \(window.number) is not complete")
        }
        guard window.opens <= self.time else {
            throw .refuse(.phase, "style \(window.number) opens at \(window.opens.words)")
        }
        guard self.time < style.acceptsUntil(document) else {
            throw .refuse(.phase, "style \(window.number) closed at \(style.closes.words)")
        }
    }

    /// A revote: the next number, and the id of the ballot that it replaces.
    private static func requireSuccessor(
        _ header: BallotHeader, _ ballotID: Bytes32, of last: CredentialRecord,
        document: ElectionDocument
    ) throws(ExecutionFailure) {
        guard ballotID != last.ballotID else {
            throw .refuse(.duplicate, "the ballot is already cast")
        }
        // The certificate is of one style; so is every ballot of the credential.
        guard header.style == last.style else {
            throw .refuse(.style, "the credential belongs to style \(last.style)")
        }
        guard header.sequence > 1, header.sequence - 1 == last.sequence else {
            throw .refuse(
                .sequence, "ballot \(last.sequence) of this credential is the last one")
        }
        guard header.previous == last.ballotID else {
            throw .refuse(.previous, "the ballot replaces another one than the last")
        }
        guard header.sequence <= document.ballotsPerVoter else {
            throw .refuse(
                .rate, "a voter may cast \(document.ballotsPerVoter) ballots in this election")
        }
    }

    /// A credential's first ballot.
    private static func requireBeginning(_ header: BallotHeader) throws(ExecutionFailure) {
        guard header.sequence == 1 else {
            throw .refuse(.sequence, "no ballot of this credential was cast")
        }
        guard header.previous == .zero else {
            throw .refuse(.previous, "the first ballot replaces none")
        }
    }

    /// Adds a ballot to the running totals of its tally unit and takes out the one it replaces.
    private mutating func count(
        _ ballot: Ballot, replacing last: CredentialRecord?, _ candidate: BallotCandidate
    ) throws(ExecutionFailure) {
        let replaced = last?.ciphertexts ?? []
        for (place, ciphertext) in ballot.ciphertexts.enumerated() {
            let key = Table.total(
                candidate.election.election, tallyUnit: candidate.style.tallyUnit,
                contest: ciphertext.contest)
            let shape = candidate.rules.contests[place].shape
            var record = TotalRecord(total: EncryptedTotal(cellCount: shape.keyCount))
            if let touched = self.totals[key.key] {
                record = touched
            } else if let stored = try self.load(key) {
                record = stored
            }
            do throws(RefusalCode) {
                if place < replaced.count { try record.total.subtract(replaced[place]) }
                try record.total.add(ciphertext)
            } catch {
                // The ballot's points were decoded before and its shape is the contest's.
                throw .fault(StateFault("a running total does not take a ballot: \(error.name)"))
            }
            self.totals[key.key] = record
        }
    }
}
