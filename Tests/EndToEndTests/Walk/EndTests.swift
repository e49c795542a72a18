import Foundation
import ProcessHarness
import Testing

/// The last of the suite: everything that runs ends as it should.
extension EndToEnd.EndTests {
    @Test func everyNodeAndTheRegistrarStopCleanlyOnSIGTERM() async throws {
        try await walk.reach(.final)
        let network = try await walk.network
        let statuses = try await walk.end()
        #expect(statuses.count == network.allNames.count + 1)
        for (name, status) in statuses { #expect(status == 0, "\(name)") }
        for name in network.allNames {
            let outcome = try await succeed(
                .node, ["inspect", "--home", network.home(name)], in: network.directory)
            #expect(outcome.output.contains("walk (final)"), outcome.comment)
        }
        network.directory.remove()
    }

    @Test func nodesOfTheOperatorsStopCleanlyToo() async throws {
        let network = try await OperatorSite.shared.network()
        for (name, status) in try await network.stopAll() { #expect(status == 0, "\(name)") }
        network.directory.remove()
    }
}
