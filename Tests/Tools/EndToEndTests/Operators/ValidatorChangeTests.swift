import DocumentFiles
import Foundation
import Hashing
import Ledger
import ProcessHarness
import Testing

/// Proposals for other validators, made and signed with the built tools.
extension EndToEnd.OperatorTests {
    /// A file with a set of validators.
    private func write(
        _ validators: [Validator], to name: String, _ network: TestNetwork
    ) throws -> String {
        try network.directory.write(
            String(
                decoding: try JSONDocument.encode(ValidatorSet(validators)), as: UTF8.self),
            to: name)
    }

    /// Keys that nobody holds: nothing here is sent.
    private func stranger(_ name: String) -> Validator {
        Validator(
            name: name, consensusKey: SHA256.digest([UInt8]("1\(name)".utf8)),
            cosigningKey: SHA256.digest([UInt8]("2\(name)".utf8)),
            nodeKey: SHA256.digest([UInt8]("3\(name)".utf8)))
    }

    private func propose(
        _ file: String, _ output: String, _ network: TestNetwork
    ) async throws -> Outcome {
        try await run(
            .ceremony,
            [
                "commission", "change-validators", "--validators", file, "--output",
                network.directory.path + "/" + output,
            ] + network.chain() + network.memberKey(1), in: network.directory)
    }

    @Test func membersSeeWhoJoinsAndLeavesBeforeTheySign() async throws {
        let network = try await site.running()
        let present = try network.genesis().validators.validators
        let file = try write(
            present.dropLast() + [stranger("newcomer")], to: "one.validators.json", network)
        let proposed = try await propose(file, "one.change.json", network)
        #expect(proposed.status == 0, proposed.comment)
        for word in ["joins:  newcomer", "leaves: validator-4", "change 1", "1 of 4 members"] {
            #expect(proposed.output.contains(word), proposed.comment)
        }
        #expect(!proposed.output.contains("WARNING"), proposed.comment)
        let signed = try await run(
            .ceremony,
            ["commission", "sign", network.directory.path + "/one.change.json", "--yes"]
                + network.chain() + network.memberKey(2), in: network.directory)
        #expect(signed.status == 0, signed.comment)
        #expect(signed.output.contains("joins:  newcomer"), signed.comment)
        #expect(signed.output.contains("Signed by 2 of 4"), signed.comment)
        let early = try await run(
            .ceremony,
            [
                "commission", "sign", network.directory.path + "/one.change.json", "--yes",
                "--submit",
            ]
                + network.chain() + network.memberKey(3), in: network.directory)
        #expect(early.status == 1, early.comment)
        #expect(early.errors.contains("1 more members must sign first"), early.comment)
    }

    @Test func whoJoinsAndWhoLeavesMayBeNamedAlone() async throws {
        let network = try await site.running()
        let present = try network.genesis().validators.validators
        let newcomer = stranger("newcomer")
        let added = try network.directory.write(
            String(decoding: try JSONDocument.encode(newcomer), as: UTF8.self),
            to: "newcomer.validator.json")
        let output = network.directory.path + "/named.change.json"
        func propose(_ change: [String]) async throws -> Outcome {
            try await run(
                .ceremony,
                ["commission", "change-validators", "--output", output] + change
                    + network.chain() + network.memberKey(1), in: network.directory)
        }
        let proposed = try await propose(["--add", added, "--remove", "validator-4"])
        #expect(proposed.status == 0, proposed.comment)
        for word in ["joins:  newcomer", "leaves: validator-4", "1 of 4 members"] {
            #expect(proposed.output.contains(word), proposed.comment)
        }
        // The whole list says the same.
        let file = try write(
            present.dropLast() + [newcomer], to: "listed.validators.json", network)
        let listed = try await self.propose(file, "listed.change.json", network)
        #expect(listed.status == 0, listed.comment)
        let proposals = try ["named", "listed"].map {
            try Data(
                contentsOf: URL(filePath: network.directory.path + "/\($0).change.json"))
        }
        #expect(proposals[0] == proposals[1])

        let unknown = try await propose(["--remove", "validator-9"])
        #expect(unknown.status == 66, unknown.comment)
        #expect(unknown.errors.contains("No validator is called validator-9"), unknown.comment)
        for wrong in [[], ["--remove", "validator-4", "--validators", file]] {
            let outcome = try await propose(wrong)
            #expect(outcome.status == 64, outcome.comment)
        }
    }

    @Test func moreChangesAtOnceThanAreToleratedAreWarnedOf() async throws {
        let network = try await site.running()
        let present = try network.genesis().validators.validators
        let file = try write(
            present.dropLast(2) + [stranger("first"), stranger("second")],
            to: "two.validators.json", network)
        let outcome = try await propose(file, "two.change.json", network)
        #expect(outcome.status == 0, outcome.comment)
        #expect(outcome.output.contains("WARNING: more than 1"), outcome.comment)
    }

    @Test func setsThatCannotBeAreRefusedWithTheRule() async throws {
        let network = try await site.running()
        let present = try network.genesis().validators.validators
        for (name, validators, status, word) in [
            ("same", present, 1, "has already"),
            ("three", Array(present.dropLast()), 66, "4 to 31"),
            ("twice", present + [present[0]], 66, "share a name"),
        ] {
            let file = try write(validators, to: name + ".validators.json", network)
            let outcome = try await propose(file, name + ".change.json", network)
            #expect(outcome.status == Int32(status), outcome.comment)
            #expect(outcome.errors.contains(word), outcome.comment)
        }
    }
}
