internal import APISchema
internal import Codec
package import Ledger
internal import LedgerClient
package import Logging
internal import ServiceLifecycle

/// Publishes what was issued: totals at once, leaves in batches that hide when and to whom.
///
/// What is to be published follows from the journal and the chain alone, so that a restart resumes.
package actor IssuePublisher: Service {
    /// How long a submitted count is waited for before it is sent again.
    private static let countTimeout = Duration.seconds(3)
    private static let poll = Duration.milliseconds(100)

    private let document: ElectionDocument
    private let chain: any ElectionChain
    private let watch: ChainWatch
    private let database: RegistrarDatabase
    private let transactions: RegistrarTransactions
    private let configuration: RegistrarConfiguration
    private let logger: Logger
    /// Totals that the chain is known to have, by style.
    private var counted: [UInt32: UInt32] = [:]
    /// What was logged last: rounds come several times a second.
    private var lastProblem: String?

    package init(
        document: ElectionDocument, chain: any ElectionChain, watch: ChainWatch,
        database: RegistrarDatabase, transactions: RegistrarTransactions,
        configuration: RegistrarConfiguration, logger: Logger
    ) {
        self.document = document
        self.chain = chain
        self.watch = watch
        self.database = database
        self.transactions = transactions
        self.configuration = configuration
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.publishWhatIsKnown()
                // Cancellation ends the sleep and with it the loop.
                try? await Task.sleep(
                    for: .milliseconds(self.configuration.countIntervalMilliseconds))
            }
        }
        // What was issued during the last interval; a restart would publish it too.
        await publishWhatIsKnown()
    }

    private func publishWhatIsKnown() async {
        // Without the chain there is nothing to publish to; the next round tries again.
        guard let snapshot = try? watch.snapshot() else { return }
        do {
            try await publish(at: snapshot)
        } catch ClientError.cancelled {
            // The service ends; its last round comes after the loop.
        } catch is CancellationError {
            // Likewise.
        } catch let error as ClientError {
            note("publishing issues is tried again", "\(error)")
        } catch {
            logger.error("the database cannot be used", metadata: ["error": "\(error)"])
        }
    }

    private func note(_ what: String, _ detail: String) {
        guard lastProblem != what + detail else { return }
        lastProblem = what + detail
        logger.warning("\(what)", metadata: ["detail": "\(detail)"])
    }

    /// One round: counts that changed, then batches that are due.
    ///
    /// - Throws: `ClientError`, or an error of the database; the next round goes on.
    package func publish(at snapshot: ChainSnapshot) async throws {
        guard snapshot.election.summary.phase != "aborted" else { return }
        for style in snapshot.election.styles {
            counted[style.number] = max(counted[style.number] ?? 0, style.issued)
        }
        let totals = try await database.totals()
        try await publishCounts(totals.filter { isCountAccepted($0.style, at: snapshot) })
        for batch in try await database.openBatches() { try await finish(batch) }
        for style in totals where isBatchDue(style, at: snapshot) {
            let transactions = transactions
            try await database.makeBatch(
                ofStyle: style.style, counted: counted[style.style] ?? 0,
                limit: Limits.issuedLeaves, now: snapshot.time,
                sign: { transactions.issuedLeaves(style: style.style, leaves: $0) })
        }
        for batch in try await database.openBatches() { try await finish(batch) }
    }

    /// Whether the chain takes a style's counts: until close + grace (`design.md` section 3).
    private func isCountAccepted(_ style: UInt32, at snapshot: ChainSnapshot) -> Bool {
        guard let state = snapshot.election.styles.first(where: { $0.number == style }) else {
            return false
        }
        return snapshot.time < state.closes.adding(milliseconds: UInt64(document.graceMilliseconds))
    }

    private func publishCounts(_ totals: [StyleTotals]) async throws {
        let changed = totals.filter { $0.issued > counted[$0.style] ?? 0 }
        guard !changed.isEmpty else { return }
        for style in changed {
            let count = transactions.issueCount(style: style.style, total: style.issued)
            do throws(ClientError) {
                try await chain.submit(count)
            } catch {
                // Another process of this registrar was faster, or the window closed: the chain says.
                guard case .refused(let failure) = error else { throw error }
                note("a count was refused", failure.code)
            }
        }
        let start = ContinuousClock.now
        while ContinuousClock.now - start < Self.countTimeout {
            for style in try await chain.election().styles {
                counted[style.number] = max(counted[style.number] ?? 0, style.issued)
            }
            if changed.allSatisfy({ $0.issued <= counted[$0.style] ?? 0 }) { return }
            // Cancelled while waiting: the count is on its way.
            do { try await Task.sleep(for: Self.poll) } catch { return }
        }
    }

    private func isBatchDue(_ style: StyleTotals, at snapshot: ChainSnapshot) -> Bool {
        guard style.unpublished > 0,
            let state = snapshot.election.styles.first(where: { $0.number == style.style })
        else { return false }
        // Issuing stopped: the rest.
        if snapshot.time >= state.closes { return true }
        let wait = UInt64(clamping: configuration.issuedLeavesIntervalSeconds) * 1000
        return Int(style.unpublished) >= configuration.issuedLeavesMinimum
            && snapshot.time >= style.lastBatch.adding(milliseconds: wait)
    }

    private func finish(_ batch: OpenBatch) async throws {
        if try await chain.isFinal(Transaction.id(of: batch.bytes)) {
            try await database.setFinal(batch)
            logger.info("a batch of issued leaves is final", metadata: ["style": "\(batch.style)"])
            return
        }
        do throws(ClientError) {
            try await chain.submit(batch.bytes)
        } catch {
            guard case .refused(let failure) = error else { throw error }
            note("a batch of issued leaves was refused", "style \(batch.style), \(failure.code)")
        }
    }
}
