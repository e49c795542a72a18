/// What one party is taken to hold of the network's addresses: an IPv4 address, or the first 64 bits
/// of an IPv6 address, since every customer is given so many at least.
package struct AddressGroup: Hashable, Sendable {
    private let text: String

    /// The group of an address in its textual form; a host name is a group of its own.
    package init(_ address: String) {
        guard address.contains(":") else {
            text = address
            return
        }
        let lowercase = address.lowercased()
        if lowercase.hasPrefix("::ffff:"), lowercase.contains(".") {
            // An IPv4 peer of a socket for both.
            text = String(lowercase.dropFirst("::ffff:".count))
            return
        }
        var parts = lowercase.split(separator: ":", omittingEmptySubsequences: false)[...]
        // An address that begins with "::" gives two empty parts.
        if parts.first?.isEmpty == true { parts = parts.dropFirst() }
        var groups: [Substring] = []
        for part in parts {
            guard part.isEmpty else {
                groups.append(part)
                continue
            }
            // "::" stands for as many zeros as are missing.
            let missing = max(0, 8 - parts.count { !$0.isEmpty })
            groups += Array(repeating: "0", count: missing)
        }
        text = groups.prefix(4).joined(separator: ":") + "::/64"
    }
}
