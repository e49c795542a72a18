import Admission
import BallotCryptography
import BlockSync
import Codec
import Consensus
import Cryptography
import DocumentFiles
import Elections
import Files
import Foundation
import Ledger
import LedgerClient
import NIOCore
import NetworkErrors
import Node
import NodeAPI
import PeerNetwork
import RemoteSigner
import Storage
import SystemErrors
import Testing
import TransparencyLog
import Verification
import VoterStation

private let hash = Bytes32.zero
private let certificate = CertificateRejection.tooFewSigners(2, quorum: 3)
private let fault = DocumentFault(path: "validators", problem: "there are too few")
private let proposal = Proposal(
    round: Round(epoch: Epoch(1), view: View(3)), parentView: View(2), blockHash: hash)

/// Errors with what they carry, each kind that reached a person raw and those that wrap others.
private let samples: [any Error] = [
    CodecError.truncated(needed: 4, left: 2), CodecError.trailingBytes(count: 1),
    CodecError.overLimit(count: 9, limit: 8), CodecError.unknownTag(3),
    CodecError.invalid("order of names"),
    certificate, CertificateRejection.unknownSigner(ValidatorIndex(9)),
    CertificateRejection.badSignature(ValidatorIndex(1)),
    FinalityRejection.badCertificate(certificate), FinalityRejection.wrongSubject,
    SuccessionRejection.notABoundary(Height(64)), SuccessionRejection.otherSet(Height(64)),
    SuccessionRejection.notFinal(Height(64), .badCertificate(certificate)),
    SuccessionRejection.unusableSet(Height(64), fault),
    MessageRejection.badFinality(.badCertificate(certificate)),
    MessageRejection.staleEpoch(Epoch(1), current: Epoch(2)),
    MessageRejection.farView(View(900), current: View(2)),
    MessageRejection.wrongEntry(Round(epoch: Epoch(1), view: View(3))),
    MessageRejection.wrongContent(hash),
    MessageRejection.proposal(
        .notSignedByLeader(ValidatorIndex(1), leader: ValidatorIndex(2))),
    SignerRefusal.lowerRound(
        Round(epoch: Epoch(1), view: View(3)), signed: Round(epoch: Epoch(1), view: View(4))),
    SignerRefusal.contradicts(
        .finalize(proposal), signed: SignerRecord(round: proposal.round, nullified: true)),
    SigningFailure.unavailable("The signer does not answer."),
    SyncRejection.badFinality(.badCertificate(certificate)),
    SyncRejection.brokenChain(Height(7)), SyncRejection.crossesEpoch(Height(64)),
    NoteError.noKnownKey, CheckpointError.wrongOrigin, ProofError.wrongRoot,
    CertificationError.tooFewCosignatures(count: 2), CertificationError.checkpoint(.wrongSize),
    LogProofError.proof(.wrongRoot), LogProofError.certification(.note(.noSignatures)),
    ReceiptError.proof(.proof(.wrongLength)), ReceiptError.otherTransaction(hash),
    PolicyError(line: 2, reason: .wrongKey(.unknownType(6))), VerifierKeyError.wrongID,
    TileContentError.wrongCount, TilePathError.malformed, WitnessRefusal.conflict(recorded: 5),
    TileReadError<CodecError>.source(.unknownTag(3)), TreeReadError<CodecError>.outsideOfTree,
    ReceiptRejection.proof(.proof(.wrongRoot)), ReceiptRejection.notABallot(.unknownTag(3)),
    GenesisRejection.form(.truncated(needed: 4, left: 2)), GenesisRejection.faults([fault]),
    VotingKeysRejection.tooFewConfirmations(1, needed: 3),
    RefusalCode.linkA, TallyError.outOfRange(cell: 3), ChoiceError.tooMany(3, maximum: 1),
    ExecutionFailure.refused(Refusal(.phase, "the style is not open yet")),
    BlindIssuingError.keyRefused,
    PassphraseError.costOutOfBounds(passes: 1, kibibytes: 2), OpeningRejection.refused(.proof),
    PeerNetworkError.cannotListen(
        PeerEndpoint(host: "127.0.0.1", port: 1),
        reason: NetworkError.reason(IOError(errnoCode: EADDRINUSE, reason: "bind(descriptor:)"))),
    MempoolRefusal.otherBallotWaits(hash),
    CheckRefusal.suspect(seconds: 3), ServiceFailure.notFound("No such block."),
    DiskFailure.system(operation: "open", path: "/data", code: EACCES),
    LockFile.Refusal.taken(process: 7), StorageError.disk(.missing(directory: "/data")),
    SignerConnectionFailure.unreachable(
        path: "/run/signer",
        reason: NetworkError.reason(IOError(errnoCode: ENOENT, reason: "connect"))),
    FileFailure.unreadable(path: "/x", reason: SystemError.reason(CocoaError(.fileReadUnknown))),
    ClientError.timedOut(waitingFor: "the receipt"),
]

