import APISchema
package import Codec
import Cryptography
package import Elections
package import Ledger
import LedgerClient
package import Verification

/// A chain that this machine fetched and verified from its genesis document on.
package struct ReplayedChain: Sendable {
    package let genesis: Genesis
    package let audit: ChainAudit

    package var queries: ElectionQueries { ElectionQueries(audit.state) }

    /// The election of a short name, a document hash or an election id.
    ///
    /// - Throws: `CommandFailure` naming the elections that there are.
    package func election(
        named name: String
    ) throws -> (hash: Bytes32, document: ElectionDocument) {
        var found = try queries.election(named: name)
        if found == nil, let bytes = Bytes32(hexadecimal: name) {
            found = try queries.document(bytes) != nil ? bytes : queries.election(withID: bytes)
        }
        guard let hash = found, let document = try queries.document(hash) else {
            let names = try queries.elections().map { "'\($0.name)'" }
            throw CommandFailure(
                "The chain holds no election '\(name)'. It holds "
                    + (names.isEmpty ? "none." : names.joined(separator: ", ") + "."))
        }
        return (hash, document)
    }
}

extension ChainOptions {
    /// Fetches the whole chain and verifies it.
    ///
    /// - Throws: `CommandFailure` with the first thing that is wrong; `ClientError`.
    package func replay() async throws -> ReplayedChain {
        let genesis = try loadGenesis()
        let chain = try await fetch(genesis: genesis, expectsCheckpoint: false) { _ in }
        guard chain.audit.stopped == nil else {
            throw CommandFailure(
                "The nodes' record of the chain does not hold: "
                    + chain.audit.report().findings.map(\.description).joined(separator: "; "))
        }
        return chain
    }

    /// Fetches the chain block by block; a failed check ends it, and stands in the audit.
    ///
    /// - Parameter expectsCheckpoint: whether the record must reach the newest checkpoint that a
    ///   quorum of validators vouches for, as the nodes publish it.
    package func fetch(
        genesis: Genesis, expectsCheckpoint: Bool, progress: (AuditProgress) -> Void
    ) async throws -> ReplayedChain {
        try await withClient { client in
            var audit = try ChainAudit(genesis: genesis.canonicalBytes)
            if expectsCheckpoint {
                try audit.expect(checkpoint: try await client.fullCheckpoint())
            }
            var random = SystemRandom()
            while audit.stopped == nil {
                let chunk = try await client.export(from: audit.progress.height.next)
                guard !chunk.blocks.isEmpty else { break }
                do {
                    try audit.add(
                        chunk.blocks, finalization: chunk.finalization, random: &random)
                } catch {
                    // It stands among the audit's findings.
                    break
                }
                guard chunk.finalization != nil else { break }
                progress(audit.progress)
            }
            return ReplayedChain(genesis: genesis, audit: audit)
        }
    }
}
