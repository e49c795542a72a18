import ArgumentParser
import Console
import DocumentFiles
import Foundation
import LedgerClient
import Registrar

/// The registrar's program: keys, roll, and the service that issues credentials.
@main
struct RegistrarCommand: AsyncParsableCommand {
    static func main() async { await runProgram() }

    static let configuration = CommandConfiguration(
        commandName: "veche-registrar",
        abstract: "Commits the voter roll of an election and issues blind-signed credentials.",
        discussion: """
            A registrar decides who may vote, and nothing else: it signs credentials without seeing \
            them, and cannot link a voter to a ballot.

            The order of things:
              1. `init` makes the keys. Give registrar.public.json to the commission, which puts it \
            into the election document.
              2. `roll` commits the register once the election is created.
              3. `serve` answers voters from the start of issuing to the close; `backup` copies the \
            database meanwhile.

            \(ExitStatus.help)
            """,
        subcommands: [
            InitCommand.self, RollCommand.self, ServeCommand.self, BackupCommand.self,
        ])
}

/// What the exit codes mean.
enum ExitStatus {
    static let refused = ExitCode(1)
    static let file = ExitCode(66)
    static let unavailable = ExitCode(69)

    static let help = """
        Exit status: 0 done; 1 refused or failed; 64 wrong usage; 66 a file cannot be used \
        or the output not written; 69 no node answered in time.
        """
}

/// A message for the person at the terminal.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    let status: ExitCode

    init(_ description: String, status: ExitCode = ExitStatus.refused) {
        self.description = description
        self.status = status
    }
}

/// Runs a command's work; an error becomes one message on standard error and the exit code that fits.
func reporting(_ work: () async throws -> Void) async throws {
    do {
        try await work()
    } catch let error as ExitCode {
        throw error
    } catch let error as CommandFailure {
        throw report(error, error.status)
    } catch let error as FileFailure {
        throw report(error, ExitStatus.file)
    } catch let error as RegisterFailure {
        throw report(error, ExitStatus.file)
    } catch let error as ClientError {
        throw report(error, error.isTemporary ? ExitStatus.unavailable : ExitStatus.refused)
    } catch {
        throw report(error, ExitStatus.refused)
    }
}

private func report(_ error: any Error, _ status: ExitCode) -> ExitCode {
    note(failure: error)
    return status
}

/// Prints a value as JSON.
func printJSON(_ value: some Encodable) throws {
    say(String(decoding: try JSONDocument.encode(value), as: UTF8.self), terminator: "")
}
