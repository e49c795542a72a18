import BallotCryptography
package import Codec
package import Ledger

/// A block's effect on the state.
package struct ExecutedBlock: Sendable {
    package let height: Height
    package let time: Timestamp
    /// One atomic write: records, and nodes of the digest's tree.
    package let changes: StateChanges
    /// The digest after this block, which a child's header carries.
    package let stateDigest: Bytes32
    package let transactionCount: Int
    /// In the order in which they happened.
    package let events: [ElectionEvent]
    /// To be passed on to the next block's executor.
    package let catalog: ElectionCatalog
}

/// Executes one block: first what the passing of time does, then each transaction on the state that
/// the one before it left.
package struct BlockExecutor {
    let chain: ChainContext
    package let height: Height
    package let time: Timestamp
    private let parent: any StateReader
    var state: StateOverlay
    var catalog: ElectionCatalog
    /// Records that ballots share, decoded.
    var shared = SharedRecords()
    /// The sets of this height and of the next one; headers that name others are invalid.
    package let validators: ValidatorSuccession
    /// The number of the change that takes effect after this block.
    let decidedChange: UInt32?
    /// Proofs of equivocation in this block so far.
    var evidenceCount = 0
    private var head: ChainHead
    private var events: [ElectionEvent] = []
    private var stagedEvents: [ElectionEvent] = []
    private var transactionCount = 0

    /// Begins a block on the state after its parent: ends steps whose deadline has passed, closes
    /// elections, fixes results.
    ///
    /// `parentHash` enters the result protocol of an election whose counts the parent completed.
    /// - Throws: `StateFault` also if `parent` is not the state of the height below, or its time is
    ///   not before `time`; the header's rules are the caller's.
    package init(
        chain: ChainContext, parent: any StateReader, catalog: ElectionCatalog,
        height: Height, time: Timestamp, parentHash: Bytes32
    ) throws(StateFault) {
        self.chain = chain
        self.parent = parent
        self.height = height
        self.time = time
        self.catalog = catalog
        self.state = StateOverlay(over: parent)
        let before = try self.state.required(Table.head)
        guard before.height.next == height, before.time < time else {
            throw StateFault(
                "block \(height.rawValue) of \(time) does not follow the state of block "
                    + "\(before.height.rawValue) of \(before.time)")
        }
        self.validators = try self.state.succession(at: height, chain.genesis)
        self.decidedChange =
            self.validators.next == self.validators.current
            ? nil : try self.state.validatorsRecord(chain.genesis).changes
        self.head = ChainHead(
            height: height, time: time, elections: before.elections,
            transactions: before.transactions)
        do {
            try self.passTime(parentHash: parentHash)
        } catch {
            throw error.asFault
        }
        self.keep()
    }

    /// Applies a transaction, or refuses it and leaves everything as it was.
    ///
    /// - Parameter verified: what `BallotCheck` made of the entry, which is then not decoded again;
    ///   without it a ballot's certificate and proof are checked here.
    package mutating func apply(
        _ entry: Entry, verified: VerifiedBallot? = nil
    ) throws(ExecutionFailure) {
        precondition(
            verified.map { $0.id == entry.id } ?? true,
            "a verdict belongs to another transaction")
        let (headBefore, evidenceBefore) = (self.head, self.evidenceCount)
        if !BallotCheck.isBallot(entry.bytes) { self.writeBackShared() }
        do {
            try self.requireNew(entry.id)
            if let verified {
                try self.cast(verified)
            } else {
                try self.perform(Self.decode(entry.bytes), id: entry.id)
            }
            self.state.put(self.height, Table.transaction(entry.id))
        } catch {
            self.head = headBefore
            self.evidenceCount = evidenceBefore
            self.state.drop()
            self.stagedEvents.removeAll()
            throw error
        }
        self.head.transactions += 1
        self.transactionCount += 1
        self.keep()
    }

    /// Ends the block.
    package mutating func finish() throws(StateFault) -> ExecutedBlock {
        try self.enterNextEpoch()
        self.state.put(self.head, Table.head)
        self.shared.writeTotals(to: &self.state)
        self.writeBackShared()
        let records = self.state.changes
        let (digest, changes) = try StateDigest.after(records, to: self.parent)
        return ExecutedBlock(
            height: self.height, time: self.time, changes: changes,
            stateDigest: digest, transactionCount: self.transactionCount, events: self.events,
            catalog: self.catalog)
    }

    /// Makes the state say what the ballots so far did.
    private mutating func writeBackShared() {
        self.shared.writeBack(to: &self.state)
        self.state.keep()
    }

    /// Refuses what the chain already holds.
    func requireNew(_ id: Bytes32) throws(ExecutionFailure) {
        if let height = try self.load(Table.transaction(id)) {
            throw .refuse(
                .duplicate, "the transaction is already in block \(height.rawValue)")
        }
    }

    /// Decodes a transaction and names what is wrong with its form.
    static func decode(_ bytes: [UInt8]) throws(ExecutionFailure) -> Transaction {
        do {
            return try Transaction(canonicalBytes: bytes)
        } catch {
            switch error {
            case .truncated, .trailingBytes, .overLimit:
                throw .refuse(.length, "the transaction has a wrong length: \(error)")
            case .unknownTag:
                throw .refuse(.version, "a type or version in the transaction is unknown")
            case .invalid(let rule):
                throw .refuse(.parameter, "the transaction is malformed: \(rule.text)")
            }
        }
    }

    private mutating func perform(
        _ transaction: Transaction, id: Bytes32
    ) throws(ExecutionFailure) {
        switch transaction {
        case .createElection(let approved): try self.create(approved, id)
        case .changeValidators(let approved): try self.changeValidators(approved)
        case .validatorReady(let signed): try self.takeReadiness(signed)
        case .extendWindow(let approved): try self.extend(approved)
        case .abortElection(let approved): try self.abort(approved)
        case .ceremony(let step, let signed): try self.takeCeremonyStep(step, signed, id)
        case .roll(let signed): try self.publishRoll(signed)
        case .rollChange(let signed): try self.changeRoll(signed)
        case .issueCount(let signed): try self.countIssues(signed)
        case .issuedLeaves(let signed): try self.publishIssuedLeaves(signed)
        case .ballot(let ballot): try self.cast(ballot, id)
        case .spoil(let spoil): try self.spoil(spoil, id)
        case .partialDecryption(let signed): try self.takeShare(signed, id)
        case .protocolSignature(let signed): try self.sign(signed, id)
        case .equivocation(let evidence): try self.takeEvidence(evidence)
        }
    }

    private mutating func keep() {
        self.state.keep()
        self.events += self.stagedEvents
        self.stagedEvents.removeAll(keepingCapacity: true)
    }
}

