internal import APISchema
internal import Cryptography
internal import HTTPServing
internal import Hummingbird
internal import HummingbirdCore
internal import Ledger
internal import LedgerClient
package import Logging
internal import NIOCore
internal import NetworkAddresses
internal import ServiceLifecycle
internal import UnixSignals

/// The registrar as a service: HTTP, the chain's follower, and the publisher of issues.
package struct RegistrarServer: Sendable {
    /// Voters send one short request; whoever keeps a connection open holds it for half a minute.
    private static let connections = ConnectionLimits(idle: .seconds(30))
    /// Descriptors beside the clients': standard streams, event loops, the database with its logs, and
    /// connections to nodes.
    private static let ownDescriptors = 128
    /// Descriptors that the registrar needs at most.
    package static var descriptors: Int { connections.sockets + ownDescriptors }

    private let issuer: Issuer
    private let watch: ChainWatch
    private let publisher: IssuePublisher
    private let database: RegistrarDatabase
    private let configuration: RegistrarConfiguration
    private let address: ListenAddress
    private let logger: Logger

    package init(
        issuer: Issuer, secrets: RegistrarSecrets, database: RegistrarDatabase,
        chain: any ElectionChain, configuration: RegistrarConfiguration, address: ListenAddress,
        logger: Logger
    ) {
        let document = issuer.document
        self.issuer = issuer
        self.database = database
        self.configuration = configuration
        self.address = address
        self.logger = logger
        watch = ChainWatch(document: document, chain: chain, database: database, logger: logger)
        publisher = IssuePublisher(
            document: document, chain: chain, watch: watch, database: database,
            transactions: RegistrarTransactions(document: document, key: secrets.signingKey),
            configuration: configuration, logger: logger)
    }

    /// Serves until SIGTERM or SIGINT, or until a service fails.
    ///
    /// - Throws: `ServingFailure`, or what a service failed with.
    /// - Parameter onListening: called with the port once connections are accepted.
    package func run(
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [watch, publisher, application(onListening)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        if !address.isOfThisMachine {
            logger.notice(
                "other machines reach this address, and it serves plain HTTP: let the reverse proxy alone connect",
                metadata: ["listen": "\(address)"])
        }
        do {
            try await group.run()
        } catch let error as IOError {
            throw ServingFailure.cannotListen(address, ServingFailure.Reason(code: error.errnoCode))
        } catch is SocketAddressError.UnknownHost {
            throw ServingFailure.cannotListen(address, .unknownHost)
        }
    }

    private func application(
        _ onListening: @escaping @Sendable (Int) async -> Void
    ) -> some Service {
        let proxies = TrustedProxies(configuration.trustedProxies)
        // The server's own log lines name requests and addresses: only its warnings are kept.
        var quiet = logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        return Application(
            responder: RegistrarRoutes(
                issuer: issuer, watch: watch, database: database,
                configuration: configuration, logger: logger
            ).responder(),
            server: .bounded(ConnectionPlaces(limits: Self.connections, proxies: proxies)),
            configuration: ApplicationConfiguration(
                host: address.host, port: address.port, name: "veche-registrar",
                limits: Self.connections, logger: quiet),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { await onListening(port) }
            },
            logger: quiet)
    }
}
