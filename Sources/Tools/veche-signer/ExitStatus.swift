import ArgumentParser
import DocumentFiles
import Files
import RemoteSigner

/// What the exit codes mean. They are those of `veche-node`.
enum ExitStatus {
    static let help = """
        Exit status: 0 done, or stopped as asked; 1 refused; 64 wrong usage; 65 the record is missing, \
        damaged or there already; 66 a file cannot be used or the output not written; 74 the disk \
        failed; 75 the data directory is in use; 78 the configuration is wrong.
        """

    /// The exit code of an error that ended the program's work.
    static func of(_ error: any Error) -> ExitCode {
        switch error {
        case is ValidationError: return ExitCode(64)
        case is FileFailure, is JSONFailure: return ExitCode(66)
        case let failure as SignerFailure:
            if case .configuration = failure { return ExitCode(78) }
            return ExitCode(65)
        case let failure as DiskFailure:
            if case .inUse = failure { return ExitCode(75) }
            return ExitCode(74)
        default: return ExitCode(1)
        }
    }
}
