package import Hummingbird
package import HummingbirdCore
package import Logging
import NIOCore

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
    /// An accepted connection that nobody serves yet; it closes when nobody ever does.
    final class Accepted: ServerChildChannelValue {
        let channel: any Channel

        init(_ channel: any Channel) { self.channel = channel }

        deinit { channel.close(promise: nil) }
    }

    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Accepted> {
        // Nothing is read before the connection is served, and so nothing is lost until then.
        channel.setOption(.autoRead, value: false).map { Accepted(channel) }
    }

    func handle(value: Accepted, logger: Logger) async {
        let channel = value.channel
        // It fails only for a connection that has ended already.
        guard
            let served = try? await channel.eventLoop.flatSubmit({
                base.setup(channel: channel, logger: logger)
            }).get()
        else { return channel.close(promise: nil) }
        // It fails likewise, and what is served then ends by itself.
        try? await channel.setOption(.autoRead, value: true).get()
        await base.handle(value: served, logger: logger)
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
