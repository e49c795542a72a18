package import Codec
package import Ledger

/// What the core of a node has to know of an executed block, so that it reads no state itself.
package struct BlockFacts: Hashable, Sendable {
    /// The account of a ballot style after a block that changed it.
    package struct Account: Hashable, Sendable {
        /// The id that ballots name.
        package let electionID: Bytes32
        package let style: UInt32
        package let account: StyleAccount
    }

    /// The set of the next height.
    package let validators: ValidatorSet
    /// The last change of the validators that was asked for; nil unless it waits.
    package let pendingChange: ValidatorChangeStatus?
    /// The account of every ballot style whose record the block changed, and of all styles of an
    /// election that got its id in the block; by rising election and style. Before an election has
    /// an id no ballot can name it, and its styles are left out.
    package let accounts: [Account]
    /// Whether an issue count was raised, so that ballots that waited for it may be cast.
    package let releasesBallots: Bool

    /// - Parameters:
    ///   - state: the state after the block.
    ///   - catalog: gets what had to be decoded.
    /// - Throws: `StateFault` also if `state` does not hold what the block changed.
    package init(
        of block: ExecutedBlock, state: any StateReader, catalog: inout ElectionCatalog,
        genesis: Genesis
    ) throws(StateFault) {
        validators = try state.succession(at: block.height.next, genesis).current
        let change = try ElectionQueries(state).validatorChange(genesis)
        pendingChange = change.flatMap { $0.effective == nil ? $0 : nil }
        var accounts: [Account] = []
        for (election, style) in try Self.changedStyles(of: block, state, &catalog) {
            guard let electionID = try state.required(Table.election(election)).electionID else {
                continue
            }
            let account = try ElectionQueries(state).styleAccount(
                electionID: electionID, style: style, catalog: &catalog)
            guard let account else {
                throw StateFault("the style \(style) of the election \(election) is missing")
            }
            accounts.append(Account(electionID: electionID, style: style, account: account))
        }
        self.accounts = accounts
        releasesBallots = block.events.contains {
            if case .issueCount = $0 { true } else { false }
        }
    }

    /// Styles by rising election and number.
    private static func changedStyles(
        of block: ExecutedBlock, _ state: any StateReader, _ catalog: inout ElectionCatalog
    ) throws(StateFault) -> [(election: Bytes32, style: UInt32)] {
        var styles: [Bytes32: Set<UInt32>] = [:]
        for change in block.changes.sorted {
            if let (election, style) = Table.style(named: change.key) {
                styles[election, default: []].insert(style)
            } else if Table.isElectionID(change.key), change.value != nil {
                let election = try state.required(RecordKey<Bytes32>(key: change.key))
                let document = try catalog.document(election, in: state)
                styles[election, default: []].formUnion(document.styles.map(\.number))
            }
        }
        return styles.sorted { $0.key < $1.key }.flatMap { election, numbers in
            numbers.sorted().map { (election, $0) }
        }
    }
}
