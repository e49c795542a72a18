package import Logging
import ServiceLifecycle
import UnixSignals

extension Node {
    /// Runs until SIGTERM or SIGINT asks the node to stop, or something stops it.
    ///
    /// - Throws: `NodeFailure` when something stops the node.
    package func runUntilSignalled(logger: Logger) async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: self, successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}