/// What a person reads of an error. `TidyTests.everyErrorHasADescription` sees that every type has a
/// description; here, that none is Swift's own text of a value.
struct ErrorWordsTests {
    @Test(arguments: samples.map { "\($0)" })
    func noErrorShowsSwiftValues(text: String) throws {
        #expect(text.count >= 6)
        #expect(!text.contains("rawValue"))
        #expect(!text.contains("errno"))
        #expect(!text.contains(".swift"))
        #expect(!text.contains("Optional("))
        // A case with its values, as in `tooFewSigners(2, quorum: 3)`.
        #expect(text.firstMatch(of: /\w\(/) == nil)
        // A type with its module, as in `Ledger.Height`.
        #expect(text.firstMatch(of: /\b[A-Z]\w+\.[A-Z]\w+/) == nil)
        // A case alone, as in `wrongRoot`.
        #expect(text.firstMatch(of: /^[a-z]+[A-Z]\w*$/) == nil)
    }

    @Test func quantitiesAreNumbers() {
        #expect("\(Height(64)), \(View(3)), \(ValidatorIndex(1))" == "64, 3, 1")
        #expect("\(Round(epoch: Epoch(1), view: View(3)))" == "epoch 1, view 3")
    }

    @Test(arguments: [
        (ECONNREFUSED, "nothing listens there"), (EHOSTUNREACH, "no way leads to that host"),
        (ETIMEDOUT, "no answer came in time"), (EADDRINUSE, "another program uses this port"),
        (ENOSPC, "no space is left"), (EACCES, "no permission"), (EMFILE, "too many files"),
    ])
    func refusalsOfTheSystemAreWords(code: Int32, words: String) {
        #expect(SystemError.reason(code).contains(words))
        #expect(NetworkError.reason(IOError(errnoCode: code, reason: "x")).contains(words))
        #expect(
            SystemError.reason(NSError(domain: NSPOSIXErrorDomain, code: Int(code)))
                .contains(words))
    }

    @Test func errorsOfFoundationAndNIOAreWords() throws {
        let missing = #expect(throws: (any Error).self) {
            try Data(contentsOf: URL(fileURLWithPath: "/no/such/file"))
        }
        #expect(try SystemError.reason(#require(missing)) == "it does not exist")
        let directory = #expect(throws: (any Error).self) {
            try Data([1]).write(to: URL(fileURLWithPath: "/proc/no-such-directory/file"))
        }
        #expect(try SystemError.reason(#require(directory)) == "it does not exist")
        #expect(NetworkError.reason(ChannelError.connectTimeout(.seconds(1))).contains("in time"))
        #expect(NetworkError.reason(ChannelError.alreadyClosed) == "the connection is closed")
        // A foreign one that says nothing.
        struct Silent: Error { let code = 1 }
        #expect(NetworkError.reason(Silent()) == "an unexpected failure")
        // Our own say their own words.
        #expect(NetworkError.reason(ProofError.wrongRoot) == "\(ProofError.wrongRoot)")
    }
}
