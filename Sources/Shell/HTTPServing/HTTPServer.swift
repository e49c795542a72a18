package import Hummingbird
package import HummingbirdCore
package import Logging
import NIOCore
import Synchronization

extension HTTPServerBuilder {
    /// HTTP/1.1 for strangers: every connection is kept within its bounds.
    package static func bounded(_ places: ConnectionPlaces) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            DroppableChannel(
                base: HTTP1Channel(
                    responder: responder,
                    configuration: HTTP1Channel.Configuration(
                        additionalChannelHandlers: [ConnectionKeeper(places: places)],
                        idleTimeout: TimeAmount(places.limits.idle),
                        httpDecoderConfiguration: .init(
                            maxHeaderFieldSize: ConnectionLimits.headerBytes,
                            maxHeaderListSize: ConnectionLimits.headerBytes,
                            maxHeaderFieldCount: ConnectionLimits.headerFields))))
        }
    }
}

/// HTTP connections that a server which stops may drop before it has served them. One that NIO has
/// wrapped for asynchronous use must be used: where it is dropped, it ends the process.
private struct DroppableChannel: ServerChildChannel {
    /// An accepted connection that nobody serves yet.
    final class Accepted: ServerChildChannelValue {
        let served: HTTP1Channel.Value
        private let isTaken = Atomic(false)

        var channel: any Channel { served.channel }

        init(_ served: HTTP1Channel.Value) { self.served = served }

        func take() -> HTTP1Channel.Value {
            isTaken.store(true, ordering: .releasing)
            return served
        }

        deinit {
            guard !isTaken.load(ordering: .acquiring) else { return }
            // Nobody can wait for it here. It ends as soon as the socket is closed.
            Task { [served] in
                // A connection that has ended already cannot be closed.
                try? await served.executeThenClose { _, _ in }
            }
        }
    }

    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Accepted> {
        base.setup(channel: channel, logger: logger).map { Accepted($0) }
    }

    func handle(value: Accepted, logger: Logger) async {
        await base.handle(value: value.take(), logger: logger)
    }
}

extension ApplicationConfiguration {
    /// Listens on an address, and opens no more than `ConnectionLimits.sockets` descriptors.
    package init(host: String, port: Int, name: String, limits: ConnectionLimits, logger: Logger) {
        self.init(address: .hostname(host, port: port), serverName: name)
        // What it admits may still be refused a place, or push another one out.
        availableConnectionsDelegate = MaximumAvailableConnections(
            limits.connections + ConnectionLimits.headroom - (ConnectionLimits.acceptedAtOnce - 1),
            logger: logger)
    }
}
