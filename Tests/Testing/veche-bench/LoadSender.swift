import AsyncHTTPClient
import DequeModule
import NIOCore
import NIOHTTP1
import Synchronization

/// What became of one ballot at the client.
struct LoadOutcome: Sendable {
    enum End: Sendable {
        case accepted
        /// The server asks to come again later.
        case busy
        /// Another refusal.
        case refused
        /// No answer.
        case failed
        /// No connection was free in time.
        case unsent
    }

    /// The ballot's place among those that were made.
    let number: Int
    let end: End
    let sent: ContinuousClock.Instant
    let answered: ContinuousClock.Instant
}

/// Sends ballots at their times, on a fixed number of connections. A ballot that found no place is offered
/// again, as its voter would do.
struct LoadSender: Sendable {
    /// How long a ballot waits for a free connection.
    private static let patience = Duration.seconds(1)
    private static let requestTimeout = TimeAmount.seconds(20)

    /// The nodes' addresses.
    let urls: [String]
    let connections: Int
    /// Offers a second.
    let rate: Int
    /// All offers together.
    let offers: Int

    /// Offers the ballots; gives the outcome of each offer, in no order. Where fewer ballots than offers are
    /// left, the other offers are not made.
    func send(
        _ ballots: [[UInt8]], from start: ContinuousClock.Instant
    ) async throws -> [LoadOutcome] {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let queue = LoadQueue(ballots: ballots.count, offers: offers)
        let outcomes = await withTaskGroup(of: [LoadOutcome].self) { group in
            for connection in 0..<connections {
                let url = urls[connection % urls.count] + "/v1/transactions"
                group.addTask { await work(off: ballots, queue, to: url, with: client, start) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        try await client.shutdown()
        return outcomes
    }

    /// One connection: takes the next ballot, waits until it is due, and sends it.
    private func work(
        off ballots: [[UInt8]], _ queue: LoadQueue, to url: String, with client: HTTPClient,
        _ start: ContinuousClock.Instant
    ) async -> [LoadOutcome] {
        var outcomes: [LoadOutcome] = []
        while let offer = queue.nextOffer() {
            let due = start + .seconds(1) * offer / rate
            // Cancelled: what is left is counted as unsent by whoever counts.
            guard (try? await Task.sleep(until: due, tolerance: .milliseconds(1))) != nil else {
                break
            }
            guard let number = queue.nextBallot() else { continue }
            let sent = ContinuousClock.now
            guard sent - due <= Self.patience else {
                outcomes.append(
                    LoadOutcome(number: number, end: .unsent, sent: sent, answered: sent))
                queue.giveBack(number)
                continue
            }
            let end = await send(ballots[number], to: url, with: client)
            outcomes.append(
                LoadOutcome(number: number, end: end, sent: sent, answered: .now))
            if case .busy = end { queue.giveBack(number) }
        }
        return outcomes
    }

    private func send(
        _ ballot: [UInt8], to url: String, with client: HTTPClient
    ) async -> LoadOutcome.End {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/octet-stream")
        request.body = .bytes(ByteBuffer(bytes: ballot))
        do {
            let answer = try await client.execute(request, timeout: Self.requestTimeout)
            // A connection is free once its answer is read.
            for try await _ in answer.body {}
            return switch answer.status.code {
            case 200, 202: .accepted
            case 429, 503: .busy
            default: .refused
            }
        } catch {
            // Why there was no answer is told by the nodes' logs.
            return .failed
        }
    }
}

/// Hands out ballots to be offered: new ones, then those that were given back, in order.
private final class LoadQueue: Sendable {
    private struct State {
        var offer = 0
        var ballot = 0
        var again: Deque<Int> = []
    }

    private let state = Mutex(State())
    private let ballots: Int
    private let offers: Int

    init(ballots: Int, offers: Int) {
        self.ballots = ballots
        self.offers = offers
    }

    /// The number of the next offer; nil after the last one.
    func nextOffer() -> Int? {
        state.withLock { state in
            guard state.offer < offers else { return nil }
            defer { state.offer += 1 }
            return state.offer
        }
    }

    /// The number of the next ballot; nil while all are taken.
    func nextBallot() -> Int? {
        state.withLock { state in
            guard state.ballot < ballots else { return state.again.popFirst() }
            defer { state.ballot += 1 }
            return state.ballot
        }
    }

    /// The ballot may be offered again.
    func giveBack(_ ballot: Int) { state.withLock { $0.again.append(ballot) } }
}
