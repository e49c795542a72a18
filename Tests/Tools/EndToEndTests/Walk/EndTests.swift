import Foundation
import Ledger
import ProcessHarness
import Testing

/// The last of the suite: everything that runs ends as it should.
extension EndToEnd.EndTests {
    /// Its protocol was promised for later, and no tool told the reason.
    @Test func anAbortedElectionIsShownWithTheReason() async throws {
        try await walk.reach(.final)
        let network = try await walk.network
        let directory = network.directory
        let chain = network.chain()
        func ceremony(_ arguments: [String]) async throws {
            try await succeed(.ceremony, ["commission"] + arguments + chain, in: directory)
        }
        func sign(_ file: String) async throws {
            for member in 2...4 {
                try await ceremony(
                    ["sign", directory.path + "/" + file, "--yes"] + network.memberKey(member)
                        + (member == 4 ? ["--submit"] : []))
            }
        }
        func after(_ seconds: UInt64) -> Timestamp {
            Timestamp.now.adding(milliseconds: seconds * 1000).wholeSeconds
        }
        try directory.write(
            try Walk.template(opensLate: after(3600), name: "dropped"), to: "dropped.json")
        try await ceremony(
            ["create", "--template", directory.path + "/dropped.json"]
                + (1...5).flatMap {
                    ["--trustee", directory.path + "/trustee-\($0)/trustee.public.json"]
                } + [
                    "--registrar", directory.path + "/registrar/registrar.public.json",
                    "--issuing", "\(after(3500))", "--opens", "\(after(3600))", "--closes",
                    "\(after(7200))", "--ceremony-ends", "\(after(3000))", "--output",
                    directory.path + "/dropped-create.json",
                ] + network.memberKey(1))
        try await sign("dropped-create.json")
        try await ceremony(
            [
                "abort", "--election", "dropped", "--reason", "The hall burned down.",
                "--output", directory.path + "/dropped-abort.json",
            ] + network.memberKey(1))
        try await sign("dropped-abort.json")
        let results = try await succeed(
            .veche, ["results", "--election", "dropped"] + chain, in: directory)
        #expect(results.output.contains("The hall burned down."), results.comment)
        let json = try await succeed(
            .veche, ["results", "--election", "dropped", "--json"] + chain, in: directory)
        #expect(json.output.contains("\"abortReason\" : \"The hall burned down.\""))
        let audit = try await run(
            .veche,
            ["audit", "--election", "dropped", "--evidence", directory.path + "/evidence"] + chain,
            in: directory)
        #expect(audit.status != 0, audit.comment)
        #expect(audit.output.contains("The hall burned down."), audit.comment)
        #expect(audit.errors.contains("The hall burned down."), audit.comment)
        let answer = try await HTTP.get(
            network.url("validator-1") + "/v1/elections/dropped/protocol")
        #expect(answer.status == 410)
    }

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
