package import Hummingbird
package import HummingbirdCore
package import Logging
import NIOCore

extension HTTPServerBuilder {
    /// HTTP/1.1 for strangers: every connection is kept within its bounds.
    package static func bounded(_ places: ConnectionPlaces) -> HTTPServerBuilder {
        .http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionKeeper(places: places)],
                idleTimeout: TimeAmount(places.limits.idle),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: ConnectionLimits.headerBytes,
                    maxHeaderListSize: ConnectionLimits.headerBytes,
                    maxHeaderFieldCount: ConnectionLimits.headerFields)))
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
