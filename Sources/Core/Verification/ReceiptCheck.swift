// Verification: what voters, observers and auditors check, from bytes alone: receipts, certificates,
// the whole record, the tally. It trusts the genesis document and nothing else, and it knows neither
// where bytes come from nor how they are stored: no clock, network, file or random source.

package import BallotCryptography
package import Codec
package import Ledger
package import TransparencyLog

/// Why a genesis document cannot be used.
package enum GenesisRejection: Error, Equatable, Sendable {
    case form(CodecError)
    /// Rules that the document breaks, at least one.
    case faults([DocumentFault])
    /// The document is of another chain than the one asked for.
    case otherChain(Bytes32)
}

/// Why a receipt proves nothing.
package enum ReceiptRejection: Error, Equatable, Sendable {
    /// The receipt is damaged, its checkpoint is not of this chain or not signed by a quorum of its
    /// validators, or its path does not lead from the ballot to the checkpoint.
    case proof(LogProofError)
    /// The checkpoint has lines that no validator of this chain signs.
    case extensionLines
    /// The receipt does not carry a transaction id and a tracker.
    case noIdentifiers
    /// The bytes kept beside the receipt are no ballot transaction.
    case notABallot(CodecError)
    /// The transaction holds no ballot of this version.
    case malformedBallot(RefusalCode)
    /// The receipt names another transaction than the ballot kept beside it.
    case otherTransaction(Bytes32)
    /// The receipt names another tracker than the ballot has.
    case otherTracker(Bytes32)
    /// The ballot is of another voter's key: somebody handed out one receipt twice.
    case otherVoter(Bytes32)
}

extension ReceiptRejection {
    fileprivate init(_ error: ReceiptError) {
        self =
            switch error {
            case .proof(let error): .proof(error)
            case .extensionLines: .extensionLines
            case .noIdentifiers: .noIdentifiers
            case .otherTransaction(let id): .otherTransaction(id)
            case .otherTracker(let tracker): .otherTracker(tracker)
            }
    }
}

/// A validator that vouches for the log that a ballot is in.
package struct ReceiptCosigner: Hashable, Sendable {
    /// The place in the set of its epoch.
    package let validator: ValidatorIndex
    /// The validator's name.
    package let name: String
    /// When it signed, by its own clock, to the second.
    package let time: Timestamp
}

/// What a valid receipt proves.
package struct CheckedReceipt: Hashable, Sendable {
    /// Whether votes of this chain count.
    package let kind: ChainKind
    /// SHA-256 of genesis.
    package let chainID: Bytes32
    /// The log's origin.
    package let origin: String
    /// The election that the ballot names.
    package let electionID: Bytes32
    /// The number of the ballot style.
    package let style: UInt32
    /// P, under which the ballot was cast.
    package let credentialKey: Bytes32
    /// Whether P was compared with the voter's own key.
    package let isOwnBallot: Bool
    /// 1 for a voter's first ballot. A later one replaces it: ask a node for the last.
    package let sequence: UInt32
    /// What a later ballot of the voter would name as `prev`.
    package let ballotID: Bytes32
    /// The leaf hash of the transaction.
    package let transactionID: Bytes32
    /// What stands for the encrypted choices.
    package let tracker: Bytes32
    /// The tracker as the voter saw it.
    package let trackingCode: TrackingCode
    /// The place of the ballot in the log, from 0.
    package let index: UInt64
    /// How many entries the log had when the cosigners signed.
    package let logSize: UInt64
    /// The root that the cosigners signed.
    package let logRoot: Bytes32
    /// Who vouches for it, in the order of their set.
    package let cosigners: [ReceiptCosigner]
    /// How many cosigners were needed, of so many validators.
    package let quorum: Int
    /// How many validators there were.
    package let validators: Int
}

/// A transaction of any kind that a receipt shows to be in the log.
package struct IncludedTransaction: Hashable, Sendable {
    /// The leaf hash of the transaction.
    package let id: Bytes32
    /// Its place in the log, from 0.
    package let index: UInt64
    /// How many entries the log had when the cosigners signed.
    package let logSize: UInt64
    /// Who vouches for it, in the order of their set.
    package let cosigners: [ReceiptCosigner]
    /// How many cosigners were needed.
    package let quorum: Int
}

