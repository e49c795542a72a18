internal import APISchema
internal import Codec
package import Ledger
internal import LedgerClient
package import Logging
internal import PlainText
internal import ServiceLifecycle
internal import Synchronization

/// Follows the chain: its time, the election's state, and at the start whether its roll is ours.
package final class ChainWatch: Service {
    /// How often the chain is asked, and how old an answer may be to decide by.
    private static let interval = Duration.milliseconds(500)
    private static let oldest = Duration.seconds(10)
    /// The chain's own heartbeat is a few seconds: without a block for so long it stands still.
    private static let longestStandstill = Duration.seconds(60)

    private struct Known {
        var election: ElectionStatus
        var asked: ContinuousClock.Instant
        var height: UInt64
        var heightSeen: ContinuousClock.Instant
        /// The newest block's time, and when it was seen.
        var time: Timestamp
    }

    private enum State {
        case unknown(reason: String)
        case known(Known)
        /// The chain does not hold the database's roll, or counts more than the database: nothing is
        /// issued for as long as the nodes say so.
        case contradicted(reason: String)
    }

    private let document: ElectionDocument
    private let chain: any ElectionChain
    private let database: RegistrarDatabase
    private let logger: Logger
    private let isRollChecked = Mutex(false)
    private let lastProblem = Mutex("")
    private let state = Mutex(State.unknown(reason: "The registrar has not reached the chain yet."))

    package init(
        document: ElectionDocument, chain: any ElectionChain, database: RegistrarDatabase,
        logger: Logger
    ) {
        self.document = document
        self.chain = chain
        self.database = database
        self.logger = logger
    }

    /// The chain as it is now.
    ///
    /// - Throws: `.chainUnknown` while the chain is out of reach, stands still, or does not hold the
    ///   database's roll.
    package func snapshot() throws(IssuingRefusal) -> ChainSnapshot {
        let now = ContinuousClock.now
        let known: Known
        switch state.withLock({ $0 }) {
        case .unknown(let reason), .contradicted(let reason): throw .chainUnknown(reason)
        case .known(let value): known = value
        }
        guard now - known.asked < Self.oldest else {
            throw .chainUnknown("The registrar cannot reach the chain at the moment; try again.")
        }
        guard now - known.heightSeen < Self.longestStandstill else {
            throw .chainUnknown("The chain makes no blocks at the moment; try again later.")
        }
        let passed = (now - known.heightSeen).milliseconds
        return ChainSnapshot(
            time: known.time.adding(milliseconds: passed), election: known.election)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.refresh()
                // Cancellation ends the sleep and with it the loop.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Asks the chain once.
    package func refresh() async {
        do {
            if !isRollChecked.withLock({ $0 }) {
                try await checkRoll()
                isRollChecked.withLock { $0 = true }
            }
            try await follow()
            lastProblem.withLock { $0 = "" }
        } catch let problem as RollProblem {
            note(problem)
        } catch ClientError.cancelled {
            // The service ends.
        } catch let error as ClientError {
            noteUnreachable(error)
        } catch is CancellationError {
            // The service ends.
        } catch {
            logger.error(
                "the database cannot be used", metadata: ["error": "\("\(error)".plainLine)"])
        }
    }

    private struct RollProblem: Error, CustomStringConvertible {
        let reason: String
        let isFinal: Bool

        var description: String { reason }
    }

    /// Asks for the election's state and the time.
    private func follow() async throws {
        async let newest = chain.head()
        async let state = chain.election()
        let (status, election) = try await (newest, state)
        // Read after the chain: with several processes the database is then never the older one.
        for style in try await database.totals() {
            let issued = election.styles.first { $0.number == style.style }?.issued ?? 0
            guard issued <= style.issued else {
                throw RollProblem(
                    reason:
                        "The chain counts \(issued) issued ballots of style \(style.style), the "
                        + "registrar's database \(style.issued): it is an old copy.",
                    isFinal: true)
            }
        }
        let now = ContinuousClock.now
        self.state.withLock { state in
            switch state {
            case .known(var known):
                known.election = election
                known.asked = now
                if status.height > known.height {
                    let passed = (now - known.heightSeen).milliseconds
                    known.height = status.height
                    known.heightSeen = now
                    // Never backwards, whichever node answers.
                    known.time = max(status.time, known.time.adding(milliseconds: passed))
                }
                state = .known(known)
            case .unknown, .contradicted:
                logger.info("the chain is followed", metadata: ["height": "\(status.height)"])
                state = .known(
                    Known(
                        election: election, asked: now, height: status.height, heightSeen: now,
                        time: status.time))
            }
        }
    }

    /// Compares the chain's roll with the database's, leaf by leaf, and notes who may not vote.
    private func checkRoll() async throws {
        for style in document.styles {
            let own = try await database.commitments(ofStyle: style.number)
            var uncounted: [UInt32] = []
            var from: UInt32 = 0
            while from < own.count {
                let view = try await chain.roll(style: style.number, from: from)
                guard view.total == own.count, !view.leaves.isEmpty else {
                    throw RollProblem(
                        reason:
                            "The roll of style \(style.number) is not complete on the chain; run "
                            + "`veche-registrar roll` again.",
                        isFinal: false)
                }
                for leaf in view.leaves {
                    guard from < own.count, leaf.commitment == own[Int(from)] else {
                        throw RollProblem(
                            reason:
                                "The chain's roll of style \(style.number) is not the one in the "
                                + "registrar's database.",
                            isFinal: true)
                    }
                    if leaf.status != "counted" { uncounted.append(from) }
                    from += 1
                }
            }
            try await database.setUncounted(uncounted, ofStyle: style.number)
        }
    }

    private func note(_ problem: RollProblem) {
        log(.error, problem.reason)
        state.withLock {
            $0 =
                problem.isFinal
                ? .contradicted(reason: problem.reason) : .unknown(reason: problem.reason)
        }
    }

    private func noteUnreachable(_ error: ClientError) {
        log(.warning, "the chain does not answer: \(error)")
        state.withLock { state in
            guard case .unknown = state else { return }
            state = .unknown(
                reason: "The registrar cannot reach the chain at the moment; try again.")
        }
    }

    /// Logs a problem once, however often it is met in a row.
    private func log(_ level: Logger.Level, _ problem: String) {
        let isNew = lastProblem.withLock { last in
            guard last != problem else { return false }
            last = problem
            return true
        }
        if isNew { logger.log(level: level, "\(problem.plainLine)") }
    }
}

extension Duration {
    /// Whole milliseconds, 0 where negative.
    var milliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(seconds) * 1000 + UInt64(attoseconds / 1_000_000_000_000_000)
    }
}
