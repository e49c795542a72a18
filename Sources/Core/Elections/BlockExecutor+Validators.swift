import BallotCryptography
import Codec
import Ledger

// Who the validators are: changes by the chain's commission, and proofs that one broke the rules.

extension BlockExecutor {
    /// How many proofs of equivocation a block may hold (PROTOCOL 7.12).
    static let evidencePerBlock = 4

    /// Asks for another set; it replaces a change that waits.
    mutating func changeValidators(
        _ approved: Approved<ChangeValidators>
    ) throws(ExecutionFailure) {
        try self.requireChain(approved.chainID)
        try self.requireApproval(
            approved, tag: .changeValidators, of: self.chain.genesis.commission, "chain's")
        let (number, validators) = (approved.body.number, approved.body.validators)
        if let fault = validators.faults(logKey: self.chain.genesis.logKey).first {
            throw .refuse(.parameter, "the set of validators is unusable: \(fault)")
        }
        var record = try self.validatorsRecord()
        guard number > 0, number - 1 == record.changes else {
            throw .refuse(
                .sequence, "\(record.changes) changes of the validators were asked for before")
        }
        try Self.requireKeptPurposes(validators, after: record.current)
        record.changes = number
        self.state.put(record, Table.validators)
        self.state.put(
            ValidatorChangeRecord(validators: validators), Table.validatorChange(number))
        self.emit(.validatorChangeAsked(number: number, setHash: validators.hash))
    }

    /// A key that votes, cosigns or speaks for a node now does nothing else in the new set.
    private static func requireKeptPurposes(
        _ next: ValidatorSet, after present: ValidatorSet
    ) throws(ExecutionFailure) {
        let purposes: [(Validator) -> Bytes32] = [
            { $0.consensusKey }, { $0.cosigningKey }, { $0.nodeKey },
        ]
        for (place, purpose) in purposes.enumerated() {
            var others: Set<Bytes32> = []
            for (other, key) in purposes.enumerated() where other != place {
                others.formUnion(present.validators.map(key))
            }
            guard next.validators.allSatisfy({ !others.contains(purpose($0)) }) else {
                throw .refuse(.parameter, "a key of the present validators has another purpose")
            }
        }
    }

    /// A new member says that it follows the chain.
    mutating func takeReadiness(_ signed: Signed<ValidatorReady>) throws(ExecutionFailure) {
        let body = signed.body
        try self.requireChain(signed.chainID)
        let record = try self.validatorsRecord()
        guard body.number > 0, body.number == record.changes else {
            throw .refuse(.phase, "change \(body.number) of the validators does not wait")
        }
        var change = try self.require(Table.validatorChange(body.number))
        guard change.effective == nil else {
            throw .refuse(.phase, "change \(body.number) of the validators has taken effect")
        }
        guard body.setHash == change.validators.hash else {
            throw .refuse(.parameter, "the change names another set of validators")
        }
        guard let validator = change.validators[body.index] else {
            throw .refuse(.authorization, "the new set has no member \(body.index.rawValue)")
        }
        try self.requireSignature(
            signed, tag: .validatorReady,
            of: Member(name: validator.name, key: validator.consensusKey))
        guard !change.synced(present: record.current).contains(body.index) else {
            throw .refuse(.duplicate, "\(validator.name) counts as ready already")
        }
        change.setReady(body.index)
        self.state.put(change, Table.validatorChange(body.number))
        self.emit(.validatorReady(number: body.number, index: body.index))
    }

    /// Two contradicting votes, once for each key, round and kind. It changes no rule: the
    /// commission decides what follows.
    mutating func takeEvidence(_ evidence: EquivocationEvidence) throws(ExecutionFailure) {
        guard self.evidenceCount < Self.evidencePerBlock else {
            throw .refuse(.rate, "a block holds \(Self.evidencePerBlock) proofs of equivocation")
        }
        let epoch = evidence.round.epoch
        let present = self.chain.genesis.parameters.epoch(of: self.height)
        guard epoch == present || epoch.next == present else {
            throw .refuse(.phase, "the votes are of epoch \(epoch.rawValue), which is not recent")
        }
        let validators = try self.validatorsRecord().validators(of: epoch)
        guard let validator = validators[evidence.signer] else {
            throw .refuse(.authorization, "the epoch has no validator \(evidence.signer.rawValue)")
        }
        let key = Table.evidence(
            validator.consensusKey, round: evidence.round, kind: evidence.kind)
        if let height = try self.load(key) {
            throw .refuse(.duplicate, "the contradiction is in block \(height.rawValue) already")
        }
        guard
            evidence.isValid(
                in: self.chain.domain, validators: validators,
                verifier: self.chain.verifiers.signatures)
        else { throw .refuse(.proof, "a vote's signature does not verify") }
        self.evidenceCount += 1
        self.state.put(self.height, key)
        self.emit(
            .equivocation(
                validator: validator.name, key: validator.consensusKey, round: evidence.round,
                kind: evidence.kind))
        self.raise(
            "A_EQUIV", nil,
            "validator \(validator.name) signed contradicting votes in view "
                + "\(evidence.round.view.rawValue) of epoch \(epoch.rawValue)")
    }

    /// Puts the next epoch's set in office, at the end of an epoch's last block.
    mutating func enterNextEpoch() throws(StateFault) {
        let succession = self.validators
        let parameters = self.chain.genesis.parameters
        let epoch = parameters.epoch(of: self.height)
        guard self.height == parameters.lastHeight(of: epoch), let number = self.decidedChange
        else { return }
        var record = try self.state.validatorsRecord(self.chain.genesis)
        record.before = succession.current
        record.current = succession.next
        record.since = epoch.next
        self.state.put(record, Table.validators)
        var change = try self.state.required(Table.validatorChange(number))
        change.effective = epoch.next
        self.state.put(change, Table.validatorChange(number))
        self.emitAtEnd(
            .validatorsChanged(
                number: number, epoch: epoch.next, setHash: succession.next.hash))
    }

    private func validatorsRecord() throws(ExecutionFailure) -> ValidatorsRecord {
        do {
            return try self.state.validatorsRecord(self.chain.genesis)
        } catch {
            throw .fault(error)
        }
    }
}