/// Checks receipts of one chain, offline.
package struct ReceiptCheck<Verifier: SignatureVerifier>: Sendable {
    /// The chain's genesis document.
    package let genesis: Genesis
    private var history: ValidatorHistory
    private let verifier: Verifier

    /// Reads the genesis document that receipts are judged by.
    ///
    /// Trust begins here: whoever chooses the document chooses the validators. A voter compares its
    /// chain id with what the commission published.
    /// - Throws: why the document is not usable, or is not the expected one.
    package init(
        genesis bytes: [UInt8], expecting chainID: Bytes32? = nil, verifier: Verifier
    ) throws(GenesisRejection) {
        self.genesis = try Genesis(checking: bytes, expecting: chainID)
        self.history = ValidatorHistory(self.genesis)
        self.verifier = verifier
        _ = try self.genesis.checkpointPolicy()
    }

    /// Learns from the file beside a receipt who the validators of later epochs are. Without it
    /// receipts are judged by those of genesis.
    /// - Throws: why it is not a proof of this chain; nothing is learned then.
    package mutating func learn(_ succession: SuccessionProof) throws(SuccessionRejection) {
        self.history = try ValidatorHistory(
            self.genesis, proof: succession, verifier: self.verifier)
    }

    /// Checks that the ballot in `transaction`, the bytes that the voter's device kept, is in the
    /// log that a quorum of the validators vouches for.
    ///
    /// - Parameter credentialKey: the voter's own P, if the device still has it.
    /// - Throws: the first reason not to believe the receipt.
    package func check(
        receipt: [UInt8], transaction: [UInt8], credentialKey: Bytes32? = nil
    ) throws(ReceiptRejection) -> CheckedReceipt {
        let outline = try Self.outline(transaction)
        let validators = self.judges(of: receipt)
        guard let policy = self.genesis.checkpointPolicy(of: validators) else {
            throw .proof(.certification(.noLogSignature))
        }
        let proven: Receipt
        do throws(ReceiptError) {
            proven = try Receipt(
                receipt, transaction: transaction, tracker: outline.tracker, policy: policy,
                with: self.verifier)
        } catch {
            throw ReceiptRejection(error)
        }
        if let credentialKey, credentialKey != outline.header.credentialKey {
            throw .otherVoter(outline.header.credentialKey)
        }
        return CheckedReceipt(
            kind: self.genesis.kind, chainID: self.genesis.chainID, origin: self.genesis.origin,
            electionID: outline.header.electionID, style: outline.header.style,
            credentialKey: outline.header.credentialKey, isOwnBallot: credentialKey != nil,
            sequence: outline.header.sequence, ballotID: outline.ballotID,
            transactionID: proven.transactionID, tracker: outline.tracker,
            trackingCode: TrackingCode(tracker: outline.tracker), index: proven.index,
            logSize: proven.certified.checkpoint.size,
            logRoot: proven.certified.checkpoint.root,
            cosigners: Self.cosigners(of: proven.certified, among: validators),
            quorum: validators.quorum, validators: validators.count)
    }

    /// Checks that any transaction is in the log that a quorum of the validators vouches for.
    ///
    /// - Throws: `proof`, `extensionLines`, `noIdentifiers`, `otherTransaction`.
    package func checkInclusion(
        receipt: [UInt8], transaction: [UInt8]
    ) throws(ReceiptRejection) -> IncludedTransaction {
        let validators = self.judges(of: receipt)
        guard let policy = self.genesis.checkpointPolicy(of: validators) else {
            throw .proof(.certification(.noLogSignature))
        }
        let id = Transaction.id(of: transaction)
        let proof: LogProof
        let certified: CertifiedCheckpoint
        do throws(LogProofError) {
            proof = try LogProof(parsing: receipt)
            certified = try proof.verify(leaf: id, policy: policy, with: self.verifier)
        } catch {
            throw .proof(error)
        }
        guard certified.checkpoint.extensionLines.isEmpty else { throw .extensionLines }
        guard let extra = proof.extra.flatMap({ ReceiptExtra($0) }) else { throw .noIdentifiers }
        guard extra.transactionID == id else { throw .otherTransaction(extra.transactionID) }
        return IncludedTransaction(
            id: id, index: proof.index, logSize: certified.checkpoint.size,
            cosigners: Self.cosigners(of: certified, among: validators),
            quorum: validators.quorum)
    }

    /// Whose cosignatures the receipt needs: those of the validators who made the log as large as
    /// its checkpoint says.
    private func judges(of receipt: [UInt8]) -> ValidatorSet {
        // What cannot be read has no size; the check itself says what is wrong with it.
        guard let proof = try? LogProof(parsing: receipt),
            let checkpoint = try? Checkpoint(text: proof.checkpoint.text)
        else { return self.genesis.validators }
        return self.history.term(ofLogSize: checkpoint.size).validators
    }

    private static func outline(_ bytes: [UInt8]) throws(ReceiptRejection) -> BallotOutline {
        let transaction: Transaction
        do throws(CodecError) {
            transaction = try Transaction(canonicalBytes: bytes)
        } catch {
            throw .notABallot(error)
        }
        guard case .ballot(let ballot) = transaction else {
            throw .notABallot(.invalid("the transaction is no ballot"))
        }
        do throws(RefusalCode) {
            return try BallotOutline(ballot.wire)
        } catch {
            throw .malformedBallot(error)
        }
    }

    private static func cosigners(
        of certified: CertifiedCheckpoint, among validators: ValidatorSet
    ) -> [ReceiptCosigner] {
        var cosigners: [ReceiptCosigner] = []
        for (position, validator) in validators.validators.enumerated() {
            let signed = certified.cosigners.first { $0.key.publicKey == validator.cosigningKey }
            guard let seconds = signed?.time else { continue }
            // By the signer's own clock, which a liar may set beyond all dates.
            let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
            cosigners.append(
                ReceiptCosigner(
                    validator: ValidatorIndex(UInt16(position)), name: validator.name,
                    time: Timestamp(milliseconds: overflow ? .max : milliseconds)))
        }
        return cosigners
    }
}

