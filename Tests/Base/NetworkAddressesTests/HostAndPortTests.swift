import NetworkAddresses
import Testing

struct HostAndPortTests {
    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1", 80), ("[::1]:47000", "::1", 47000),
        ("node.example:0", "node.example", 0), ("[fe80::1%eth0]:65535", "fe80::1%eth0", 65535),
    ])
    func aHostAndItsPortAreReadAndWrittenTheSame(text: String, host: String, port: Int) throws {
        let parsed = try #require(HostAndPort(text))
        #expect(parsed == HostAndPort(host: host, port: port))
        #expect("\(parsed)" == text)
    }

    @Test(arguments: [
        "", ":80", "[]:80", "[::1]", "::1:80", "a", "a:", "a:x", "a:65536", "a:-1", "[::1:80",
        "::1]:80", "[a]:80", "[[::1]]:80",
    ])
    func whatIsNoHostWithAPortIsRefused(text: String) {
        #expect(HostAndPort(text) == nil)
    }
}
