package import Codec
package import Ledger

/// The validators of one epoch: `GET /v1/validators?epoch=N`.
package struct ValidatorsView: Codable, Hashable, Sendable {
    package let epoch: UInt64
    /// What block headers of the epoch name.
    package let setHash: Bytes32
    /// How many of them make a certificate.
    package let quorum: Int
    /// In the order that gives them their index.
    package let validators: [Validator]
    /// The set that was asked for and is not in office yet; nil without one.
    package let pending: PendingValidators?

    package init(
        epoch: UInt64, setHash: Bytes32, quorum: Int, validators: [Validator],
        pending: PendingValidators? = nil
    ) {
        self.epoch = epoch
        self.setHash = setHash
        self.quorum = quorum
        self.validators = validators
        self.pending = pending
    }
}

/// A change of validators that waits for its epoch.
package struct PendingValidators: Codable, Hashable, Sendable {
    package let number: UInt32
    package let setHash: Bytes32
    package let validators: [Validator]
    /// Places in the new set of those that follow the chain.
    package let ready: [Int]
    /// How many of them must, before the set takes office at an epoch's end.
    package let needed: Int

    package init(
        number: UInt32, setHash: Bytes32, validators: [Validator], ready: [Int], needed: Int
    ) {
        self.number = number
        self.setHash = setHash
        self.validators = validators
        self.ready = ready
        self.needed = needed
    }
}
