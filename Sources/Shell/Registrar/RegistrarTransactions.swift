package import Codec
package import Cryptography
package import Ledger
internal import TransparencyLog

/// The registrar's transactions, signed. The same content gives the same bytes.
package struct RegistrarTransactions: Sendable {
    private let domain: SigningDomain
    private let election: Bytes32
    private let key: Ed25519SigningKey

    package init(document: ElectionDocument, key: Ed25519SigningKey) {
        domain = SigningDomain(kind: document.kind, chainID: document.chainID)
        election = document.hash
        self.key = key
    }

    /// A style's roll in parts, in order, with its root. A style without voters has one part without
    /// leaves: its roll is complete, too.
    package func roll(
        style: UInt32, commitments: [Bytes32]
    ) -> (root: Bytes32, parts: [[UInt8]]) {
        var frontier = Frontier()
        for commitment in commitments { frontier.append(leaf: LogHash.leaf(commitment.bytes)) }
        let root = frontier.root
        let starts = stride(from: 0, to: max(1, commitments.count), by: Limits.rollLeaves)
        let parts = starts.enumerated().map { number, start in
            let end = min(start + Limits.rollLeaves, commitments.count)
            let body = RollPart(
                election: election, style: style, part: UInt32(number),
                total: UInt32(commitments.count), root: root,
                leaves: [Bytes32](commitments[start..<end]))
            return Transaction.roll(signed(body, .roll)).canonicalBytes
        }
        return (root, parts)
    }

    package func issueCount(style: UInt32, total: UInt32) -> [UInt8] {
        let body = IssueCount(election: election, style: style, total: total)
        return Transaction.issueCount(signed(body, .issueCount)).canonicalBytes
    }

    /// - Parameter leaves: strictly rising, 1 to `Limits.issuedLeaves`.
    package func issuedLeaves(style: UInt32, leaves: [UInt32]) -> [UInt8] {
        let body = IssuedLeaves(election: election, style: style, leaves: leaves)
        return Transaction.issuedLeaves(signed(body, .issuedLeaves)).canonicalBytes
    }

    private func signed<Body: CanonicalCodable & Hashable & Sendable>(
        _ body: Body, _ tag: EntryTag
    ) -> Signed<Body> {
        Signed(
            chainID: domain.chainID, body: body,
            signature: key.sign(Transaction.signedMessage(tag: tag, body: body, in: domain)))
    }
}
