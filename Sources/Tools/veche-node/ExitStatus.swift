import ArgumentParser
import Console
import DocumentFiles
import Files
import Foundation
import LedgerClient
import NodeSetup
import Storage

/// What the exit codes mean.
enum ExitStatus {
    static let refused = ExitCode(1)
    static let usage = ExitCode(64)
    static let data = ExitCode(65)
    static let file = ExitCode(66)
    static let unavailable = ExitCode(69)
    static let storage = ExitCode(74)
    static let inUse = ExitCode(75)

    static let help = """
        Exit status: 0 done, or stopped as asked; 1 refused; 64 wrong usage; 65 the data does not \
        agree with itself; 66 a file cannot be used or the output not written; 69 no node answered, \
        or a port is taken; 70 proof of a fork; 74 the disk failed or holds something else; 75 the \
        data directory is in use; 78 configuration, genesis or keys are wrong.
        """
}

/// Runs a command's work; an error becomes one message on standard error and the exit code that fits.
func reporting(_ work: () async throws -> Void) async throws {
    do {
        try await work()
    } catch let error as ExitCode {
        throw error
    } catch {
        note(failure: error)
        let status = status(of: error)
        // A database that failed is not closed, since that would write again: its threads must not
        // run on while the process is taken apart.
        if status == ExitStatus.storage { _exit(status.rawValue) }
        throw status
    }
}

private func status(of error: any Error) -> ExitCode {
    switch error {
    case is ValidationError: ExitStatus.usage
    case let failure as NodeFailure: ExitCode(failure.exitCode)
    case is FileFailure, is JSONFailure: ExitStatus.file
    case let failure as ClientError where failure.isTemporary: ExitStatus.unavailable
    case is StorageError: ExitStatus.storage
    case let failure as DiskFailure:
        if case .inUse = failure { ExitStatus.inUse } else { ExitStatus.storage }
    default: ExitStatus.refused
    }
}

/// Prints a value as JSON on standard output.
func printJSON(_ value: some Encodable) throws {
    say(String(decoding: try JSONDocument.encode(value), as: UTF8.self), terminator: "")
}
