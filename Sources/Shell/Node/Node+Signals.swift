import Glibc
package import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// What SIGTERM and SIGINT do to a node's process, from before the node is made until it has ended.
package final class StopRequests: Sendable {
    private let group = Mutex<ServiceGroup?>(nil)
    private let logger: Logger

    private init(logger: Logger) { self.logger = logger }

    /// Runs `body`, during which a signal asks the node to stop. Before `body` has a node that runs,
    /// it ends the process at once, with status 0: killing a node loses nothing.
    package static func heeding<Failure: Error>(
        logger: Logger, _ body: (StopRequests) async throws(Failure) -> Void
    ) async throws(Failure) {
        let requests = StopRequests(logger: logger)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let result = await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signals { await requests.stop() } }
            defer { group.cancelAll() }
            do throws(Failure) {
                try await body(requests)
                return Result<Void, Failure>.success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func stop() async {
        guard let group = group.withLock({ $0 }) else {
            logger.info("asked to stop before the node runs")
            _exit(0)
        }
        await group.triggerGracefulShutdown()
    }

    /// Runs a node until a signal asks it to stop, or something stops it.
    ///
    /// - Throws: `NodeFailure` when something stops the node.
    package func run(_ node: Node) async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: node, successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                logger: logger))
        self.group.withLock { $0 = group }
        try await group.run()
    }
}
