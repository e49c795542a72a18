import Codec
import Ledger

/// The state of height 0.
package enum GenesisState {
    package static func execute(_ chain: ChainContext) -> ExecutedBlock {
        let genesis = chain.genesis
        let head = ChainHead(
            height: .genesis, time: genesis.time, elections: 0, transactions: 0)
        let records = StateChanges([
            Table.head.key: head.canonicalBytes,
            Table.agenda.key: Agenda().canonicalBytes,
        ])
        do {
            let (digest, nodes) = try StateTreeUpdate.apply(records, to: MemoryState())
            return ExecutedBlock(
                height: .genesis, time: genesis.time, changes: records.adding(nodes),
                stateDigest: digest, transactionCount: 0, events: [],
                catalog: ElectionCatalog())
        } catch {
            preconditionFailure("an empty state cannot be damaged")
        }
    }
}
