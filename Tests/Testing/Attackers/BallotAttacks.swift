import Codec
import Ledger

/// Floods of ballots each of which costs the node as much as possible.
struct BallotAttacks: Sendable {
    private let target: Target
    private let ballots: [[UInt8]]

    /// - Parameter ballots: transactions of valid ballots that nobody has cast.
    init(_ target: Target, _ ballots: [[UInt8]]) {
        self.target = target
        self.ballots = ballots
    }

    func run() async {
        let (target, ballots) = (target, ballots)
        guard !ballots.isEmpty else { return }
        await keep(24) { number in
            let connection = try await HostileConnection.open(
                to: target.apiPort, from: hostileAddress(number / 4))
            defer { connection.close() }
            for round in 0..<1000 where !Task.isCancelled {
                let ballot = ballots[(number * 7 + round) % ballots.count]
                let bad = try Self.spoiled(ballot, in: number % 3, round: round)
                let head =
                    "POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: \(bad.count)\r\n\r\n"
                guard await connection.send([UInt8](head.utf8) + bad) else { return }
                // A few on their way at once are enough; the node's bounds do the rest.
                if round % 8 == 7 { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
    }

    /// A ballot that only a check of a certificate, of a proof, or of a signature can refuse. Each
    /// round's differs, so that no answer is known already.
    static func spoiled(_ ballot: [UInt8], in kind: Int, round: Int) throws -> [UInt8] {
        guard case .ballot(let transaction) = try Transaction(canonicalBytes: ballot) else {
            return ballot
        }
        var wire = transaction.wire
        var certificate = transaction.certificate
        let place = 1 + round % 16
        switch kind {
        case 0: certificate[certificate.count - place] ^= UInt8(1 + round / 16 % 255)
        // The last scalars of the proof; their lowest bytes keep them canonical.
        default: wire[wire.count - 32 + place % 16] ^= UInt8(1 + round / 16 % 255)
        }
        return Transaction.ballot(BallotTransaction(wire: wire, certificate: certificate))
            .canonicalBytes
    }
}
