import BallotCryptography
import Codec
import Ledger

// Challenged encryptions (`ballot.md` 1.11).

extension BlockExecutor {
    /// Registers a tracker, so that no ballot of its credential can have it any more. It takes
    /// nothing of the quota, and says nothing of trackers of other credentials: a tracker covers
    /// the credential's key.
    mutating func spoil(
        _ transaction: SpoilTransaction, _ id: Bytes32
    ) throws(ExecutionFailure) {
        let election = try self.prepared(transaction.electionID)
        guard let prepared = election.styles[transaction.style] else {
            throw .refuse(.style, "the election has no style \(transaction.style)")
        }
        let style = prepared.window
        let record = try self.require(Table.election(election.election))
        let window = try self.require(Table.style(election.election, style.number))
        try self.requireOpen(record, window, style, election.document)
        let proof: SpoilProof
        do throws(CodecError) {
            proof = try SpoilProof(canonicalBytes: transaction.proof)
        } catch {
            throw .refuse(.length, "the spoil proof has another form")
        }
        let (key, tracker) = (proof.credentialKey, proof.tracker)
        if let last = try self.load(Table.credential(election.election, key)) {
            guard last.style == style.number else {
                throw .refuse(.style, "the credential belongs to style \(last.style)")
            }
            guard last.tracker != tracker else {
                throw .refuse(.duplicate, "the tracker is that of the ballot that was cast")
            }
        }
        let spoiled = Table.spoiled(election.election, key, tracker: tracker)
        guard try self.load(spoiled) == nil else {
            throw .refuse(.duplicate, "the tracker is spoiled already")
        }
        var count = try self.load(Table.spoils(election.election, key)) ?? SpoilCount()
        guard count.count < SpoilCount.limit else {
            throw .refuse(.rate, "a credential may spoil \(SpoilCount.limit) trackers")
        }
        try prepared.checkCertificate(transaction.certificate, of: key)
        try refusing("the spoil proof does not verify") { () throws(RefusalCode) in
            try proof.verify(electionID: transaction.electionID)
        }
        let entry = SpoiledTracker(credentialKey: key, tracker: tracker, transaction: id)
        self.state.put(id, spoiled)
        count.count += 1
        self.state.put(count, Table.spoils(election.election, key))
        let codeKey = Table.spoiledCode(election.election, TrackingCode(tracker: tracker))
        var code = try self.load(codeKey) ?? SpoiledCode()
        code.add(entry)
        self.state.put(code, codeKey)
        self.emit(
            .trackerSpoiled(
                SpoilEvent(
                    transaction: id, election: election.election, style: style.number,
                    tracker: tracker, credentialKey: key)))
    }

    /// The election with this id, its keys and rules.
    mutating func prepared(_ electionID: Bytes32) throws(ExecutionFailure) -> PreparedElection {
        try self.catalog.require(electionID, in: self.state, with: self.chain.verifiers)
    }
}
