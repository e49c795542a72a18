package import Codec
package import Ledger

/// Where the last change of the validators stands.
package struct ValidatorChangeStatus: Hashable, Sendable {
    package let number: UInt32
    package let validators: ValidatorSet
    /// Places in the new set of those that follow the chain, rising: in office now, or ready.
    package let synced: [ValidatorIndex]
    /// The first epoch of the new set; nil while it waits.
    package let effective: Epoch?

    /// How many members of the new set must follow the chain before it takes effect.
    package var quorum: Int { self.validators.quorum }
    /// Whether it takes effect after the last block of the present epoch, as things stand.
    package var takesEffectNext: Bool {
        self.effective == nil && self.synced.count >= self.quorum
    }
}

// Validators: what headers name, what is asked for, and what is known of their faults.

extension ElectionQueries {
    /// The sets that the header of the next height names.
    package func succession(_ genesis: Genesis) throws(StateFault) -> ValidatorSuccession {
        try self.state.succession(at: try self.head().height.next, genesis)
    }

    /// The set of an epoch that has begun, or of the next one once its set is in office.
    package func validators(
        of epoch: Epoch, _ genesis: Genesis
    ) throws(StateFault) -> ValidatorSet {
        var number = try self.state.validatorsRecord(genesis).changes
        while number > 0 {
            let change = try self.state.required(Table.validatorChange(number))
            if let effective = change.effective, effective <= epoch { return change.validators }
            number -= 1
        }
        return genesis.validators
    }

    /// The change of this number; the last one for nil. Nil if there is none.
    package func validatorChange(
        number: UInt32? = nil, _ genesis: Genesis
    ) throws(StateFault) -> ValidatorChangeStatus? {
        let record = try self.state.validatorsRecord(genesis)
        let number = number ?? record.changes
        guard let change = try self.state.record(Table.validatorChange(number)) else { return nil }
        return ValidatorChangeStatus(
            number: number, validators: change.validators,
            synced: change.synced(present: record.current), effective: change.effective)
    }

    /// The height of the block that holds this contradiction of the validator with this key.
    package func evidenceHeight(
        of consensusKey: Bytes32, round: Round, kind: EquivocationKind
    ) throws(StateFault) -> Height? {
        try self.state.record(Table.evidence(consensusKey, round: round, kind: kind))
    }
}
