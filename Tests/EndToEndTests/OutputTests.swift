import Foundation
import ProcessHarness
import Testing

/// Where standard output may lead that takes nothing, as the shell writes it, and what is said then.
private let unwritable = [
    ("> /dev/full", "no space is left on the device"), (">&-", "standard output is closed"),
]

/// Runs a program with its streams redirected as the shell's words say.
private func run(
    _ program: Program, _ arguments: [String], _ redirection: String, in directory: TestDirectory
) async throws -> Outcome {
    try await run(
        .bash, ["-c", "exec \"$0\" \"$@\" \(redirection)", try program.path] + arguments,
        in: directory)
}

extension EndToEnd.OutputTests {
    private func expectFailure(
        _ outcome: Outcome, _ reason: String, status: Int32 = 66,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(outcome.status == status, outcome.comment, sourceLocation: sourceLocation)
        #expect(outcome.errors.contains(reason), outcome.comment, sourceLocation: sourceLocation)
        #expect(outcome.errors.contains("not complete"), outcome.comment)
        #expect(outcome.output.isEmpty, outcome.comment)
    }

    @Test(arguments: unwritable)
    func helpThatCannotBeWrittenIsAFailure(redirection: String, reason: String) async throws {
        let directory = try TestDirectory("output-help")
        for program in [Program.node, .veche, .ceremony, .registrar, .simulate] {
            expectFailure(
                try await run(program, ["--help"], redirection, in: directory), reason)
        }
        directory.remove()
    }

    @Test(arguments: unwritable)
    func resultThatCannotBeWrittenIsAFailure(redirection: String, reason: String) async throws {
        let directory = try TestDirectory("output-result")
        for (number, options) in [[], ["--json"]].enumerated() {
            let network = directory.path + "/net-\(number)"
            expectFailure(
                try await run(
                    .node, ["localnet", "--directory", network] + options, redirection,
                    in: directory), reason)
            // A file that took the place of the closed stream would hold what was printed.
            let genesis = try String(contentsOfFile: network + "/genesis.json", encoding: .utf8)
            #expect(genesis.hasPrefix("{") && !genesis.contains("Start each node"))
            expectFailure(
                try await run(
                    .simulate, ["--seeds", "0..0", "--validators", "4"] + options, redirection,
                    in: directory), reason)
        }
        directory.remove()
    }

    @Test(arguments: unwritable)
    func answerOfANodeThatCannotBeWrittenIsAFailure(
        redirection: String, reason: String
    ) async throws {
        let network = try await site.running()
        for (program, arguments) in [
            (Program.node, ["status", "--url", network.url("validator-1")]),
            (.node, ["status", "--json", "--url", network.url("validator-1")]),
            (.veche, ["audit"] + network.chain()), (.veche, ["audit", "--json"] + network.chain()),
        ] {
            expectFailure(
                try await run(program, arguments, redirection, in: network.directory), reason)
        }
        // It ends at its first line, and not after all of its blocks.
        expectFailure(
            try await run(
                .veche, ["watch", "--blocks", "1000000"] + network.chain(), redirection,
                in: network.directory), reason)
    }

    /// The command waits until the reader has closed its end.
    @Test func closedPipeIsQuiet() async throws {
        let directory = try TestDirectory("output-pipe")
        for (number, (program, arguments)) in [
            (Program.veche, ["--help"]),
            (.node, ["localnet", "--directory", directory.path + "/net"]),
            (.simulate, ["--seeds", "0..0", "--validators", "4"]),
        ].enumerated() {
            let closed = directory.path + "/closed-\(number)"
            let outcome = try await run(
                .bash,
                [
                    "-c",
                    """
                    set -o pipefail
                    { until [ -e "$0" ]; do sleep 0.05; done; exec "$@"; } \
                        | { exec 0<&-; touch "$0"; }
                    """, closed, try program.path,
                ] + arguments, in: directory)
            #expect(outcome.status == 0, outcome.comment)
            #expect(outcome.text.isEmpty, outcome.comment)
        }
        directory.remove()
    }

    /// `head` ends after its lines; the pipeline ends when `watch` does.
    @Test func watchPrintsIntoAPipeAtOnceAndEndsWithIt() async throws {
        let network = try await site.running()
        let outcome = try await run(
            .bash,
            ["-c", "set -o pipefail; \"$0\" watch \"$@\" | head -n 4", try Program.veche.path]
                + network.chain(), in: network.directory)
        #expect(outcome.status == 0, outcome.comment)
        #expect(outcome.output.split(separator: "\n").count == 4, outcome.comment)
        #expect(outcome.output.contains("\nblock "), outcome.comment)
        #expect(outcome.errors.isEmpty, outcome.comment)
    }

    /// Files that may not grow stand for a full disk. The streams are pipes.
    @Test func fileThatCannotBeWrittenIsNamedWithTheReason() async throws {
        let network = try await site.running()
        for arguments in [
            ["veche-node", "localnet", "--directory", network.directory.path + "/full"],
            ["veche", "audit", "--report", network.directory.path + "/full-report"]
                + network.chain(),
        ] {
            let program = try #require(Program(rawValue: arguments[0]))
            let outcome = try await run(
                .bash,
                [
                    "-c",
                    """
                    set -o pipefail
                    ( trap '' XFSZ; ulimit -f 0; exec "$0" "$@" 2>&1 ) | cat
                    """, try program.path,
                ] + arguments.dropFirst(), in: network.directory)
            #expect(outcome.status == 66, outcome.comment)
            #expect(
                outcome.output.contains("cannot be written: it would be larger than a file may be"),
                outcome.comment)
        }
    }
}
