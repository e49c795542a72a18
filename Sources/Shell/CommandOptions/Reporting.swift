import ArgumentParser
import Console
import DocumentFiles
import Foundation
import LedgerClient

/// Runs a command's work. A failure is printed to standard error as one message, and ends the
/// command with the exit status that fits it.
package func reportingFailures(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch {
        throw reported(error)
    }
}

private func reported(_ error: any Error) -> ExitCode {
    if let code = error as? ExitCode { return code }
    note(failure: error)
    switch error {
    case let failure as CommandFailure: return failure.status
    case is FileFailure, is JSONFailure: return ExitStatus.file
    case let failure as ClientError where failure.isTemporary: return ExitStatus.unavailable
    case is HomeLock.InUse: return ExitStatus.inUse
    default: return ExitStatus.refused
    }
}

/// Asks for a yes on the terminal, unless it was given on the command line.
///
/// - Throws: `CommandFailure` for any other answer.
package func confirm(_ question: String, yes: Bool) throws {
    guard !yes else { return }
    say("\(question) [yes/no] ", terminator: "")
    guard readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes" else {
        throw CommandFailure("Nothing was signed or sent.")
    }
}
