/// The reverse proxies whose word on a client's address is believed.
package struct TrustedProxies: Sendable {
    private let proxies: Set<IPAddress>

    /// - Parameter addresses: as text; what is no address is no proxy.
    package init(_ addresses: some Sequence<String>) {
        proxies = Set(addresses.compactMap(IPAddress.init))
    }

    /// Whether the peer of a connection is one of them.
    package func contains(_ peer: String) -> Bool {
        IPAddress(peer).map { proxies.contains($0) } ?? false
    }

    /// The address that a request comes from: the peer's own, or, where the peer is a trusted proxy,
    /// the last address in `X-Forwarded-For` that no trusted proxy has. Each proxy appends the address
    /// that it saw, so whatever stands before that one is the client's claim.
    ///
    /// - Parameters:
    ///   - peer: the address at the other end of the connection.
    ///   - forwarded: the values of `X-Forwarded-For`, in their order.
    package func client(of peer: String, forwarded: [String]) -> String {
        guard contains(peer) else { return peer }
        let claims = forwarded.suffix(Self.fields).flatMap { value in
            value.split(separator: ",").suffix(Self.addresses)
        }
        for claim in claims.reversed() {
            let text = claim.filter { $0 != " " && $0 != "\t" }
            // What a proxy did not write as an address is not worth more than the proxy's own.
            guard let client = IPAddress(Self.withoutPort(text)) else { return peer }
            if !proxies.contains(client) { return "\(client)" }
        }
        return peer
    }

    /// Fields and addresses of one field that are looked at: more proxies in a row than anybody has.
    private static let fields = 8
    private static let addresses = 16

    /// Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`.
    private static func withoutPort(_ text: String) -> String {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return String(text[text.index(after: text.startIndex)..<end])
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 ? String(parts[0]) : text
    }
}
