/// What one party is taken to hold of the network's addresses: an IPv4 address, or the first 64 bits
/// of an IPv6 address, since every customer is given so many at least (RFC 6177).
package struct AddressGroup: Hashable, Sendable {
    private enum Kind: Hashable {
        case v4(UInt32)
        case v6Network(UInt64)
        case v6Site(UInt64)
        /// A host name, or whatever else stands where an address is expected.
        case name(String)
    }

    private let kind: Kind

    private init(_ kind: Kind) { self.kind = kind }

    /// The group of an address in its textual form; a host name is a group of its own.
    package init(_ address: String) {
        switch IPAddress(address) {
        case .v4(let bits): kind = .v4(bits)
        case .v6(0, 1): kind = .v4(Self.loopback)
        case .v6(let high, _): kind = .v6Network(high)
        case nil: kind = .name(String(address.prefix(Self.nameCharacters)))
        }
    }

    private static let nameCharacters = 64
    /// 127.0.0.1, which `::1` is another name of.
    private static let loopback: UInt32 = 0x7F00_0001

    /// The party that may hold many groups: a site's 48 bits of IPv6, or the group itself.
    package var site: AddressGroup {
        if case .v6Network(let high) = kind { return AddressGroup(.v6Site(high >> 16)) }
        return self
    }

    /// Whether it is this machine by its ordinary address. Other addresses of 127.0.0.0/8 are parties
    /// like any others.
    package var isThisMachine: Bool { kind == .v4(Self.loopback) }
}

extension AddressGroup: CustomStringConvertible {
    /// As bounds and logs name it: an IPv4 address, or an IPv6 prefix and its length.
    package var description: String {
        switch kind {
        case .v4(let bits): "\(IPAddress.v4(bits))"
        case .v6Network(let high): Self.prefix(high, groups: 4)
        case .v6Site(let bits): Self.prefix(bits << 16, groups: 3)
        case .name(let name): name
        }
    }

    private static func prefix(_ high: UInt64, groups: Int) -> String {
        [48, 32, 16, 0].prefix(groups).map { String(high >> $0 & 0xFFFF, radix: 16) }
            .joined(separator: ":") + "::/\(groups * 16)"
    }
}