extension Genesis {
    /// Reads a genesis document and refuses one that breaks a rule.
    init(checking bytes: [UInt8], expecting chainID: Bytes32?) throws(GenesisRejection) {
        do throws(CodecError) {
            try self.init(canonicalBytes: bytes)
        } catch {
            throw .form(error)
        }
        let faults = self.faults
        guard faults.isEmpty else { throw .faults(faults) }
        if let chainID, chainID != self.chainID { throw .otherChain(self.chainID) }
    }

    /// Whose cosignatures make a checkpoint of this chain believed: a quorum of its validators.
    package func checkpointPolicy() throws(GenesisRejection) -> TrustPolicy {
        guard let policy = self.checkpointPolicy(of: self.validators) else {
            throw .faults([DocumentFault(path: "origin", problem: "cannot name a log")])
        }
        return policy
    }

    /// The same for the validators of another epoch; nil for names that cannot name a key, which no
    /// set without faults has.
    package func checkpointPolicy(of validators: ValidatorSet) -> TrustPolicy? {
        TrustPolicy(
            origin: self.origin, logKey: self.logKey,
            cosigners: validators.validators.map {
                (name: self.cosignerName(of: $0), key: $0.cosigningKey)
            })
    }
}

extension ValidatorHistory {
    /// Checks a checkpoint by the validators who made the log as large as it says.
    package func certified(
        _ bytes: [UInt8], genesis: Genesis, with verifier: some SignatureVerifier
    ) throws(CertificationError) -> CertifiedCheckpoint {
        let note: SignedNote
        let checkpoint: Checkpoint
        do throws(NoteError) {
            note = try SignedNote(parsing: bytes)
        } catch {
            throw .note(error)
        }
        do throws(CheckpointError) {
            checkpoint = try Checkpoint(text: note.text)
        } catch {
            throw .checkpoint(error)
        }
        let validators = self.term(ofLogSize: checkpoint.size).validators
        guard let policy = genesis.checkpointPolicy(of: validators) else {
            throw .unknownOrigin(checkpoint.origin)
        }
        return try CertifiedCheckpoint(note, by: policy, with: verifier)
    }
}

extension GenesisRejection: CustomStringConvertible {
    package var description: String {
        switch self {
        case .form(let error): "the genesis document cannot be read: \(error)"
        case .faults(let faults):
            "the genesis document breaks rules: "
                + faults.map(\.description).joined(separator: "; ")
        case .otherChain(let found):
            "the genesis document makes the chain \(found), which is not the one asked for"
        }
    }
}

extension ReceiptRejection: CustomStringConvertible {
    package var description: String {
        switch self {
        case .proof(let error):
            "the receipt proves nothing (\(error)): it is damaged, of another ballot or chain, or not"
                + " signed by a quorum of this chain's validators. Fetch it again from another node"
        case .extensionLines:
            "the receipt's checkpoint has lines that no validator of this chain signs"
        case .noIdentifiers:
            "the receipt does not name a transaction and a tracker"
        case .notABallot(let error):
            "the ballot file holds no ballot transaction: \(error)"
        case .malformedBallot(let code):
            "the ballot file holds no ballot of this version (\(code.name))"
        case .otherTransaction(let id):
            "the receipt is for the transaction \(id), not for this ballot"
        case .otherTracker(let tracker):
            "the receipt names the tracker \(tracker), which is not this ballot's"
        case .otherVoter(let key):
            "the ballot was cast under the key \(key), which is not yours"
        }
    }
}
