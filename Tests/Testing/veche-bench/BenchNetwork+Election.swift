import APISchema
import ClusterElection
import Codec
import Foundation
import Ledger
import LedgerClient
import ProcessHarness

extension BenchNetwork {
    /// Prepares an election on the chain and waits until its polls are open; gives its ballots, which
    /// nobody has cast.
    nonisolated func prepareElection(
        voters: Int, asking client: NodeClient
    ) async throws -> [[UInt8]] {
        let now = UInt64(max(0, Date().timeIntervalSince1970 * 1000))
        let opens: UInt64 = 15_000
        let start = Timestamp(milliseconds: now)
        var election = try ClusterElection(
            genesis: self.genesis(), commission: self.commission(), start: start, opens: opens,
            closes: 3_600_000, grace: 2000)
        for stage in try election.preparation(voters: voters) {
            for bytes in stage { _ = try await client.submitAndWait(bytes) }
        }
        let ballots = try election.ballots(voters)
        let opening = start.adding(milliseconds: opens)
        try await eventually("the polls open", within: .seconds(60)) {
            await self.status(0).map { $0.time >= opening } ?? false
        }
        return ballots
    }
}
