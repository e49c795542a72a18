// ReplayingClient: a chain as nodes give it, of which none is believed: fetched whole and verified block by
// block from its genesis document on, and transactions sent until a receipt proves that they are in the
// log. It knows no command line.

package import Codec
package import Elections
package import Ledger
package import LedgerClient
package import Verification

/// A chain that this machine fetched and verified from its genesis document on.
package struct ReplayedChain: Sendable {
    package let genesis: Genesis
    package let audit: ChainAudit
    /// What each of the nodes said of the chain's end.
    package let witnesses: [Witness]
    /// Answers that do not hold: those of nodes that err or lie. Others gave better ones, unless
    /// `missing` says that none did.
    package let complaints: [ServerComplaint]
    /// Why no node's answer leads further than the audit came, though there must be more; nil where
    /// the record was read to its end.
    package let missing: String?

    package var queries: ElectionQueries { ElectionQueries(audit.state) }

    /// What one node vouches for.
    package struct Witness: Sendable {
        /// The node's address.
        package let server: String
        /// The size of the log in its newest certified checkpoint; nil where it gave none.
        package let certifiedSize: UInt64?
        /// Why it gave none, for a person.
        package let reason: String?
    }

    /// The election of a short name, a document hash or an election id.
    ///
    /// - Throws: `ReplayFailure` naming the elections that there are.
    package func election(
        named name: String
    ) throws -> (hash: Bytes32, document: ElectionDocument) {
        var found = try queries.election(named: name)
        if found == nil, let bytes = Bytes32(hexadecimal: name) {
            found = try queries.document(bytes) != nil ? bytes : queries.election(withID: bytes)
        }
        guard let hash = found, let document = try queries.document(hash) else {
            let names = try queries.elections().map { "'\($0.name)'" }
            throw ReplayFailure(
                "The chain holds no election '\(name)'. It holds "
                    + (names.isEmpty ? "none." : names.joined(separator: ", ") + "."))
        }
        return (hash, document)
    }

    /// As of when the record is, for a person: `block 7 of 2027-03-01T10:00:00Z, 12 s ago`.
    package var asOf: String {
        guard audit.progress.height > .genesis else { return "the beginning: it has no block yet" }
        return "block \(audit.progress.height.rawValue) of \(audit.progress.time), "
            + Age(of: audit.progress.time).text
    }

    /// What a reader must know before taking the record for the present one; nil where it is recent.
    package var ageNote: String? {
        guard audit.progress.height > .genesis, Age(of: audit.progress.time).seconds > 600 else {
            return nil
        }
        return
            "The record ends \(Age(of: audit.progress.time).text). A chain at work makes blocks all"
            + " the time: it was stopped, or the nodes asked hide what came since. Ask others."
    }
}

/// Why a chain is not taken for what nodes say it is, for a person.
package struct ReplayFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension ReplayedChain {
    /// Fetches the whole chain and verifies it, to the newest checkpoint that a node vouches for.
    ///
    /// - Parameter inspect: called with each block, in order, once it is verified.
    /// - Throws: `ReplayFailure` with the first thing that is wrong, or where nobody vouches for the
    ///   record's end; `ClientError`.
    package static func replay(
        _ genesis: Genesis, asking client: NodeClient, inspect: (Block) -> Void = { _ in }
    ) async throws -> ReplayedChain {
        let chain = try await fetch(
            genesis, asking: client, waitsForCheckpoint: true, progress: { _ in },
            inspect: inspect)
        let findings = chain.audit.report().findings.map(\.description)
        if chain.audit.stopped != nil {
            throw ReplayFailure(
                "The record of the chain does not hold: " + findings.joined(separator: "; "))
        }
        if let missing = chain.missing {
            throw ReplayFailure(
                "The nodes do not give the whole record: \(missing). What there is ends at"
                    + " \(chain.asOf), and is not the present state. Ask other nodes with --node.")
        }
        guard chain.audit.certifiedSize != nil || chain.audit.progress.height == .genesis else {
            throw ReplayFailure(
                "No node shows that a quorum of the validators vouches for the record's end, at"
                    + " \(chain.asOf): "
                    + chain.witnesses.map { "\($0.server): \($0.reason ?? "no checkpoint")" }
                    .joined(separator: "; ")
                    + ". Later blocks may be hidden. Ask other nodes with --node.")
        }
        return chain
    }

    /// Fetches the chain block by block; a failed check of what a quorum certified ends it, and
    /// stands in the audit.
    ///
    /// No node is believed. Blocks that no quorum certified are refused, and the next node is asked.
    /// The record must reach the newest checkpoint that a quorum of validators vouches for, as each
    /// of the nodes that answers knows it: one that lags or hides blocks is found out by the others,
    /// or by its own checkpoint.
    ///
    /// - Parameters:
    ///   - claims: the bytes of claims that promises were broken, to be judged by the record.
    ///   - waitsForCheckpoint: whether to wait some seconds for the first checkpoint of a chain that
    ///     has just begun.
    ///   - progress: called after each stretch of blocks.
    ///   - inspect: called with each block, in order, once it is verified.
    package static func fetch(
        _ genesis: Genesis, asking client: NodeClient, claims: [[UInt8]] = [],
        waitsForCheckpoint: Bool = false, progress: (AuditProgress) -> Void,
        inspect: (Block) -> Void = { _ in }
    ) async throws -> ReplayedChain {
        var replay = ChainReplay(
            genesis: genesis, client: client,
            audit: try ChainAudit(genesis: genesis.canonicalBytes))
        for claim in claims { replay.audit.examine(claim) }
        try await replay.learnEnd(waits: waitsForCheckpoint)
        try await replay.readBlocks(progress: progress, inspect: inspect)
        return replay.result
    }
}
