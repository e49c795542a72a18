package import Hummingbird
package import NetworkAddresses

extension Request {
    /// The party that a request comes from, as shares are counted.
    ///
    /// - Parameter peer: the address at the other end of the connection.
    package func client(peer: String, proxies: TrustedProxies) -> AddressGroup {
        let forwarded = headers.filter { $0.name.canonicalName == "x-forwarded-for" }
        return AddressGroup(proxies.client(of: peer, forwarded: forwarded.map(\.value)))
    }
}
