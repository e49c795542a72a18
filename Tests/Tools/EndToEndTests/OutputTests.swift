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
        let evidence = ["--evidence", network.directory.path + "/evidence"]
        for (program, arguments) in [
            (Program.node, ["status", "--url", network.url("validator-1")]),
            (.node, ["status", "--json", "--url", network.url("validator-1")]),
            (.veche, ["audit"] + evidence + network.chain()),
            (.veche, ["audit", "--json"] + evidence + network.chain()),
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
            ["-c", "set -o pipefail; \"$0\" watch \"$@\" | head -n 5", try Program.veche.path]
                + network.chain(), in: network.directory)
        #expect(outcome.status == 0, outcome.comment)
        #expect(outcome.output.split(separator: "\n").count == 5, outcome.comment)
        #expect(outcome.output.contains("\nblock "), outcome.comment)
        #expect(outcome.errors.isEmpty, outcome.comment)
    }

    /// Files that may not grow stand for a full disk. The streams are pipes.
    @Test func fileThatCannotBeWrittenIsNamedWithTheReason() async throws {
        let network = try await site.running()
        let evidence = ["--evidence", network.directory.path + "/evidence"]
        for arguments in [
            ["veche-node", "localnet", "--directory", network.directory.path + "/full"],
            ["veche", "audit", "--report", network.directory.path + "/full-report"] + evidence
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

    // MARK: - Passphrases at a terminal

    /// Runs a shell's commands on a terminal of their own, which `script` makes. What `input` prints
    /// is typed there; it may wait for what `$LOG` shows.
    private func runOnTerminal(
        _ commands: String, input: String, in directory: TestDirectory
    ) async throws -> String {
        let outcome = try await run(
            .bash,
            [
                "-c",
                """
                await() { until grep -q "$1" "$LOG" 2>/dev/null; do sleep 0.05; done; }
                export -f await
                { \(input); await '^the end'; } | env --default-signal=HUP,INT,TERM,TSTP script -qefc "$COMMANDS; echo 'the end'" "$LOG"
                """,
            ], in: directory,
            environment: [
                "COMMANDS": commands, "LOG": directory.path + "/terminal", "SHELL": "/bin/bash",
                "PROGRAM": try Program.ceremony.path, "KEY": directory.path + "/key",
            ])
        return outcome.text
    }

    private static let command = #""$PROGRAM" commission init --key "$KEY" --name N"#

    @Test func passphraseIsAskedTwiceAndNotShown() async throws {
        let directory = try TestDirectory("output-passphrase")
        let text = try await runOnTerminal(
            Self.command + #"; echo "status $?"; stty -a"#,
            input: #"""
                await '^Passphrase'; printf 'correct horse\n'
                await 'again: '; printf 'correct horse\n'
                """#, in: directory)
        #expect(text.contains("status 0"), "\(text)")
        #expect(!text.contains("horse"), "\(text)")
        #expect(text.contains(" echo "), "\(text)")
        directory.remove()
    }

    /// The shell that asks afterwards catches the signal; the program gets its default action.
    @Test func terminalHasItsEchoAgainAfterControlC() async throws {
        let directory = try TestDirectory("output-interrupt")
        let text = try await runOnTerminal(
            "trap : INT; " + Self.command + #"; echo "status $?"; stty -a"#,
            input: #"await '^Passphrase'; printf '\003'"#, in: directory)
        #expect(text.contains("status 130"), "\(text)")
        #expect(text.contains(" echo ") && !text.contains("-echo "), "\(text)")
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/key"))
        directory.remove()
    }

    @Test(arguments: [("TERM", 143), ("HUP", 129)])
    func terminalHasItsEchoAgainAfterASignal(name: String, status: Int) async throws {
        let directory = try TestDirectory("output-signal-\(name)")
        let text = try await runOnTerminal(
            Self.command + #"""
                 & id=$!
                await '^Passphrase'; stty -a; kill -\#(name) $id; wait $id
                echo "status $?"; stty -a
                """#, input: ":", in: directory)
        #expect(text.contains("status \(status)"), "\(text)")
        let (asked, ended) = (
            text.components(separatedBy: "status ").first ?? "",
            text.components(separatedBy: "status ").last ?? ""
        )
        #expect(asked.contains("-echo "), "\(text)")
        #expect(ended.contains(" echo ") && !ended.contains("-echo "), "\(text)")
        directory.remove()
    }

    /// Ctrl-Z stops the program with the terminal as it was; in the foreground again it asks again.
    @Test func stoppedProgramGivesTheTerminalBackAndAsksAgain() async throws {
        let directory = try TestDirectory("output-stop")
        let text = try await runOnTerminal(
            "set -m; " + Self.command + #"""
                ; echo "stopped $?"; stty -a; fg; echo "status $?"; stty -a
                """#,
            input: #"""
                await '^Passphrase'; printf '\032'
                await '^stopped'; until [ $(grep -c 'Passphrase for' "$LOG") -ge 2 ]; do
                    sleep 0.05; done
                printf 'correct horse\n'; await 'again: '; printf 'correct horse\n'
                """#, in: directory)
        #expect(text.contains("stopped 148"), "\(text)")
        #expect(text.contains("status 0"), "\(text)")
        #expect(!text.contains("-echo ") && !text.contains("horse"), "\(text)")
        directory.remove()
    }
}
