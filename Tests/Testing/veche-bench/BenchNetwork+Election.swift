import APISchema
import ClusterElection
import Codec
import Foundation
import Ledger
import LedgerClient
import ProcessHarness

extension BenchNetwork {
    /// When the polls open, in milliseconds from the start of the preparation.
    private static var opening: UInt64 { 15_000 }

    /// Prepares an election on the chain and waits until its polls are open; gives its ballots, which
    /// nobody has cast.
    nonisolated func prepareElection(
        voters: Int, asking client: NodeClient
    ) async throws -> [[UInt8]] {
        let election = try await prepare(voters: voters, asking: client) { start in
            try ClusterElection(
                genesis: self.genesis(), commission: self.commission(), start: start,
                opens: Self.opening, closes: 3_600_000, grace: 2000)
        }
        let ballots = try election.ballots(voters)
        try await waitForPolls(of: election)
        return ballots
    }

    /// Prepares an election with one contest of four options; its polls open a little later.
    nonisolated func prepareFourOptions(
        voters: Int, asking client: NodeClient
    ) async throws -> ClusterElection {
        try await prepare(voters: voters, asking: client) { start in
            try ClusterElection(
                options: ["anna", "boris", "clara", "david"], countsBlank: false,
                genesis: self.genesis(), commission: self.commission(), start: start,
                opens: Self.opening, closes: 3_600_000, grace: 2000)
        }
    }

    private nonisolated func prepare(
        voters: Int, asking client: NodeClient, _ make: (Timestamp) throws -> ClusterElection
    ) async throws -> ClusterElection {
        let now = UInt64(max(0, Date().timeIntervalSince1970 * 1000))
        var election = try make(Timestamp(milliseconds: now))
        for stage in try election.preparation(voters: voters) {
            for bytes in stage { _ = try await client.submitAndWait(bytes) }
        }
        return election
    }

    /// Waits until the chain's time is past the opening.
    nonisolated func waitForPolls(of election: ClusterElection) async throws {
        let opening = election.document.styles[0].opens
        try await eventually("the polls open", within: .seconds(60)) {
            await self.status(0).map { $0.time >= opening } ?? false
        }
    }
}
