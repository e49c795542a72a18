import BallotCryptography
import Codec
import Ledger

// What the commission decides: elections begin, windows move, elections are aborted.

extension BlockExecutor {
    mutating func create(
        _ approved: Approved<CreateElection>, _ id: Bytes32
    ) throws(ExecutionFailure) {
        try self.requireChain(approved.chainID)
        try self.requireApproval(
            approved, tag: .createElection, of: self.chain.genesis.commission, "chain's")
        let document = approved.body.document
        if let fault = document.faults.first {
            throw .refuse(.parameter, "the document is unusable: \(fault)")
        }
        guard document.chainID == self.chain.chainID else {
            throw .refuse(.election, "the document names another chain")
        }
        guard document.kind == self.chain.genesis.kind else {
            throw .refuse(
                .parameter, "the chain is for \(self.chain.genesis.kind.name) elections")
        }
        guard try self.load(Table.electionByName(document.name)) == nil else {
            throw .refuse(.duplicate, "an election named \(document.name) exists")
        }
        try self.requireFutureWindows(document)
        try self.requireSoundness(document)
        let election = document.hash
        let number = self.takeElectionNumber()
        var record = ElectionRecord(
            number: number, createdAt: self.height, createdTime: self.time, stage: .ceremony,
            ceremony: 0, hasCeremonyBegun: false, electionID: nil,
            closesFinally: Timestamp(milliseconds: 0),
            rollsMissing: UInt32(document.styles.count))
        for style in document.styles {
            self.state.put(StyleRecord(closes: style.closes), Table.style(election, style.number))
        }
        record.closesFinally = try self.finalClose(election, document)
        self.state.put(election, Table.electionByNumber(number))
        self.state.put(election, Table.electionByName(document.name))
        self.state.put(document, Table.document(election))
        self.emit(.electionCreated(election: election, name: document.name))
        self.raiseRoles(of: document, election)
        let participants = (1...UInt32(document.trustees.count)).map { $0 }
        try self.startCeremony(election, &record, document, participants: participants)
        self.state.put(record, Table.election(election))
    }

    mutating func extend(_ approved: Approved<ExtendWindow>) throws(ExecutionFailure) {
        let body = approved.body
        try self.requireChain(approved.chainID)
        var record = try self.election(body.election)
        let document = try self.document(body.election)
        try self.requireApproval(
            approved, tag: .extendWindow, of: document.commission, "election's")
        switch record.stage {
        case .ceremony, .prepared: break
        case .closed, .counted, .resulted, .aborted:
            throw .refuse(.phase, "the election is over")
        }
        try self.requireReason(body.reason, at: "reason")
        guard !body.styles.isEmpty, zip(body.styles, body.styles.dropFirst()).allSatisfy(<) else {
            throw .refuse(.style, "style numbers must be given and rise strictly")
        }
        for number in body.styles {
            guard var style = try self.load(Table.style(body.election, number)) else {
                throw .refuse(.style, "the election has no style \(number)")
            }
            guard self.time < style.closes else {
                throw .refuse(.phase, "style \(number) closed at \(style.closes.words)")
            }
            guard body.closes > style.closes else {
                throw .refuse(
                    .phase,
                    "style \(number) closes at \(style.closes.words); only a later time is new")
            }
            style.closes = body.closes
            self.state.put(style, Table.style(body.election, number))
        }
        record.closesFinally = try self.finalClose(body.election, document)
        self.state.put(record, Table.election(body.election))
        self.emit(
            .windowExtended(election: body.election, styles: body.styles, closes: body.closes))
    }

    mutating func abort(_ approved: Approved<AbortElection>) throws(ExecutionFailure) {
        let body = approved.body
        try self.requireChain(approved.chainID)
        var record = try self.election(body.election)
        let document = try self.document(body.election)
        try self.requireApproval(
            approved, tag: .abortElection, of: document.commission, "election's")
        switch record.stage {
        case .ceremony, .prepared, .closed: break
        case .counted, .resulted: throw .refuse(.phase, "the election has a result")
        case .aborted: throw .refuse(.phase, "the election is already aborted")
        }
        try self.requireReason(body.reason, at: "reason")
        try self.abandon(body.election, &record, reason: body.reason)
        self.state.put(record, Table.election(body.election))
    }

