import NetworkAddresses
import Testing

struct AddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:201", "192.0.2.1"), ("::1", "0:0:0:0:0:0:0:1"), ("::", "0:0:0:0:0:0:0:0"),
        ("2001:db8::1", "2001:db8:0:0:0:0:0:1"), ("2001:DB8::", "2001:db8:0:0:0:0:0:0"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("64:ff9b::192.0.2.1", "64:ff9b:0:0:0:0:c000:201"),
        ("fe80::1%eth0", "fe80:0:0:0:0:0:0:1"),
    ])
    func addressesAreRead(text: String, written: String) throws {
        #expect("\(try #require(IPAddress(text)))" == written)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1.2.3.+4", " 1.2.3.4", "1.2.3.4 ",
        ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1::2", "1::2:",
        "12345::", "+1::", "g::", "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::", "localhost",
        "1:2:3:4:5:6:7:1.2.3.4", String(repeating: "0", count: 46),
    ])
    func otherTextsAreNoAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func aGroupIsAnIPv4AddressOrTheFirst64Bits() {
        #expect(AddressGroup("192.0.2.1") == AddressGroup("::ffff:192.0.2.1"))
        #expect(AddressGroup("192.0.2.1") != AddressGroup("192.0.2.2"))
        #expect(AddressGroup("2001:db8:1:2:3::1") == AddressGroup("2001:db8:1:2:ffff::2"))
        #expect(AddressGroup("2001:db8:1:2::1") != AddressGroup("2001:db8:1:3::1"))
        #expect(AddressGroup("2001:db8:1:2::1").description == "2001:db8:1:2::/64")
        #expect(AddressGroup("a-host") == AddressGroup("a-host"))
        #expect(AddressGroup("a-host") != AddressGroup("b-host"))
    }

    @Test func aSiteIsTheFirst48Bits() {
        #expect(AddressGroup("2001:db8:1:2::1").site == AddressGroup("2001:db8:1:3::1").site)
        #expect(AddressGroup("2001:db8:1:2::1").site != AddressGroup("2001:db8:2:2::1").site)
        #expect(AddressGroup("2001:db8:1:2::1").site.description == "2001:db8:1::/48")
        #expect(AddressGroup("192.0.2.1").site == AddressGroup("192.0.2.1"))
    }

    @Test func thisMachineIsItsOrdinaryAddressAlone() {
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            #expect(AddressGroup(address).isThisMachine)
        }
        for address in ["127.0.0.2", "::2", "192.0.2.1", "localhost"] {
            #expect(!AddressGroup(address).isThisMachine)
        }
    }
}

struct TrustedProxiesTests {
    private let proxies = TrustedProxies(["127.0.0.1", "2001:db8::1", "no address"])

    @Test(arguments: [
        // Nobody's word but a proxy's counts.
        ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("::ffff:127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        // What stands before the proxy's part is a claim.
        ("127.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        // Two proxies in a row.
        ("127.0.0.1", ["1.1.1.1, 203.0.113.9, 2001:db8::1"], "203.0.113.9"),
        ("127.0.0.1", ["2001:db8::1"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("127.0.0.1", ["[2001:db8::9]:4711"], "2001:db8:0:0:0:0:0:9"),
        // What is no address is not believed, nor what stands before it.
        ("127.0.0.1", ["203.0.113.9, unknown"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("2001:db8:0:0::1", ["203.0.113.9"], "203.0.113.9"),
        ("no address", ["203.0.113.9"], "no address"),
    ])
    func onlyAProxysOwnPartIsBelieved(peer: String, forwarded: [String], client: String) {
        #expect(proxies.client(of: peer, forwarded: forwarded) == client)
    }
}
