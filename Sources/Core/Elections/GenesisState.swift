import Codec
import Ledger

/// The state of height 0.
package enum GenesisState {
    /// The records that block 1 is executed on, and their digest.
    package static func execute(_ chain: ChainContext) -> ExecutedBlock {
        let genesis = chain.genesis
        let head = ChainHead(
            height: .genesis, time: genesis.time, elections: 0, transactions: 0)
        let records = StateChanges([
            Table.head.key: head.canonicalBytes,
            Table.agenda.key: Agenda().canonicalBytes,
        ])
        do {
            let (digest, changes) = try StateDigest.after(records, to: MemoryState())
            return ExecutedBlock(
                height: .genesis, time: genesis.time, changes: changes,
                stateDigest: digest, transactionCount: 0, events: [],
                catalog: ElectionCatalog())
        } catch {
            preconditionFailure("an empty state cannot be damaged")
        }
    }
}
