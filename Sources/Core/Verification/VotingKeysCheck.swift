package import BallotCryptography
package import Codec
package import Ledger

/// Why a voter must not encrypt under the keys that a node gave.
package enum VotingKeysRejection: Error, Equatable, Sendable {
    /// The transaction said to create the election is not one, or is of another document.
    case notTheCreation
    /// Fewer members of the chain's commission signed the document than genesis asks for.
    case notApproved
    /// Fewer trustees confirmed these keys, with signatures that verify, than the document asks for.
    case tooFewConfirmations(Int, needed: Int)
    /// The election id is not the one of this document and these keys.
    case otherElection
}

extension VotingKeysRejection: CustomStringConvertible {
    package var description: String {
        let advice = "; nothing was encrypted. Ask another node, and tell the commission"
        switch self {
        case .notTheCreation:
            return "the node shows no transaction that created this election" + advice
        case .notApproved:
            return "the election document is not signed by the chain's commission" + advice
        case .tooFewConfirmations(let count, let needed):
            return "only \(count) trustees confirmed the election's keys, \(needed) are needed"
                + advice
        case .otherElection:
            return "the node's keys are not those of this election (A_KEY_MISMATCH)" + advice
        }
    }
}

/// What a voter checks before encrypting: that document and keys are the election's.
///
/// Trust goes from genesis to its commission, whose members sign the document; from the document to
/// the trustees, who sign the joint keys. So a node that answers with keys of its own is found out
/// without the rest of the chain.
package struct VotingKeysCheck<Verifier: SignatureVerifier>: Sendable {
    private let genesis: Genesis
    private let verifier: Verifier

    /// A check by this genesis document.
    package init(genesis: Genesis, verifier: Verifier) {
        self.genesis = genesis
        self.verifier = verifier
    }

    /// Checks that the commission signed `document`.
    ///
    /// - Parameter creation: the bytes of the transaction that created the election.
    package func check(
        document: ElectionDocument, creation: [UInt8]
    ) throws(VotingKeysRejection) {
        guard case .createElection(let approved)? = Self.transaction(creation),
            approved.body.document == document
        else { throw .notTheCreation }
        guard
            approved.isApproved(
                by: self.genesis.commission, tag: .createElection, in: self.genesis.domain,
                verifier: self.verifier)
        else { throw .notApproved }
    }

    /// Checks that enough trustees of a checked document signed `keys`, and that `electionID` is
    /// theirs.
    ///
    /// - Parameters:
    ///   - ceremony: the number of the key ceremony that made the keys.
    ///   - participants: the document numbers of its trustees, rising.
    ///   - qualified: the document numbers of the dealers whose parts make the keys, rising.
    ///   - confirmations: the bytes of confirmation transactions.
    package func check(
        keys: ElectionKeys, electionID: Bytes32, document: ElectionDocument, ceremony: UInt32,
        participants: [UInt32], qualified: [UInt32], confirmations: [[UInt8]]
    ) throws(VotingKeysRejection) {
        guard participants.allSatisfy({ $0 >= 1 && Int($0) <= document.trustees.count }),
            zip(participants, participants.dropFirst()).allSatisfy(<),
            participants.count > Int(document.threshold),
            Int(keys.parameters.trusteeCount) == participants.count,
            keys.parameters.threshold == document.threshold,
            Int(keys.parameters.keyCount) == document.keyCount
        else { throw .otherElection }
        let setupID = ElectionIdentity.setupID(
            chainID: self.genesis.chainID, ceremony: ceremony,
            trusteeKeys: participants.map { document.trustees[Int($0) - 1].key },
            threshold: document.threshold, keyCount: UInt32(document.keyCount))
        guard setupID == keys.parameters.setupID,
            ElectionIdentity.electionID(
                manifest: document.canonicalBytes + setupID.bytes, keys: keys) == electionID
        else { throw .otherElection }
        func index(of number: UInt32) -> UInt32? {
            participants.firstIndex(of: number).map { UInt32($0 + 1) }
        }
        let dealers = qualified.compactMap(index)
        var confirmed: Set<UInt32> = []
        for bytes in confirmations {
            guard case .ceremony(.confirmation, let signed)? = Self.transaction(bytes),
                signed.body.election == document.hash, signed.body.ceremony == ceremony,
                let trustee = index(of: signed.body.trustee),
                signed.isSigned(
                    by: document.trustees[Int(signed.body.trustee) - 1].key, tag: .confirmation,
                    in: self.genesis.domain, verifier: self.verifier),
                let confirmation = try? Confirmation(canonicalBytes: signed.body.payload),
                // Only whether it holds counts: a bad one is no confirmation.
                (try? confirmation.check(trustee: trustee, qualified: dealers, keys: keys)) != nil
            else { continue }
            confirmed.insert(trustee)
        }
        // As the ledger asks: after a ceremony that began again there are fewer to confirm.
        let needed = min(Int(document.confirmations), participants.count)
        guard confirmed.count >= needed else {
            throw .tooFewConfirmations(confirmed.count, needed: needed)
        }
    }

    private static func transaction(_ bytes: [UInt8]) -> Transaction? {
        // What does not decode proves nothing, whatever the reason.
        try? Transaction(canonicalBytes: bytes)
    }
}
