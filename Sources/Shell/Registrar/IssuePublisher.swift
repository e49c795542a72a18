internal import APISchema
internal import Codec
package import Ledger
internal import LedgerClient
package import Logging
internal import PlainText
internal import ServiceLifecycle

/// Publishes what was issued: totals at once, leaves in batches that hide when and to whom.
///
/// What is to be published follows from the journal and the chain alone, so that a restart resumes.
package actor IssuePublisher: Service {
    /// How long a submitted count is waited for before it is sent again.
    private static let countTimeout = Duration.seconds(3)

    private let document: ElectionDocument
    private let chain: any ElectionChain
    private let watch: ChainWatch
    private let database: RegistrarDatabase
    private let transactions: RegistrarTransactions
    private let configuration: RegistrarConfiguration
    private let batchLimit: Int
    private let logger: Logger
    /// Totals that the chain is known to have, by style.
    private var counted: [UInt32: UInt32] = [:]
    /// Totals that were sent, by style, and when.
    private var sent: [UInt32: (total: UInt32, at: ContinuousClock.Instant)] = [:]
    /// What was logged last: rounds come several times a second.
    private var lastProblem: String?

    /// - Parameter batchLimit: the most leaves of one batch.
    package init(
        document: ElectionDocument, chain: any ElectionChain, watch: ChainWatch,
        database: RegistrarDatabase, transactions: RegistrarTransactions,
        configuration: RegistrarConfiguration, logger: Logger,
        batchLimit: Int = Limits.issuedLeaves
    ) {
        self.document = document
        self.chain = chain
        self.watch = watch
        self.database = database
        self.transactions = transactions
        self.configuration = configuration
        self.batchLimit = batchLimit
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
            logger.error(
                "the database cannot be used", metadata: ["error": "\("\(error)".plainLine)"])
        }
    }

    private func note(_ what: String, _ detail: String) {
        guard lastProblem != what + detail else { return }
        lastProblem = what + detail
        logger.warning("\(what)", metadata: ["detail": "\(detail.plainLine)"])
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
        for style in totals {
            guard let least = self.leastBatch(of: style, at: snapshot) else { continue }
            let transactions = self.transactions
            var isMade = true
            while isMade {
                isMade = try await self.database.makeBatch(
                    ofStyle: style.style, counted: self.counted[style.style] ?? 0, least: least,
                    limit: self.batchLimit, now: snapshot.time,
                    sign: { transactions.issuedLeaves(style: style.style, leaves: $0) })
            }
        }
        for batch in try await self.database.openBatches() { try await self.finish(batch) }
    }

    /// Whether the chain takes a style's counts: until close + grace (`design.md` section 3).
    private func isCountAccepted(_ style: UInt32, at snapshot: ChainSnapshot) -> Bool {
        guard let state = snapshot.election.styles.first(where: { $0.number == style }) else {
            return false
        }
        return snapshot.time < state.closes.adding(milliseconds: UInt64(document.graceMilliseconds))
    }

    /// Sends the totals that grew, each for itself: one that is refused or lost holds up no other.
    private func publishCounts(_ totals: [StyleTotals]) async throws {
        let now = ContinuousClock.now
        var isNews = false
        for style in totals where style.issued > self.counted[style.style] ?? 0 {
            if let last = self.sent[style.style], last.total >= style.issued,
                now - last.at < Self.countTimeout
            {
                isNews = true
                continue
            }
            let count = self.transactions.issueCount(style: style.style, total: style.issued)
            self.sent[style.style] = (style.issued, now)
            do throws(ClientError) {
                try await self.chain.submit(count)
                isNews = true
            } catch {
                // Another process of this registrar was faster, or the window closed: the chain says.
                guard case .refused(let failure) = error else { throw error }
                self.note("a count was refused", "style \(style.style), \(failure.code)")
            }
        }
        guard isNews else { return }
        for style in try await self.chain.election().styles {
            self.counted[style.number] = max(self.counted[style.number] ?? 0, style.issued)
        }
    }

    /// How many leaves a batch of a style must have now; nil while none is due.
    private func leastBatch(of style: StyleTotals, at snapshot: ChainSnapshot) -> Int? {
        guard style.unpublished > 0,
            let state = snapshot.election.styles.first(where: { $0.number == style.style })
        else { return nil }
        // Issuing stopped: the rest.
        if snapshot.time >= state.closes { return 1 }
        let wait = UInt64(clamping: self.configuration.issuedLeavesIntervalSeconds) * 1000
        if snapshot.time >= style.lastBatch.adding(milliseconds: wait) {
            return self.configuration.issuedLeavesMinimum
        }
        // A full batch hides enough at any time. Were they all kept, a large style would have more to
        // publish at its close than the chain takes before the election's.
        return self.batchLimit
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
