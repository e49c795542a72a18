import ArgumentParser
import BallotCryptography
import Codec
import CommandOptions
import Console
import Cryptography
import DocumentFiles
import Ledger
import Verification
import VoterStation

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check, offline, that a ballot is in the log.",
        discussion: """
            Needs the genesis document, the receipt and the ballot that `veche vote` kept, and no network. It \
            verifies that a quorum of the validators vouches for a log that holds exactly this ballot. It does \
            not show how you voted: nothing outside the voting device can.

            """ + ExitStatus.help)

    @Option(help: "The chain's genesis.json.")
    var genesis: String

    @Option(help: "The directory that `veche vote` wrote.")
    var home: String?

    @Option(help: "A receipt file (default: the one in --home).")
    var receipt: String?

    @Option(help: "The ballot's transaction file (default: the one in --home).")
    var ballot: String?

    @Option(
        help:
            "Who the validators of later epochs are, as `veche vote` kept it (default: in --home).")
    var succession: String?

    @Option(help: "The chain id that the commission published; refuse another genesis.")
    var chainID: String?

    @Flag(help: "Print JSON.")
    var json = false

    /// A proof has at most 4,096 steps.
    private static let successionLimit = 64 << 20

    func validate() throws {
        guard home != nil || (receipt != nil && ballot != nil) else {
            throw ValidationError("Give --home, or both --receipt and --ballot.")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let voter = home.map(VoterHome.init)
            let receiptPath = receipt ?? voter?.receiptFile ?? ""
            let ballotPath = ballot ?? voter?.ballotFile ?? ""
            var expected: Bytes32?
            if let chainID {
                guard let value = Bytes32(hexadecimal: chainID) else {
                    throw CommandFailure("--chain-id needs 64 hexadecimal digits of lower case.")
                }
                expected = value
            }
            var ownKey: Bytes32?
            if let record = voter?.recordFile, receipt == nil, LocalFile.exists(record) {
                ownKey = try JSONDocument.read(VoteRecord.self, at: record).credentialKey
            }
            var check = try ReceiptCheck(
                genesis: try JSONDocument.read(Genesis.self, at: genesis).canonicalBytes,
                expecting: expected, verifier: Ed25519Verifier())
            if let file = succession ?? voter?.successionFile,
                succession != nil || LocalFile.exists(file)
            {
                try check.learn(
                    try SuccessionProof(
                        canonicalBytes: try LocalFile.read(file, limit: Self.successionLimit)))
            }
            let result = try check.check(
                receipt: try LocalFile.read(receiptPath, limit: 64 << 10),
                transaction: try LocalFile.read(ballotPath, limit: Limits.entryBytes),
                credentialKey: ownKey)
            if json {
                let bytes = try JSONDocument.encode(CheckReport(result))
                say(String(decoding: bytes, as: UTF8.self), terminator: "")
            } else {
                for line in report(result) { say(line) }
            }
        }
    }

    private func report(_ result: CheckedReceipt) -> [String] {
        var lines: [String] = []
        if result.kind == .training { lines.append("TRAINING: votes of this chain do not count.") }
        lines += [
            "The ballot is in the log.",
            "  tracking code  \(result.trackingCode.text)",
            "  entry          \(result.index) of \(result.logSize), log root \(result.logRoot)",
            "  vouched for by \(result.cosigners.count) of \(result.validators) validators (needed:"
                + " \(result.quorum)): " + result.cosigners.map(\.name).joined(separator: ", "),
            result.isOwnBallot
                ? "  cast under your own key; number \(result.sequence) of yours"
                : "  whose ballot it is was not compared: the key is not kept here",
            "This does not show how you voted.",
        ]
        return lines
    }
}

private struct CheckReport: Encodable {
    let included = true
    let chainID: Bytes32
    let electionID: Bytes32
    let transactionID: Bytes32
    let trackingCode: String
    let index: UInt64
    let logSize: UInt64
    let logRoot: Bytes32
    let cosigners: [String]
    let quorum: Int
    let ownBallot: Bool
    let sequence: UInt32

    init(_ result: CheckedReceipt) {
        chainID = result.chainID
        electionID = result.electionID
        transactionID = result.transactionID
        trackingCode = result.trackingCode.text
        index = result.index
        logSize = result.logSize
        logRoot = result.logRoot
        cosigners = result.cosigners.map(\.name)
        quorum = result.quorum
        ownBallot = result.isOwnBallot
        sequence = result.sequence
    }
}
