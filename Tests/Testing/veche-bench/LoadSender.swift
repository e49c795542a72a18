import AsyncHTTPClient
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

    /// The ballot's place among those that are offered.
    let number: Int
    let end: End
    let sent: ContinuousClock.Instant
    let answered: ContinuousClock.Instant
}

/// Sends ballots at their times, on a fixed number of connections.
struct LoadSender: Sendable {
    /// How long a ballot waits for a free connection.
    private static let patience = Duration.seconds(1)
    private static let requestTimeout = TimeAmount.seconds(20)

    /// The nodes' addresses.
    let urls: [String]
    let connections: Int
    /// Ballots a second.
    let rate: Int

    /// Offers the ballots; gives the outcome of each, in no order.
    func send(
        _ ballots: [[UInt8]], from start: ContinuousClock.Instant
    ) async throws -> [LoadOutcome] {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let queue = LoadQueue()
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
        while let number = queue.next(below: ballots.count) {
            let due = start + .seconds(1) * number / rate
            // Cancelled: what is left is counted as unsent by whoever counts.
            guard (try? await Task.sleep(until: due, tolerance: .milliseconds(1))) != nil else {
                break
            }
            let sent = ContinuousClock.now
            guard sent - due <= Self.patience else {
                outcomes.append(
                    LoadOutcome(number: number, end: .unsent, sent: sent, answered: sent))
                continue
            }
            let end = await send(ballots[number], to: url, with: client)
            outcomes.append(
                LoadOutcome(number: number, end: end, sent: sent, answered: .now))
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

/// Hands out numbers, each once.
private final class LoadQueue: Sendable {
    private let taken = Atomic(0)

    /// The next number, nil once all below `count` are taken.
    func next(below count: Int) -> Int? {
        let number = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        return number < count ? number : nil
    }
}
