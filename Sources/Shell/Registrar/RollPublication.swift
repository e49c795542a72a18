package import Codec
internal import Ledger

/// Publishes the database's roll on the chain.
package struct RollPublication: Sendable {
    /// One style's roll, final on the chain.
    package struct Style: Codable, Hashable, Sendable {
        package let style: UInt32
        package let voters: Int
        package let root: Bytes32
        package let transactions: Int
    }

    private let database: RegistrarDatabase
    private let transactions: RegistrarTransactions

    package init(database: RegistrarDatabase, transactions: RegistrarTransactions) {
        self.database = database
        self.transactions = transactions
    }

    /// Submits every part of every style's roll and waits until all are final. Parts that are final
    /// already are passed over, so that it may be run again at any time.
    ///
    /// - Parameter progress: called after each part with the style and how many of its parts are final.
    package func publish(
        on chain: any ElectionChain,
        progress: @escaping @Sendable (_ style: UInt32, _ final: Int, _ of: Int) -> Void
    ) async throws -> [Style] {
        let styles = try await database.totals()
        return try await withThrowingTaskGroup(of: Style.self) { group in
            for style in styles {
                group.addTask {
                    let commitments = try await self.database.commitments(ofStyle: style.style)
                    let (root, parts) = self.transactions.roll(
                        style: style.style, commitments: commitments)
                    // A part is admitted once the one before it is final.
                    for (index, part) in parts.enumerated() {
                        if try await !chain.isFinal(Transaction.id(of: part)) {
                            try await chain.submitAndWait(part)
                        }
                        progress(style.style, index + 1, parts.count)
                    }
                    return Style(
                        style: style.style, voters: commitments.count, root: root,
                        transactions: parts.count)
                }
            }
            var published: [Style] = []
            for try await style in group { published.append(style) }
            return published.sorted { $0.style < $1.style }
        }
    }
}
