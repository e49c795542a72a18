internal import Hummingbird
internal import NIOCore

/// Which network a request comes from, as far as guesses are counted.
package enum ClientNetwork {
    /// The network of a client. Behind one of our own proxies it is the last address of
    /// `X-Forwarded-For`, the one that the proxy itself added; from anybody else the field is a claim.
    package static func name(
        peer: String, forwarded: [String], trustedProxies: [String]
    ) -> String {
        guard trustedProxies.contains(Self.plain(peer)),
            let last = forwarded.last?.split(separator: ",").last
        else { return Self.network(peer) }
        let client = last.filter { $0 != " " && $0 != "\t" }
        return Self.network(client.count <= 64 ? client : peer)
    }

    /// An IPv4 address itself, an IPv6 address's first 64 bits: one household has all that follow.
    private static func network(_ address: String) -> String {
        let address = Self.plain(address)
        guard address.contains(":") else { return address }
        let halves = address.split(separator: ":", omittingEmptySubsequences: false)
        // Before the `::` stand as many groups as are written; the rest of the first four is zero.
        var groups: [Substring] = []
        for group in halves {
            if group.isEmpty { break }
            groups.append(group)
        }
        let missing = max(0, 4 - groups.count)
        return (groups.prefix(4) + Array(repeating: "0", count: missing)).joined(separator: ":")
            + "::/64"
    }

    /// Without what an IPv6 socket writes before an IPv4 address.
    private static func plain(_ address: String) -> String {
        let mapped = "::ffff:"
        return address.hasPrefix(mapped) && address.contains(".")
            ? String(address.dropFirst(mapped.count)) : address
    }
}

/// What a handler knows of a request beyond its content.
struct VoterContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address that the connection comes from, without the port.
    let peer: String

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.peer = source.channel.remoteAddress?.ipAddress ?? "local"
    }
}
