import Codec
import Ledger

extension BlockHeader {
    /// A header of zeros.
    static let test = BlockHeader(
        chainID: .zero, epoch: Epoch(0), height: Height(1), view: View(1), parentView: View(0),
        parentHash: .zero, time: Timestamp(milliseconds: 1), proposer: ValidatorIndex(0),
        transactionCount: 0, bodyBytes: 0, bodyRoot: .zero, logSize: 1, logRoot: .zero,
        stateDigestAfterParent: .zero, validatorsHash: .zero, nextValidatorsHash: .zero)
}

extension FinalizedHeader {
    /// A final block by nobody's signatures.
    static func test() throws -> FinalizedHeader {
        let round = Round(epoch: Epoch(0), view: View(1))
        let proposal = Proposal(
            round: round, parentView: View(0), blockHash: BlockHeader.test.hash)
        guard let certificate = Certificate(subject: .finalize(proposal), signatures: []) else {
            throw CodecError.invalid("no signer is in order")
        }
        return FinalizedHeader(header: .test, finalization: certificate)
    }
}
