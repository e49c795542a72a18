package import Codec

/// The block that a header must follow.
package struct ParentBlock: Hashable, Sendable {
    package let height: Height
    package let hash: Bytes32
    package let time: Timestamp

    package init(height: Height, hash: Bytes32, time: Timestamp) {
        self.height = height
        self.hash = hash
        self.time = time
    }

    package init(_ header: BlockHeader) {
        self.init(height: header.height, hash: header.hash, time: header.time)
    }
}

/// The rule that a header breaks, whatever is in its block.
package enum HeaderFault: Error, Hashable, Sendable {
    case chain(Bytes32)
    case height(expected: Height)
    case parent
    case time
    case epoch
    case view
    case validators
    case nextValidators
    case proposer
    case limits
}

/// What the headers of a chain keep to (PROTOCOL 3), in one place for whoever reads them:
/// validators, nodes that catch up, auditors.
package enum HeaderRules {
    /// Checks that a header follows its parent: the next height, the parent's hash, a later time.
    package static func checkLink(
        _ header: BlockHeader, to parent: ParentBlock
    ) throws(HeaderFault) {
        guard header.height == parent.height.next else {
            throw .height(expected: parent.height.next)
        }
        guard header.parentHash == parent.hash else { throw .parent }
        guard header.time > parent.time else { throw .time }
    }

    /// Checks that a header is one of the chain, in the epoch of its height.
    package static func checkChain(
        _ header: BlockHeader, _ chainID: Bytes32, _ parameters: Parameters
    ) throws(HeaderFault) {
        guard header.chainID == chainID else { throw .chain(header.chainID) }
        guard header.epoch == parameters.epoch(of: header.height) else { throw .epoch }
    }

    /// Checks that a header's view follows its parent's.
    ///
    /// - Parameter parentEpoch: nil for genesis. The parent of an epoch's first block is named as the
    ///   root of views.
    package static func checkView(
        _ header: BlockHeader, parentEpoch: Epoch?, parentView: View
    ) throws(HeaderFault) {
        let parentView = header.epoch == parentEpoch ? parentView : .root
        guard header.parentView == parentView, header.view > parentView else { throw .view }
    }

    /// Checks that a header names the validators of its epoch, others after it only at the epoch's
    /// end, and the leader of its view.
    ///
    /// - Parameter hash: of `validators`.
    package static func checkValidators(
        _ header: BlockHeader, _ validators: ValidatorSet, hash: Bytes32, _ parameters: Parameters
    ) throws(HeaderFault) {
        guard header.validatorsHash == hash else { throw .validators }
        let isLast = header.height == parameters.lastHeight(of: header.epoch)
        guard isLast || header.nextValidatorsHash == hash else { throw .nextValidators }
        guard header.proposer == validators.leader(of: header.round) else { throw .proposer }
    }

    /// Checks that the body that a header announces is as small as genesis demands.
    package static func checkLimits(
        _ header: BlockHeader, _ parameters: Parameters
    ) throws(HeaderFault) {
        guard header.transactionCount <= parameters.maximumTransactions,
            header.bodyBytes <= parameters.maximumBodyBytes
        else { throw .limits }
    }
}

extension HeaderFault: CustomStringConvertible {
    /// In words, as they stand after "the block" or a colon.
    package var description: String {
        switch self {
        case .chain(let chainID): "it belongs to the chain \(chainID)"
        case .height(let expected): "block \(expected.rawValue) was expected here"
        case .parent: "its parent is another block"
        case .time: "its time is not after its parent's"
        case .epoch: "its epoch is not that of its height"
        case .view: "its view does not follow its parent's"
        case .validators: "it names other validators than its epoch's"
        case .nextValidators: "it changes the validators before its epoch's end"
        case .proposer: "it is not of its view's leader"
        case .limits: "it is larger than genesis allows"
        }
    }
}
