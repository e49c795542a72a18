package import APISchema
package import Codec
internal import Ledger
package import LedgerClient

/// The chain as several nodes show it together, so that what one of them makes up decides nothing.
///
/// Of three or more nodes more than half must answer. Numbers are the middle one of the answers, the
/// lower of two; everything else is what more than half of the answers say. With one node, or with
/// two of which one is silent, there is nobody to compare with, and the one is believed.
package struct ChainPanel: ElectionChain {
    /// How long nodes are waited for once enough have answered.
    private static let patience = Duration.seconds(1)
    private static let poll = Duration.milliseconds(200)
    /// How long a transaction's finality is waited for.
    private static let finality = Duration.seconds(60)

    private let nodes: [any ElectionChain]

    /// - Parameter nodes: at least one, each answering for itself alone.
    package init(_ nodes: [any ElectionChain]) {
        precondition(!nodes.isEmpty, "a panel has members")
        self.nodes = nodes
    }

    package func head() async throws(ClientError) -> ChainHead {
        let heads = try await self.answers { node throws(ClientError) in try await node.head() }
        return ChainHead(
            height: Self.middle(heads.map(\.height)), time: Self.middle(heads.map(\.time)))
    }

    package func election() async throws(ClientError) -> ElectionStatus {
        let views = try await self.answers { node throws(ClientError) in
            try await node.election()
        }
        // Everything but the numbers is taken from views that agree on it.
        let common = try Self.majority(views.map(Outline.init), about: "the election's state")
        let styles = common.styles.map { style in
            let counts = views.compactMap { view in
                view.styles.first { $0.number == style.number }
            }
            return StyleStatus(
                number: style.number, region: style.region, opens: style.opens,
                closes: style.closes, listed: Self.middle(counts.map(\.listed)),
                issued: Self.middle(counts.map(\.issued)), cast: Self.middle(counts.map(\.cast)))
        }
        return ElectionStatus(
            summary: common.summary, ceremony: common.ceremony, styles: styles,
            abortReason: common.abortReason, createdAt: common.createdAt)
    }

    package func roll(style: UInt32, from: UInt32) async throws(ClientError) -> RollView {
        let views = try await self.answers { node throws(ClientError) in
            try await node.roll(style: style, from: from)
        }
        return try Self.majority(views, about: "the roll of style \(style)")
    }

    package func isFinal(_ transactionID: Bytes32) async throws(ClientError) -> Bool {
        let answers = try await self.answers { node throws(ClientError) in
            try await node.isFinal(transactionID)
        }
        return answers.count { $0 } * 2 > answers.count
    }

    /// To every node, so that one that drops it does not matter. Refused only where none takes it.
    package func submit(_ transaction: [UInt8]) async throws(ClientError) {
        let (taken, failures) = await self.ask { node throws(ClientError) in
            try await node.submit(transaction)
            return true
        }
        guard taken.isEmpty else { return }
        let refusal = failures.first { if case .refused = $0 { true } else { false } }
        throw refusal ?? failures.first ?? .unreachable([])
    }

    package func submitAndWait(_ transaction: [UInt8]) async throws(ClientError) {
        try await self.submit(transaction)
        let id = Transaction.id(of: transaction)
        let start = ContinuousClock.now
        while try await !self.isFinal(id) {
            guard ContinuousClock.now - start < Self.finality else {
                throw .timedOut(waitingFor: "the finality of transaction \(id)")
            }
            do { try await Task.sleep(for: Self.poll) } catch { throw .cancelled }
        }
    }

    // MARK: - Asking

    /// How many of the nodes must answer.
    private var needed: Int { self.nodes.count < 3 ? 1 : self.nodes.count / 2 + 1 }

    private func answers<Value: Sendable>(
        _ question:
            @escaping @Sendable (any ElectionChain) async throws(ClientError) -> Value
    ) async throws(ClientError) -> [Value] {
        let (answers, failures) = await self.ask(question)
        guard answers.count >= self.needed else {
            throw failures.first ?? .unreachable(["too few nodes answered in time"])
        }
        return answers
    }

    private enum Event<Value: Sendable>: Sendable {
        case answer(Value)
        case failure(ClientError)
        case patienceEnds
    }

    /// Asks all nodes at once. A node that is silent is not waited for when enough have answered.
    private func ask<Value: Sendable>(
        _ question:
            @escaping @Sendable (any ElectionChain) async throws(ClientError) -> Value
    ) async -> (answers: [Value], failures: [ClientError]) {
        await withTaskGroup(of: Event<Value>.self) { group in
            for node in self.nodes {
                group.addTask {
                    do throws(ClientError) {
                        return .answer(try await question(node))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            group.addTask {
                // Ended early when all have answered.
                try? await Task.sleep(for: Self.patience)
                return .patienceEnds
            }
            var answers: [Value] = []
            var failures: [ClientError] = []
            var isPatient = true
            for await event in group {
                switch event {
                case .answer(let answer): answers.append(answer)
                case .failure(let failure): failures.append(failure)
                case .patienceEnds: isPatient = false
                }
                let isComplete = answers.count + failures.count == self.nodes.count
                let suffices = answers.count > self.nodes.count / 2
                if isComplete || (!isPatient && suffices) { break }
            }
            group.cancelAll()
            return (answers, failures)
        }
    }

    // MARK: - Comparing

    /// What more than half of the answers are.
    private static func majority<Value: Equatable>(
        _ answers: [Value], about subject: String
    ) throws(ClientError) -> Value {
        for answer in answers where answers.count(where: { $0 == answer }) * 2 > answers.count {
            return answer
        }
        throw .unreachable(["the nodes do not agree about \(subject)"])
    }

    /// The middle one; the lower one of an even number.
    private static func middle<Value: Comparable>(_ values: [Value]) -> Value {
        precondition(!values.isEmpty, "there is an answer")
        return values.sorted()[(values.count - 1) / 2]
    }

    /// An election's state without the numbers that move with every block.
    private struct Outline: Equatable {
        struct Style: Equatable {
            let number: UInt32
            let region: String
            let opens: Timestamp
            let closes: Timestamp
        }

        let summary: ElectionSummary
        let ceremony: UInt32
        let styles: [Style]
        let abortReason: String?
        let createdAt: UInt64?

        init(_ status: ElectionStatus) {
            self.summary = status.summary
            self.ceremony = status.ceremony
            self.styles = status.styles.map {
                Style(
                    number: $0.number, region: $0.region, opens: $0.opens, closes: $0.closes)
            }
            self.abortReason = status.abortReason
            self.createdAt = status.createdAt
        }
    }
}
