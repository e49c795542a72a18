import HTTPServing
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import NetworkAddresses
import ServiceLifecycle

/// A node's HTTP server: runs until cancelled or shut down.
package struct APIServer: Service {
    let service: any NodeService
    private let host: String
    private let port: Int
    let limits: APILimits
    let proxies: TrustedProxies
    private let events: EventBroadcaster
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - port: the TCP port; 0 takes any free one.
    ///   - proxies: whose word on a client's address is believed.
    ///   - events: what the service's event streams come from; kept alive and ended here.
    ///   - onListening: called with the port once connections are accepted.
    package init(
        service: any NodeService, host: String, port: Int, limits: APILimits,
        proxies: TrustedProxies, events: EventBroadcaster, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.service = service
        self.host = host
        self.port = port
        self.limits = limits
        self.proxies = proxies
        self.events = events
        self.logger = logger
        self.onListening = onListening
    }

    package func run() async throws {
        let connectionLimits = limits.connectionLimits
        let listening = onListening
        let application = Application(
            responder: try routes.responder(),
            server: .bounded(ConnectionPlaces(limits: connectionLimits, proxies: proxies)),
            configuration: ApplicationConfiguration(
                host: host, port: port, name: "veche-node", limits: connectionLimits,
                logger: logger),
            services: [KeepAlive(events: events)],
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { await listening(port) }
            },
            logger: logger)
        try await application.run()
    }

    var routes: NodeRoutes { NodeRoutes(service: service, limits: limits, proxies: proxies) }
}

/// Keeps event streams open and lets their places pass on. Ends them when the server stops, so that the
/// server need not wait for them.
private struct KeepAlive: Service {
    let events: EventBroadcaster

    func run() async throws {
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    for _ in 0..<APILimits.keepAliveSeconds {
                        // Cancellation ends the sleeps and with them the loop.
                        try? await Task.sleep(for: .seconds(1))
                        events.advance()
                    }
                    events.keepAlive()
                }
            }
        } onGracefulShutdown: {
            events.finish()
        }
    }
}
