import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle

/// A node's HTTP server: runs until cancelled or shut down.
package struct APIServer: Service {
    let service: any NodeService
    private let host: String
    private let port: Int
    let limits: APILimits
    private let events: EventBroadcaster
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - port: the TCP port; 0 takes any free one.
    ///   - events: what the service's event streams come from; kept alive and ended here.
    ///   - onListening: called with the port once connections are accepted.
    package init(
        service: any NodeService, host: String, port: Int, limits: APILimits,
        events: EventBroadcaster, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.service = service
        self.host = host
        self.port = port
        self.limits = limits
        self.events = events
        self.logger = logger
        self.onListening = onListening
    }

    package func run() async throws {
        let counts = ConnectionCounts(limits: limits)
        let writeLimit = TimeAmount.seconds(Int64(limits.writeSeconds))
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ConnectionGuard(counts: counts, writeLimit: writeLimit)
            ],
            idleTimeout: .seconds(Int64(limits.idleSeconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: APILimits.headerBytes,
                maxHeaderListSize: APILimits.headerBytes, maxHeaderFieldCount: 100))
        var applicationConfiguration = ApplicationConfiguration(
            address: .hostname(host, port: port), serverName: "veche-node")
        applicationConfiguration.availableConnectionsDelegate =
            MaximumAvailableConnections(limits.connections, logger: logger)
        let listening = onListening
        let application = Application(
            router: try NodeRoutes(service: service, limits: limits).router(),
            server: .http1(configuration: configuration),
            configuration: applicationConfiguration,
            services: [KeepAlive(events: events)],
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { await listening(port) }
            },
            logger: logger)
        try await application.run()
    }
}

/// Keeps event streams open, and ends them when the server stops so that it need not wait for them.
private struct KeepAlive: Service {
    let events: EventBroadcaster

    func run() async throws {
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    // Cancellation ends the sleep and with it the loop.
                    try? await Task.sleep(for: .seconds(APILimits.keepAliveSeconds))
                    events.keepAlive()
                }
            }
        } onGracefulShutdown: {
            events.finish()
        }
    }
}
