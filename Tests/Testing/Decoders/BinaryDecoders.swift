import APISchema
import BallotCryptography
import BlockSync
import Chain
import Codec
import Consensus
import Elections
import Ledger
import PeerNetwork
import Storage
import TransparencyLog

extension Decoder {
    /// What peers and clients send.
    static let frames: [Decoder] =
        [
            Decoder("ConsensusMessage", ConsensusMessage.self),
            Decoder("SyncMessage", SyncMessage.self),
            Decoder("ExportChunk", ExportChunk.self),
            Decoder("FinalizedHeader", FinalizedHeader.self),
            Decoder("SuccessionProof", SuccessionProof.self),
        ] + FrameKinds.all.map { Decoder($0) } + TransportKinds.all.map { Decoder($0) }

    /// What is in blocks, and what is signed.
    static let ledger: [Decoder] = [
        Decoder("Genesis", Genesis.self),
        Decoder("Parameters", Parameters.self),
        Decoder("ValidatorSet", ValidatorSet.self),
        Decoder("BlockHeader", BlockHeader.self),
        Decoder("Block", Block.self),
        Decoder("SignedVote", SignedVote.self),
        Decoder("Certificate", Certificate.self),
        Decoder("ElectionDocument", ElectionDocument.self),
        Decoder("Commission", Commission.self),
        Decoder("Transaction", Transaction.self),
        Decoder("TrusteeRegistration", TrusteeRegistration.self),
        Decoder("DealerCommitment", DealerCommitment.self),
        Decoder("Dealing", Dealing.self),
        Decoder("Complaint", Complaint.self),
        Decoder("Confirmation", Confirmation.self),
        Decoder("PartialDecryption", PartialDecryption.self),
        Decoder("BallotOpening", BallotOpening.self),
        Decoder("BallotCiphertext", BallotCiphertext.self),
        Decoder("SpoilProof", SpoilProof.self),
        Decoder("BallotHeader") { bytes in
            // A header is the start of a ballot: whatever follows it is not read.
            guard (try? BallotHeader(peeking: bytes)) != nil else { return nil }
            return bytes
        },
    ]

    /// What is read from disks: a damaged one must not end a process by a trap.
    static let records: [Decoder] =
        [
            Decoder("JournalRecord", JournalRecord.self),
            Decoder("SignerState", SignerState.self),
            Decoder("FloorRecord", FloorRecord.self),
            Decoder("Frontier", Frontier.self),
            Decoder("ElectionKeys", ElectionKeys.self),
            Decoder("EncryptedTotal", EncryptedTotal.self),
            Decoder("TrusteeKeyShare", TrusteeKeyShare.self),
            Decoder("Journal") { bytes in
                // The right header before the bytes, so that frames are looked for.
                let header = Journal.header(chainID: .zero, key: .zero)
                switch Journal.replay(header + bytes, chainID: .zero, key: .zero) {
                case .intact(_, let length):
                    return length <= header.count + bytes.count ? bytes : []
                case .corrupt, .missing, .outdated: return nil
                }
            },
        ] + RecordKinds.all.map { Decoder($0) }
}