extension BlockExecutor {
    func load<Record>(_ key: RecordKey<Record>) throws(ExecutionFailure) -> Record? {
        do {
            return try self.state.record(key)
        } catch {
            throw .fault(error)
        }
    }

    func require<Record>(_ key: RecordKey<Record>) throws(ExecutionFailure) -> Record {
        do {
            return try self.state.required(key)
        } catch {
            throw .fault(error)
        }
    }

    mutating func document(_ election: Bytes32) throws(ExecutionFailure) -> ElectionDocument {
        do {
            return try self.catalog.document(election, in: self.state)
        } catch {
            throw .fault(error)
        }
    }

    /// The election that a transaction names.
    func election(_ election: Bytes32) throws(ExecutionFailure) -> ElectionRecord {
        guard let record = try self.load(Table.election(election)) else {
            throw .refuse(.election, "no election has the document hash \(election)")
        }
        return record
    }

    /// Refuses a transaction of another chain.
    func requireChain(_ chainID: Bytes32) throws(ExecutionFailure) {
        guard chainID == self.chain.chainID else {
            throw .refuse(.election, "the transaction is for the chain \(chainID)")
        }
    }

    /// Refuses a reason or dissent that is empty, too long, or not shown as it reads.
    func requireReason(_ text: String, at path: String) throws(ExecutionFailure) {
        if let fault = DocumentFault.faults(ofReason: text, at: path).first {
            throw .refuse(.parameter, "\(fault)")
        }
    }

    /// Refuses a body that `member` did not sign.
    func requireSignature<Body>(
        _ signed: Signed<Body>, tag: EntryTag, of member: Member
    ) throws(ExecutionFailure) {
        try self.requireChain(signed.chainID)
        guard
            signed.isSigned(
                by: member.key, tag: tag, in: self.chain.domain,
                verifier: self.chain.verifiers.signatures)
        else { throw .refuse(.authorization, "it is not signed by \(member.name)") }
    }

    mutating func emit(_ event: ElectionEvent) { self.stagedEvents.append(event) }

    mutating func emitAtEnd(_ event: ElectionEvent) { self.events.append(event) }

    mutating func raise(_ name: String, _ election: Bytes32?, _ detail: String) {
        self.emit(.alarm(ElectionAlarm(name: name, election: election, detail: detail)))
    }

    /// Counts a new election and returns its number, from 0.
    mutating func takeElectionNumber() -> UInt32 {
        defer { self.head.elections += 1 }
        return self.head.elections
    }
}

extension ExecutionFailure {
    /// Where no transaction is judged, nothing can be refused.
    var asFault: StateFault {
        switch self {
        case .fault(let fault): fault
        case .refused(let refusal): StateFault("the state contradicts itself: \(refusal)")
        }
    }
}
