import APISchema
package import Codec
import Console
import Cryptography
package import Elections
package import Ledger
import LedgerClient
import TransparencyLog
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
        let chain = try await fetch(genesis: genesis) { _ in }
        guard chain.audit.stopped == nil else {
            throw CommandFailure(
                "The nodes' record of the chain does not hold: "
                    + chain.audit.report().findings.map(\.description).joined(separator: "; "))
        }
        return chain
    }

    /// Fetches the chain block by block; a failed check ends it, and stands in the audit.
    ///
    /// The record must reach the newest checkpoint that a quorum of validators vouches for, as each
    /// of the nodes that answers knows it: one that lags or hides blocks is found out by the others.
    ///
    /// - Parameters:
    ///   - claims: the bytes of claims that promises were broken, to be judged by the record.
    ///   - inspect: called with each block, in order, once it is verified.
    package func fetch(
        genesis: Genesis, claims: [[UInt8]] = [], progress: (AuditProgress) -> Void,
        inspect: (Block) -> Void = { _ in }
    ) async throws -> ReplayedChain {
        var audit = try ChainAudit(genesis: genesis.canonicalBytes)
        if let succession = try await withClient({ try await $0.successionProof() }) {
            try audit.learn(succession)
        }
        for claim in claims { audit.examine(claim) }
        var expectedSize: UInt64 = 0
        for address in node {
            guard let checkpoint = try await newestCheckpoint(of: address, genesis: genesis) else {
                continue
            }
            try audit.expect(checkpoint: checkpoint)
            let size = try Checkpoint(text: try SignedNote(parsing: checkpoint).text).size
            expectedSize = max(expectedSize, size)
        }
        return try await withClient { client in
            var waits = 0
            var random = SystemRandom()
            while audit.stopped == nil {
                let chunk = try await client.export(from: audit.progress.height.next)
                guard !chunk.blocks.isEmpty else {
                    // One node may be some blocks behind what another has certified.
                    guard audit.progress.logSize < expectedSize, waits < 40 else { break }
                    waits += 1
                    try await Task.sleep(for: .milliseconds(250))
                    continue
                }
                do {
                    try audit.add(
                        chunk.blocks, finalization: chunk.finalization, random: &random)
                } catch {
                    // It stands among the audit's findings.
                    break
                }
                guard chunk.finalization != nil else { break }
                for block in chunk.blocks { inspect(block) }
                progress(audit.progress)
            }
            return ReplayedChain(genesis: genesis, audit: audit)
        }
    }

    /// The newest certified checkpoint that one node knows; nil where it has none yet, or where it
    /// cannot be reached, which is said.
    private func newestCheckpoint(
        of address: String, genesis: Genesis
    ) async throws -> [UInt8]? {
        var limits = ClientLimits()
        limits.rounds = 1
        limits.requestTimeout = .seconds(5)
        do {
            return try await NodeClient.with(
                nodes: [address], chainID: genesis.chainID, limits: limits
            ) { try await $0.fullCheckpoint() }
        } catch let error as ClientError where error.refusalCode != nil {
            return nil
        } catch let error as ClientError where error.isTemporary {
            note("  \(address) gives no checkpoint: \(error)")
            return nil
        }
    }
}
