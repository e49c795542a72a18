import APISchema
import BallotCryptography
import Codec
import CommandOptions
import Console
import Cryptography
import DocumentFiles
import Elections
import Ledger
import LedgerClient
import ReplayingClient
import Verification
import VoterStation

/// What `--json` prints of a cast ballot.
struct CastOutcome: Encodable {
    let transactionID: Bytes32
    let trackingCode: String
    let height: UInt64?
    let index: UInt64?
    let promised: Bool
    let finalityMilliseconds: Int64
    let receipt: String
    let logSize: UInt64
    let cosigners: [String]
}

/// Sends a kept ballot, and believes that it is cast when its receipt holds and not before.
struct Casting {
    let home: VoterHome
    let genesis: Genesis
    let client: NodeClient

    func cast(_ ballot: KeptBallot) async throws -> CastOutcome {
        var submission = try ProvenSubmission(client: self.client, genesis: self.genesis)
        var promised = false
        // Those of validators whom only the succession proof shows.
        var unknown: [SubmissionAnswer] = []
        let outcome: ProvenSubmission.Outcome<CheckedReceipt>
        do {
            outcome = try await submission.run(ballot.transaction) { answer, succession in
                // The first promise binds its validator to the earliest block.
                guard !promised else { return }
                promised = try self.keepPromise(answer, of: ballot, by: succession)
                if !promised { unknown.append(answer) }
            } prove: { check, receipt in
                try check.check(
                    receipt: receipt, transaction: ballot.transaction,
                    credentialKey: ballot.record.credentialKey)
            }
        } catch {
            // Where the ballot is not proved to be in the log the promise is what the voter has.
            try self.keepFirst(of: unknown, ballot, unless: promised, by: submission.succession)
            throw error
        }
        promised = try self.keepFirst(
            of: unknown, ballot, unless: promised, by: submission.succession)
        if let succession = submission.succession {
            // It is what makes the receipt hold without a network.
            try LocalFile.write(
                succession.canonicalBytes, to: self.home.successionFile, mode: .secret,
                replacing: true)
        }
        let checked = outcome.proof
        try LocalFile.write(
            outcome.receipt, to: self.home.receiptFile, mode: .secret, replacing: true)
        return CastOutcome(
            transactionID: ballot.record.transactionID,
            trackingCode: ballot.record.trackingCode, height: outcome.height,
            index: checked.index, promised: promised,
            finalityMilliseconds: outcome.finality.milliseconds, receipt: self.home.receiptFile,
            logSize: checked.logSize, cosigners: checked.cosigners.map(\.name))
    }

    /// Keeps the first promise of several that holds.
    ///
    /// - Returns: whether one is kept.
    @discardableResult
    private func keepFirst(
        of answers: [SubmissionAnswer], _ ballot: KeptBallot, unless isKept: Bool,
        by succession: SuccessionProof?
    ) throws -> Bool {
        guard !isKept else { return true }
        for answer in answers where try self.keepPromise(answer, of: ballot, by: succession) {
            return true
        }
        if answers.contains(where: { $0.promise != nil }) {
            note(
                "The node's promise is not a validator's promise of this ballot; it is not kept. The"
                    + " ballot goes on.")
        }
        return false
    }

    /// Keeps the validator's promise, after it was found to be signed, and about this ballot.
    private func keepPromise(
        _ answer: SubmissionAnswer, of ballot: KeptBallot, by succession: SuccessionProof?
    ) throws -> Bool {
        guard let text = answer.promise, let bytes = Hexadecimal.decode(text),
            let promise = try? SignedPromise(canonicalBytes: bytes)
        else { return false }
        // A proof that does not hold shows nobody: `submission` has checked it.
        let history =
            succession.flatMap {
                try? ValidatorHistory(self.genesis, proof: $0, verifier: Ed25519Verifier())
            } ?? ValidatorHistory(self.genesis)
        // 8.6: the validators of the block after the newest one that the signer knew.
        let epoch = self.genesis.parameters.epoch(of: promise.received.next)
        guard
            promise.isValid(
                in: self.genesis.domain, validators: history.term(of: epoch).validators,
                verifier: Ed25519Verifier()),
            case .ballot(let sent)? = try? Transaction(canonicalBytes: ballot.transaction),
            let outline = try? BallotOutline(sent.wire), promise.covers(outline)
        else { return false }
        try LocalFile.write(bytes, to: self.home.promiseFile, mode: .secret, replacing: true)
        return true
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        let (seconds, attoseconds) = self.components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
