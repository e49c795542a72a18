internal import Ledger

extension SyncRejection: CustomStringConvertible {
    /// In words, as they stand after a colon.
    package var description: String {
        switch self {
        case .badFinality(let rejection): rejection.description
        case .notRequested: "it answers a question that nobody asked"
        case .emptyRange: "it holds no blocks"
        case .brokenChain(let height): "block \(height) does not follow from the block before it"
        case .wrongBody(let height):
            "the transactions of block \(height) are not those of its header"
        case .unexpectedRequest: "it is a question where only answers are taken"
        case .crossesEpoch(let height):
            "the blocks go on after block \(height), the last one of an epoch"
        }
    }
}
