import Codec
package import Ledger

/// The validators of a block and of the block after it, as its header names them.
package struct ValidatorSuccession: Hashable, Sendable {
    package let current: ValidatorSet
    /// Another set than `current` only in the last block of an epoch.
    package let next: ValidatorSet

    package init(current: ValidatorSet, next: ValidatorSet) {
        self.current = current
        self.next = next
    }

    /// Whether a header names these sets.
    package func matches(_ header: BlockHeader) -> Bool {
        header.validatorsHash == self.current.hash
            && header.nextValidatorsHash
                == (self.next == self.current ? header.validatorsHash : self.next.hash)
    }
}

/// The validators that a change put in, and those before them. There is no record while those of
/// genesis are in office and no change was asked for.
struct ValidatorsRecord: Hashable {
    /// The first epoch of `current`; 0 for genesis' set.
    var since = Epoch.first
    var current: ValidatorSet
    /// The set of the epoch before `since`.
    var before: ValidatorSet
    /// How many changes were asked for: the number of the last one.
    var changes: UInt32 = 0

    init(genesis: Genesis) {
        self.current = genesis.validators
        self.before = genesis.validators
    }

    /// The set of `epoch`, given that it is the present one or the one before it.
    func validators(of epoch: Epoch) -> ValidatorSet {
        epoch < self.since ? self.before : self.current
    }
}

/// A change of the validators that the commission asked for.
struct ValidatorChangeRecord: Hashable {
    let validators: ValidatorSet
    /// Bit i: member i of the new set said that it is ready.
    var ready: UInt32 = 0
    /// The first epoch of the new set; nil while it waits, and for ever if a later change was asked
    /// for before it came.
    var effective: Epoch?

    init(validators: ValidatorSet) { self.validators = validators }

    func isReady(_ index: ValidatorIndex) -> Bool {
        index.rawValue < 32 && self.ready >> UInt32(index.rawValue) & 1 == 1
    }

    mutating func setReady(_ index: ValidatorIndex) {
        self.ready |= 1 << UInt32(index.rawValue)
    }

    /// Places of the new set's members that follow the chain: they are in office already, or said
    /// that they are ready.
    func synced(present: ValidatorSet) -> [ValidatorIndex] {
        let inOffice = Set(present.validators.map(\.consensusKey))
        var synced: [ValidatorIndex] = []
        for (place, validator) in self.validators.validators.enumerated() {
            let index = ValidatorIndex(UInt16(place))
            if inOffice.contains(validator.consensusKey) || self.isReady(index) {
                synced.append(index)
            }
        }
        return synced
    }

    /// Whether a quorum of the new set follows the chain.
    func canTakeEffect(present: ValidatorSet) -> Bool {
        self.effective == nil && self.synced(present: present).count >= self.validators.quorum
    }
}

extension StateReader {
    /// The validators in office, from genesis on.
    func validatorsRecord(_ genesis: Genesis) throws(StateFault) -> ValidatorsRecord {
        try self.record(Table.validators) ?? ValidatorsRecord(genesis: genesis)
    }

    /// The sets that the header at `height` names, on the state of the block before it.
    func succession(
        at height: Height, _ genesis: Genesis
    ) throws(StateFault) -> ValidatorSuccession {
        let record = try self.validatorsRecord(genesis)
        let current = record.current
        let parameters = genesis.parameters
        // b.11: what was in the log before the epoch's last block decides.
        guard height > .genesis, height == parameters.lastHeight(of: parameters.epoch(of: height)),
            record.changes > 0
        else { return ValidatorSuccession(current: current, next: current) }
        let change = try self.required(Table.validatorChange(record.changes))
        guard change.canTakeEffect(present: current) else {
            return ValidatorSuccession(current: current, next: current)
        }
        return ValidatorSuccession(current: current, next: change.validators)
    }
}

extension ValidatorsRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        self.since.encode(to: &writer)
        self.current.encode(to: &writer)
        self.before.encode(to: &writer)
        writer.write(self.changes)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.since = try Epoch(from: &reader)
        self.current = try ValidatorSet(from: &reader)
        self.before = try ValidatorSet(from: &reader)
        self.changes = try reader.readUInt32()
    }
}

extension ValidatorChangeRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        self.validators.encode(to: &writer)
        writer.write(self.ready)
        writer.write(optional: self.effective)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.validators = try ValidatorSet(from: &reader)
        self.ready = try reader.readUInt32()
        self.effective = try reader.readOptional()
    }
}
