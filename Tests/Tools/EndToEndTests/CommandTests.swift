import Foundation
import ProcessHarness
import Testing

/// Every command with its subcommands.
private let commands: [(Program, [String])] = [
    (.node, []), (.node, ["localnet"]), (.node, ["run"]), (.node, ["status"]),
    (.node, ["inspect"]), (.veche, []), (.veche, ["vote"]), (.veche, ["check"]),
    (.veche, ["audit"]), (.veche, ["results"]),
    (.veche, ["open"]), (.veche, ["keys"]),
    (.veche, ["find"]), (.veche, ["complain"]), (.veche, ["watch"]), (.ceremony, []),
    (.ceremony, ["commission"]), (.ceremony, ["commission", "init"]),
    (.ceremony, ["commission", "create"]), (.ceremony, ["commission", "extend"]),
    (.ceremony, ["commission", "abort"]),
    (.ceremony, ["commission", "change-validators"]), (.ceremony, ["commission", "sign"]),
    (.ceremony, ["trustee"]), (.ceremony, ["trustee", "init"]),
    (.ceremony, ["trustee", "register"]), (.ceremony, ["trustee", "commit"]),
    (.ceremony, ["trustee", "deal"]), (.ceremony, ["trustee", "check"]),
    (.ceremony, ["trustee", "confirm"]), (.ceremony, ["trustee", "rehearse"]),
    (.ceremony, ["trustee", "decrypt"]), (.registrar, []), (.registrar, ["init"]),
    (.registrar, ["roll"]), (.registrar, ["serve"]),
]

/// What the suite's tests write, gone with the last of them.
private func withDirectory(
    _ body: (TestDirectory) async throws -> Void
) async throws {
    let directory = try TestDirectory("commands")
    try await body(directory)
    directory.remove()
}

extension EndToEnd.CommandTests {
    @Test func everyCommandExplainsItself() async throws {
        try await withDirectory { directory in
            for (program, subcommand) in commands {
                let outcome = try await run(program, subcommand + ["--help"], in: directory)
                #expect(outcome.status == 0, outcome.comment)
                #expect(outcome.output.contains("OVERVIEW:"), outcome.comment)
                #expect(outcome.output.contains("USAGE: \(program.rawValue)"), outcome.comment)
                // A leaf says what its exit status means.
                if !outcome.output.contains("SUBCOMMANDS:"), program != .registrar {
                    #expect(outcome.output.contains("Exit status:"), outcome.comment)
                }
            }
        }
    }

    @Test func unknownOptionIsWrongUsage() async throws {
        try await withDirectory { directory in
            for (program, subcommand) in commands {
                let outcome = try await run(
                    program, subcommand + ["--no-such-option"], in: directory)
                #expect(outcome.status == 64, outcome.comment)
                #expect(outcome.errors.contains("Usage: \(program.rawValue)"), outcome.comment)
            }
            let named = try await run(
                .node, ["status", "--url", "http://127.0.0.1:9", "--no-such-option"],
                in: directory)
            #expect(named.status == 64, named.comment)
            #expect(named.errors.contains("--no-such-option"), named.comment)
        }
    }

    @Test(arguments: [
        (Program.node, ["run"], "--home"), (.node, ["inspect"], "--home"),
        (.node, ["status"], "--url or --home"), (.node, ["localnet"], "--directory"),
        (.veche, ["vote", "--election", "e"], "--registrar"),
        (.veche, ["check", "--genesis", "g"], "--home, or both --receipt and --ballot"),
        (.veche, ["audit"], "--genesis"), (.ceremony, ["commission", "init"], "--key"),
        (.ceremony, ["trustee", "deal"], "--home"), (.registrar, ["serve"], "--home"),
        (
            .registrar, ["init", "--home", "h"],
            "--template FILE or --style N"
        ),
    ])
    func missingOptionIsWrongUsageAndIsNamed(
        program: Program, arguments: [String], option: String
    ) async throws {
        try await withDirectory { directory in
            let outcome = try await run(program, arguments, in: directory)
            #expect(outcome.status == 64, outcome.comment)
            #expect(outcome.errors.contains(option), outcome.comment)
        }
    }

    @Test func missingFileIsNamed() async throws {
        try await withDirectory { directory in
            for (program, arguments) in [
                (
                    Program.veche,
                    ["audit", "--genesis", "/no/genesis", "--node", "http://127.0.0.1:9"]
                ),
                (.veche, ["check", "--genesis", "/no/genesis", "--home", "/no/home"]),
                (
                    .ceremony,
                    [
                        "commission", "sign", "/no/proposal", "--genesis", "/no/genesis", "--node",
                        "http://127.0.0.1:9", "--key", "/no/key",
                    ]
                ),
            ] {
                let outcome = try await run(program, arguments, in: directory)
                #expect(outcome.status == 66, outcome.comment)
                #expect(
                    outcome.errors.contains("/no/genesis: there is no such file"), outcome.comment)
            }
        }
    }

    @Test func passphraseFileThatOthersMayReadIsRefusedWithTheRemedy() async throws {
        try await withDirectory { directory in
            let file = try directory.write("a passphrase\n", to: "open")
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
            let outcome = try await run(
                .ceremony,
                [
                    "commission", "init", "--key", directory.path + "/key", "--name", "N",
                    "--passphrase-file", file,
                ], in: directory)
            #expect(outcome.status == 66, outcome.comment)
            #expect(outcome.errors.contains("chmod 600"), outcome.comment)
            #expect(!FileManager.default.fileExists(atPath: directory.path + "/key"))
        }
    }

    /// A name goes into genesis or a document, which would refuse it after the key was made.
    @Test(arguments: ["  ", "Anna\nBoris", "An\u{200B}na"])
    func keyForANameThatIsNoPlainLineIsNotMade(name: String) async throws {
        try await withDirectory { directory in
            let passphrase = try directory.write("a passphrase\n", to: "passphrase")
            for (arguments, made) in [
                (["commission", "init", "--key", directory.path + "/key"], "/key"),
                (["trustee", "init", "--home", directory.path + "/trustee"], "/trustee"),
            ] {
                let outcome = try await run(
                    .ceremony,
                    arguments + ["--name", name, "--passphrase-file", passphrase], in: directory)
                #expect(outcome.status == 1, outcome.comment)
                #expect(outcome.errors.contains("--name: "), outcome.comment)
                #expect(!FileManager.default.fileExists(atPath: directory.path + made))
            }
        }
    }
}
