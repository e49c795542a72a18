internal import APISchema
internal import AsyncHTTPClient
internal import Codec
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import PlainText
internal import Synchronization

/// Something that a server said and that does not hold, with what it said.
package struct ServerComplaint: Hashable, Sendable, CustomStringConvertible {
    /// The server's address.
    package let server: String
    /// What was asked for.
    package let path: String
    /// What is wrong with the answer, one plain line.
    package let problem: String
    /// The answer, at most `evidenceLimit` bytes of it. An answer is not signed: it shows to its owner
    /// what came, and to nobody else who sent it, unless what it holds is signed.
    package let evidence: [UInt8]

    /// Bytes that are kept of an answer.
    package static let evidenceLimit = 1 << 20
    /// Complaints that are kept about one server: the first ones.
    static let limit = 8

    package var description: String { "\(server) (\(path)): \(problem)" }
}

/// The connections of a client and how each server has behaved so far, which all requests of the
/// client share.
final class ServerPool: Sendable {
    let limits: ClientLimits
    let client: HTTPClient
    private let state = Mutex(State())

    private struct State {
        /// The server that is asked first.
        var preferred: String?
        var standings: [String: Standing] = [:]
        var complaints: [ServerComplaint] = []
    }

    private struct Standing {
        /// In a row.
        var failures = 0
        /// Other servers are asked first until then.
        var rests: ContinuousClock.Instant?
    }

    init(limits: ClientLimits) {
        self.limits = limits
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = HTTPClient.Configuration.Timeout(
            connect: .seconds(5), read: limits.requestTimeout.timeAmount)
        // A refused connection is for the next server, not to be tried again until the timeout.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends all connections; to be called once.
    func shutdown() async {
        // A client that is shut down already has nothing left to end.
        try? await client.shutdown()
    }

    /// What servers said that does not hold, in the order in which it came.
    var complaints: [ServerComplaint] { state.withLock { $0.complaints } }

    /// The servers in the order in which they are to be asked: first the one that answered last, and
    /// apart those that failed a moment ago.
    func order(of servers: [String]) -> (first: [String], resting: [String]) {
        let now = ContinuousClock.now
        return state.withLock { state in
            let start = state.preferred.flatMap { servers.firstIndex(of: $0) } ?? 0
            let turned = Array(servers[start...] + servers[..<start])
            let resting = turned.filter { server in
                state.standings[server]?.rests.map { $0 > now } ?? false
            }
            return (turned.filter { !resting.contains($0) }, resting)
        }
    }

    /// The server answered as it should.
    ///
    /// - Parameter isPreferred: whether it is to be asked first from now on, since others could have
    ///   answered.
    func commend(_ server: String, isPreferred: Bool) {
        state.withLock { state in
            if isPreferred { state.preferred = server }
            state.standings[server] = nil
        }
    }

    /// The server gave no answer, or none in time.
    func excuse(_ server: String, isLate: Bool) {
        state.withLock { state in
            var standing = state.standings[server] ?? Standing()
            standing.failures = min(standing.failures + 1, 6)
            // One that hangs costs its whole time again.
            let pause = (isLate ? limits.requestTimeout : limits.firstPause)
            standing.rests = .now + pause * (1 << standing.failures) / 2
            state.standings[server] = standing
        }
    }

    /// The server gave an answer that does not hold.
    func complain(of server: String, path: String, problem: String, evidence: [UInt8]) {
        let complaint = ServerComplaint(
            server: server, path: path.plainLine(limit: 200), problem: problem.plainLine,
            evidence: Array(evidence.prefix(ServerComplaint.evidenceLimit)))
        let isNew = state.withLock { state in
            var standing = state.standings[server] ?? Standing()
            standing.failures = min(standing.failures + 1, 6)
            standing.rests = .now + limits.distrust
            state.standings[server] = standing
            let known = state.complaints.filter { $0.server == server }
            guard known.count < ServerComplaint.limit,
                !known.contains(where: { $0.problem == complaint.problem })
            else { return false }
            state.complaints.append(complaint)
            return true
        }
        if isNew {
            limits.notice?("\(server) gave an answer that does not hold: \(complaint.problem).")
        }
    }

    /// The server after this one in the list is asked first from now on.
    func preferAnother(of servers: [String]) {
        state.withLock { state in
            let place = state.preferred.flatMap { servers.firstIndex(of: $0) } ?? 0
            state.preferred = servers[(place + 1) % servers.count]
        }
    }
}
