// NetworkAddresses: what node and registrar take one party to hold of the network's addresses, and
// who makes place for whom where places are few. Pure values: it knows no socket, clock or task.

/// An address of the Internet, read from its text.
package enum IPAddress: Hashable, Sendable {
    /// Four bytes, the first one highest.
    case v4(UInt32)
    /// The first and the last 64 bits.
    case v6(UInt64, UInt64)

    /// Reads the textual forms of RFC 4291, section 2.2, and the four numbers of an IPv4 address. A
    /// zone (`%eth0`) is left out. An IPv4 address that an IPv6 socket shows (`::ffff:192.0.2.1`) is
    /// the IPv4 address.
    package init?(_ text: String) {
        let address = text.prefix { $0 != "%" }
        guard address.utf8.count <= Self.longestText else { return nil }
        guard address.contains(":") else {
            guard let bits = Self.ipv4(address) else { return nil }
            self = .v4(bits)
            return
        }
        guard let groups = Self.ipv6(address) else { return nil }
        if groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF {
            self = .v4(UInt32(groups[6]) << 16 | UInt32(groups[7]))
            return
        }
        func bits(_ range: Range<Int>) -> UInt64 {
            groups[range].reduce(0) { $0 << 16 | UInt64($1) }
        }
        self = .v6(bits(0..<4), bits(4..<8))
    }

    /// The longest text of an address: eight groups, the last two as an IPv4 address.
    private static let longestText = 45

    private static func ipv4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39) ~= $0 }),
                let byte = UInt8(part)
            else { return nil }
            bits = bits << 8 | UInt32(byte)
        }
        return bits
    }

    private static func ipv6(_ text: some StringProtocol) -> [UInt16]? {
        var groups: [UInt16] = []
        var gap: Int?
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)[...]
        // "::" at an end makes two empty parts there, in the middle one.
        if parts.first?.isEmpty == true {
            guard parts.dropFirst().first?.isEmpty == true else { return nil }
            parts = parts.dropFirst()
        }
        if parts.last?.isEmpty == true {
            guard parts.dropLast().last?.isEmpty == true else { return nil }
            if parts.count > 1 { parts = parts.dropLast() }
        }
        for (offset, part) in parts.enumerated() {
            if part.isEmpty {
                guard gap == nil else { return nil }
                gap = groups.count
            } else if offset == parts.count - 1, part.contains(".") {
                guard let bits = ipv4(part) else { return nil }
                groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.first != 0x2B,
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
            guard groups.count <= 8 else { return nil }
        }
        guard let gap else { return groups.count == 8 ? groups : nil }
        guard groups.count < 8 else { return nil }
        groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        return groups
    }
}

extension IPAddress: CustomStringConvertible {
    /// For logs: an IPv6 address is written in full groups without leading zeros.
    package var description: String {
        switch self {
        case .v4(let bits):
            [24, 16, 8, 0].map { String(bits >> $0 & 0xFF) }.joined(separator: ".")
        case .v6(let high, let low):
            [high, low].flatMap { half in
                [48, 32, 16, 0].map { String(half >> $0 & 0xFFFF, radix: 16) }
            }
            .joined(separator: ":")
        }
    }
}
