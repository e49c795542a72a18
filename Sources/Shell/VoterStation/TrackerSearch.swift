package import BallotCryptography
package import Codec
package import Ledger

/// Looks for a tracking code in verified blocks, and for what came of its ballot.
package struct TrackerSearch: Sendable {
    /// What is in the log under the code.
    package struct Finding: Encodable, Hashable, Sendable {
        /// `cast` or `challenged`.
        package let what: String
        package let trackingCode: String
        package let transactionID: Bytes32
        package let electionID: Bytes32
        /// The block that holds it, and its time.
        package let height: UInt64
        package let time: Timestamp
        /// The ballot's number among its voter's; absent for a challenge.
        package let sequence: UInt32?
        package let credentialKey: Bytes32
        /// The number of the voter's last ballot, where that is another one.
        package fileprivate(set) var replacedBy: UInt32?

        /// For a person.
        package var lines: [String] {
            var lines = [
                self.what == "cast"
                    ? "A ballot with this tracking code was cast."
                    : "An encryption with this tracking code was challenged: it can never be cast.",
                "  election     \(self.electionID)",
                "  transaction  \(self.transactionID), in block \(self.height) of \(self.time.words)",
            ]
            if let replacedBy = self.replacedBy {
                lines.append(
                    "  REPLACED: ballot number \(replacedBy) of the same voter counts in its place."
                        + " If that was not you, tell the commission.")
            }
            return lines
        }
    }

    private let code: TrackingCode
    /// In the order of the log.
    package private(set) var found: [Finding] = []

    /// A search that has seen nothing yet.
    package init(code: TrackingCode) { self.code = code }

    /// Looks at the next block of the chain.
    package mutating func look(at block: Block) {
        for entry in block.entries {
            // Verified before: what does not decode is not in the chain.
            switch try? Transaction(canonicalBytes: entry.bytes) {
            case .ballot(let ballot)?: self.look(at: ballot, entry.id, block.header)
            case .spoil(let spoil)?: self.look(at: spoil, entry.id, block.header)
            default: continue
            }
        }
    }

    private mutating func look(
        at ballot: BallotTransaction, _ id: Bytes32, _ header: BlockHeader
    ) {
        guard let outline = try? BallotOutline(ballot.wire) else { return }
        for place in self.found.indices
        where self.found[place].credentialKey == outline.header.credentialKey
            && self.found[place].electionID == outline.header.electionID
        {
            guard let sequence = self.found[place].sequence,
                outline.header.sequence > sequence
            else { continue }
            self.found[place].replacedBy = outline.header.sequence
        }
        guard self.code.matches(outline.tracker) else { return }
        self.found.append(
            Finding(
                what: "cast", trackingCode: self.code.text,
                transactionID: id,
                electionID: outline.header.electionID, height: header.height.rawValue,
                time: header.time, sequence: outline.header.sequence,
                credentialKey: outline.header.credentialKey))
    }

    private mutating func look(
        at spoil: SpoilTransaction, _ id: Bytes32, _ header: BlockHeader
    ) {
        guard let proof = try? SpoilProof(canonicalBytes: spoil.proof),
            self.code.matches(proof.tracker)
        else { return }
        self.found.append(
            Finding(
                what: "challenged", trackingCode: self.code.text,
                transactionID: id, electionID: spoil.electionID,
                height: header.height.rawValue, time: header.time, sequence: nil,
                credentialKey: proof.credentialKey))
    }
}
