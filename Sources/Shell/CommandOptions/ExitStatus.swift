// CommandOptions: what all of the tools share with the person who types: options for the chain, nodes
// and passphrases, and exit codes. It knows no subcommand.

package import ArgumentParser

/// What the tools' exit codes mean.
package enum ExitStatus {
    /// The check failed, or the ledger or registrar refused.
    package static let refused = ExitCode(1)
    /// A file could not be read or written, or holds something else.
    package static let file = ExitCode(66)
    /// Another process works in the directory.
    package static let inUse = ExitCode(75)
    /// No node or registrar answered in time.
    package static let unavailable = ExitCode(69)

    /// For the end of every `--help`.
    package static let help = """
        Exit status: 0 done; 1 refused or check failed; 64 wrong usage; 66 a file cannot be used \
        or the output not written; 69 no node answered; 75 another process works in the directory.
        """
}

/// A message for the person at the terminal, with the exit status that fits it.
package struct CommandFailure: Error, CustomStringConvertible, Sendable {
    package let description: String
    package let status: ExitCode

    package init(_ description: String, status: ExitCode = ExitStatus.refused) {
        self.description = description
        self.status = status
    }
}
