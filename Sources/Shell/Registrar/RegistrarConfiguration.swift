package import DocumentFiles
internal import NetworkAddresses

/// What one operator of a registrar chooses (`registrar.json`); unknown keys are refused.
package struct RegistrarConfiguration: Codable, Hashable, Sendable {
    /// The registrar's name in the election document.
    package var name: String
    /// Address and port to serve on, as in `127.0.0.1:8090`; TLS is the reverse proxy's.
    package var listen: String
    /// Nodes to ask, where the command line names none.
    package var nodes: [String]
    /// Issued leaves of a style that wait before a batch is published: fewer hide too little.
    package var issuedLeavesMinimum: Int
    /// Least time between two batches of a style, in seconds of chain time.
    package var issuedLeavesIntervalSeconds: Int
    /// Least time between two counts of a style, in milliseconds.
    package var countIntervalMilliseconds: Int
    /// Wrong access codes for one voter from one network (an IPv4 address, 64 bits of an IPv6 address)
    /// before that network gets no answer for that voter.
    package var failuresPerVoter: Int
    /// Wrong access codes for one voter from all networks together before nobody gets an answer for
    /// that voter but the networks from which the right code came before. It bounds the guesses of those
    /// who have many addresses, or choose what a proxy says of theirs (default: ten times
    /// `failuresPerVoter`).
    package var failuresPerVoterFromAll: Int?
    /// Wrong access codes from one network before it has a third of `failuresPerVoter` for each voter.
    /// The others behind an address that many share are not refused.
    package var failuresPerNetwork: Int
    /// How long an answer is refused, in seconds.
    package var blockSeconds: Int
    /// Addresses of our own reverse proxies, whose part of `X-Forwarded-For` is believed: the last
    /// address in it. A proxy that is named here must append the address of its client.
    package var trustedProxies: [String]
    /// How long a request's body may take to arrive, in seconds.
    package var bodySeconds: Int
    /// Requests in work at once; each takes a turn at the database.
    package var requestsAtOnce: Int

    package init(name: String, listen: String = "127.0.0.1:8090", nodes: [String] = []) {
        self.name = name
        self.listen = listen
        self.nodes = nodes
        issuedLeavesMinimum = 50
        issuedLeavesIntervalSeconds = 1800
        countIntervalMilliseconds = 200
        failuresPerVoter = 10
        failuresPerVoterFromAll = 100
        failuresPerNetwork = 500
        blockSeconds = 900
        trustedProxies = ["127.0.0.1", "::1"]
        bodySeconds = 10
        requestsAtOnce = 512
    }

    /// Wrong codes for one voter from all networks.
    var voterFailures: Int { failuresPerVoterFromAll ?? 10 * failuresPerVoter }

    /// The file's configuration, checked.
    package init(at path: String) throws(FileFailure) {
        self = try JSONDocument.read(Self.self, at: path)
        func require(
            _ value: Int, _ range: ClosedRange<Int>, _ key: String
        ) throws(FileFailure) {
            guard !range.contains(value) else { return }
            throw .json(
                path: path,
                JSONFailure(
                    line: 1, keyPath: key,
                    problem: "must be from \(range.lowerBound) to \(range.upperBound)"))
        }
        try require(issuedLeavesMinimum, 1...10_000, "issuedLeavesMinimum")
        try require(issuedLeavesIntervalSeconds, 0...86_400, "issuedLeavesIntervalSeconds")
        try require(countIntervalMilliseconds, 50...10_000, "countIntervalMilliseconds")
        try require(failuresPerVoter, 1...1000, "failuresPerVoter")
        try require(voterFailures, failuresPerVoter...100_000, "failuresPerVoterFromAll")
        try require(failuresPerNetwork, failuresPerVoter...1_000_000, "failuresPerNetwork")
        try require(bodySeconds, 1...300, "bodySeconds")
        try require(requestsAtOnce, 1...10_000, "requestsAtOnce")
        try require(blockSeconds, 1...86_400, "blockSeconds")
        for proxy in trustedProxies where IPAddress(proxy) == nil {
            throw .json(
                path: path,
                JSONFailure(
                    line: 1, keyPath: "trustedProxies",
                    problem: "\(proxy) is no IP address, such as 127.0.0.1"))
        }
        guard ListenAddress(listen) != nil else {
            throw .json(
                path: path,
                JSONFailure(
                    line: 1, keyPath: "listen", problem: "needs address and port: 127.0.0.1:8090"))
        }
    }
}

/// Where a server listens.
package struct ListenAddress: Hashable, Sendable {
    package let host: String
    /// 0 takes a free port.
    package let port: Int

    /// Nil unless the text is `HOST:PORT`; an IPv6 host stands in brackets.
    package init?(_ text: String) {
        guard let place = HostAndPort(text) else { return nil }
        self.host = place.host
        self.port = place.port
    }
}

extension ListenAddress: CustomStringConvertible {
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether only programs of this machine reach it.
    var isOfThisMachine: Bool {
        switch IPAddress(host) {
        case .v4(let bits): bits >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        case nil: host.lowercased() == "localhost"
        }
    }
}

/// The files of a registrar's home directory.
package struct RegistrarHome: Hashable, Sendable {
    package let directory: String

    package init(_ directory: String) { self.directory = directory }

    package var configuration: String { directory + "/registrar.json" }
    package var key: String { directory + "/registrar.key" }
    package var publicKeys: String { directory + "/registrar.public.json" }
    package var database: String { directory + "/registrar.sqlite" }
    package var genesis: String { directory + "/genesis.json" }
}