    /// Ends an election without a result.
    mutating func abandon(
        _ election: Bytes32, _ record: inout ElectionRecord, reason: String
    ) throws(ExecutionFailure) {
        record.stage = .aborted
        record.abortReason = reason
        try self.schedule(election, nil)
        self.emit(.electionAborted(election: election, reason: reason))
    }

    /// The first time at which no style takes ballots any more.
    func finalClose(
        _ election: Bytes32, _ document: ElectionDocument
    ) throws(ExecutionFailure) -> Timestamp {
        var last = Timestamp(milliseconds: 0)
        for style in document.styles {
            let record = try self.require(Table.style(election, style.number))
            last = max(last, record.acceptsUntil(document))
        }
        return last
    }

    func requireApproval<Body>(
        _ approved: Approved<Body>, tag: EntryTag, of commission: Commission, _ whose: String
    ) throws(ExecutionFailure) {
        guard
            approved.isApproved(
                by: commission, tag: tag, in: self.chain.domain,
                verifier: self.chain.verifiers.signatures)
        else {
            throw .refuse(
                .authorization,
                "\(commission.threshold) valid signatures of the \(whose) commission are needed")
        }
    }

    /// Whoever issues ballots and runs a node that takes them could link the two: one key or one
    /// name in both offices is for people to look at (A_ROLE). Other hidden ties nobody sees here.
    private mutating func raiseRoles(of document: ElectionDocument, _ election: Bytes32) {
        let registrar = document.registrar
        for validator in self.validators.current.validators {
            let keys = [validator.consensusKey, validator.cosigningKey, validator.nodeKey]
            guard keys.contains(registrar.key) || validator.name == registrar.name else { continue }
            self.raise(
                "A_ROLE", election, "the registrar is also the validator \(validator.name)")
        }
        for trustee in document.trustees {
            let isValidator = self.validators.current.validators.contains {
                [$0.consensusKey, $0.cosigningKey, $0.nodeKey].contains(trustee.key)
            }
            guard isValidator else { continue }
            self.raise("A_ROLE", election, "the key of \(trustee.name) is also a validator's")
        }
    }

    private func requireFutureWindows(_ document: ElectionDocument) throws(ExecutionFailure) {
        guard document.deadlines.registration > self.time else {
            throw .refuse(.phase, "the deadline of registration has passed")
        }
        for style in document.styles where style.opens <= self.time {
            throw .refuse(.phase, "style \(style.number) would have opened at \(style.opens.words)")
        }
    }

    /// Checks what the cryptography asks of a document: contest shapes, issuing keys, numbers.
    private func requireSoundness(_ document: ElectionDocument) throws(ExecutionFailure) {
        for contest in document.contests {
            _ = try refusing("contest \(contest.id) has no ballot form") {
                () throws(RefusalCode) in try contest.shape()
            }
        }
        for style in document.styles {
            var cells = 0
            for index in style.contests {
                let shape = try refusing("style \(style.number) has no ballot form") {
                    () throws(RefusalCode) in try document.contests[Int(index)].shape()
                }
                cells += shape.cellCount
            }
            // Header and end of the wire, then each contest's and each cell's part.
            let size = 109 + 5 * 32 + style.contests.count * 104 + cells * 96
            guard size <= Ledger.Limits.ballotWire else {
                throw .refuse(.parameter, "ballots of style \(style.number) would be too large")
            }
        }
        try refusing("an issuing key is unsound") { () throws(RefusalCode) in
            try IssuingKeyLint.check(moduli: document.styles.map(\.issuingKey))
        }
    }
}

extension StyleRecord {
    /// The first time at which a ballot of the style is too late: close and grace.
    func acceptsUntil(_ document: ElectionDocument) -> Timestamp {
        self.closes.adding(milliseconds: UInt64(document.graceMilliseconds))
    }

    /// Until when validators promise ballots: half of the grace before the first time that is too late,
    /// and ten seconds at most.
    func promisesUntil(_ document: ElectionDocument) -> Timestamp {
        let margin = min(UInt64(document.graceMilliseconds) / 2, 10_000)
        return self.acceptsUntil(document).subtracting(milliseconds: margin)
    }
}
