import BallotCryptography
import Codec
import Ledger

// Ballots, in the order of checks of `ballot.md` 1.9.

extension BlockExecutor {
    /// Casts a ballot that nobody has checked.
    mutating func cast(
        _ transaction: BallotTransaction, _ id: Bytes32
    ) throws(ExecutionFailure) {
        // 1: length, version, election, style, contests.
        let prepared = try self.preparedBallot(transaction, id)
        let claim = prepared.claim
        // 2: phase and window.
        try self.requireOpen(claim.style)
        // 3: points and scalars.
        let ballot = try prepared.decoded()
        // 4: the credential's state, and 5: no element A twice.
        let last = try self.requireTurn(of: claim)
        // What costs more: the certificate, then 6 and 7, the sum and the proof.
        try self.put(try prepared.verified(ballot), replacing: last)
    }

    /// Casts a ballot of which only the state is to say whether it may be cast now.
    mutating func cast(_ ballot: VerifiedBallot) throws(ExecutionFailure) {
        try self.put(ballot, replacing: try self.requireTurn(of: ballot))
    }

    /// Whether the state lets a verified ballot be cast now: steps 1 (only whether the state holds the
    /// election), 2, 4 and 5.
    ///
    /// - Returns: the credential's last ballot.
    @discardableResult
    mutating func requireTurn(
        of ballot: VerifiedBallot
    ) throws(ExecutionFailure) -> CredentialRecord? {
        let style = ballot.style
        guard try self.holdsElection(style.election, withID: style.electionID) else {
            throw .unknownElection(style.electionID)
        }
        try self.requireOpen(style)
        return try self.requireTurn(of: ballot.claim)
    }

    /// Reads a ballot by the rules of the election that it names.
    mutating func preparedBallot(
        _ transaction: BallotTransaction, _ id: Bytes32
    ) throws(ExecutionFailure) -> PreparedBallot {
        let header = try PreparedBallot.header(of: transaction)
        let election: PreparedElection
        if let known = self.catalog.known(header.electionID),
            try self.holdsElection(known.election, withID: header.electionID)
        {
            election = known
        } else {
            election = try self.catalog.require(
                header.electionID, in: self.state, with: self.chain.verifiers)
        }
        return try PreparedBallot(transaction, id: id, header: header, of: election)
    }

    /// Whether the state has an election with this id: what is prepared may be of another branch.
    private mutating func holdsElection(
        _ election: Bytes32, withID electionID: Bytes32
    ) throws(ExecutionFailure) -> Bool {
        do throws(StateFault) {
            return try self.shared.election(election, in: self.state)?.electionID == electionID
        } catch {
            throw .fault(error)
        }
    }

    /// Records a valid ballot whose turn it is.
    private mutating func put(
        _ verified: VerifiedBallot, replacing last: CredentialRecord?
    ) throws(ExecutionFailure) {
        let (ballot, style) = (verified.ballot, verified.style)
        let (header, election) = (ballot.header, style.election)
        let ciphertexts = ballot.ciphertexts
        for ciphertext in ciphertexts {
            self.state.put(Present(), Table.usedElement(election, ciphertext.a))
        }
        try self.count(ballot, replacing: last, in: style)
        if last == nil {
            var record = try self.sharedStyle(style.name)
            record.cast += 1
            self.shared.change(record, style.name)
        }
        self.state.put(
            CredentialRecord(
                style: header.style, sequence: header.sequence, ballotID: ballot.ballotID,
                tracker: ballot.tracker, transaction: verified.id, ciphertexts: ciphertexts),
            Table.credential(election, header.credentialKey))
        self.emit(
            .ballotCast(
                BallotEvent(
                    transaction: verified.id, election: election, electionID: style.electionID,
                    style: header.style, tracker: ballot.tracker, ballotID: ballot.ballotID,
                    credentialKey: header.credentialKey, sequence: header.sequence)))
    }

    /// Whether the state lets the credential cast this ballot now: steps 4 and 5, cheaply.
    ///
    /// - Returns: the credential's last ballot.
    private mutating func requireTurn(
        of claim: BallotClaim
    ) throws(ExecutionFailure) -> CredentialRecord? {
        let (header, election) = (claim.header, claim.style.election)
        let last = try self.load(Table.credential(election, header.credentialKey))
        if let last {
            try Self.requireSuccessor(
                header, claim.ballotID, of: last, document: claim.style.document)
        } else {
            try Self.requireBeginning(header)
        }
        let spoiled = Table.spoiled(election, header.credentialKey, tracker: claim.tracker)
        guard try self.load(spoiled) == nil else {
            throw .refuse(.spoiled, "the encryption was opened and can never be cast")
        }
        var used: Set<Bytes32> = []
        for element in claim.elements {
            let isUsed = try self.load(Table.usedElement(election, element)) != nil
            guard !isUsed, used.insert(element).inserted else {
                throw .refuse(.duplicateA, "an encryption in the ballot was used before")
            }
        }
        if last == nil {
            let style = try self.sharedStyle(claim.style.name)
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
    /// and proof are looked at. A ballot over the issue count passes: it may wait if it is valid.
    ///
    /// - Returns: the ballot as far as its form goes, and why it is refused.
    mutating func screen(
        _ transaction: BallotTransaction, _ id: Bytes32
    ) throws(ExecutionFailure) -> (ballot: PreparedBallot, refusal: Refusal?) {
        let ballot = try self.preparedBallot(transaction, id)
        let claim = ballot.claim
        do throws(ExecutionFailure) {
            try self.requireOpen(claim.style)
        } catch {
            return (ballot, try error.requireRefusal())
        }
        do throws(ExecutionFailure) {
            _ = try self.requireTurn(of: claim)
            return (ballot, nil)
        } catch {
            let refusal = try error.requireRefusal()
            if refusal.code == .quota { return (ballot, nil) }
            // The code is that of the first rule that fails: step 3 comes before the credential's
            // state.
            do throws(ExecutionFailure) {
                _ = try ballot.decoded()
                return (ballot, refusal)
            } catch {
                return (ballot, try error.requireRefusal())
            }
        }
    }

    private mutating func requireOpen(_ style: PreparedStyle) throws(ExecutionFailure) {
        let record: ElectionRecord?
        do throws(StateFault) {
            record = try self.shared.election(style.election, in: self.state)
        } catch {
            throw .fault(error)
        }
        guard let record else { throw .unknownElection(style.electionID) }
        try self.requireOpen(
            record, try self.sharedStyle(style.name), style.window, style.document)
    }

    private mutating func sharedStyle(
        _ name: SharedRecords.StyleName
    ) throws(ExecutionFailure) -> StyleRecord {
        do throws(StateFault) {
            return try self.shared.style(name, in: self.state)
        } catch {
            throw .fault(error)
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
        _ ballot: Ballot, replacing last: CredentialRecord?, in style: PreparedStyle
    ) throws(ExecutionFailure) {
        let replaced = last?.ciphertexts ?? []
        for (place, contest) in style.rules.contests.enumerated() {
            let name = SharedRecords.TotalName(
                election: style.election, tallyUnit: style.window.tallyUnit,
                contest: contest.index)
            try self.shared.change(name, cells: contest.shape.keyCount, in: self.state) {
                (total) throws(RefusalCode) in
                if place < replaced.count { try total.subtract(replaced[place]) }
                try total.add(ballot, position: place)
            }
        }
    }
}

extension ExecutionFailure {
    /// Passes a fault on.
    func requireRefusal() throws(ExecutionFailure) -> Refusal {
        switch self {
        case .refused(let refusal): return refusal
        case .fault: throw self
        }
    }
}
