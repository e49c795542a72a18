import ChainStore
import Elections
import Files
import Storage

/// Why a node does not run, for the person who started it.
package enum NodeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Configuration, genesis or a key file is not usable.
    case configuration(String)
    /// The data directory is in use by another process.
    case inUse(String)
    /// The disk failed, or what is stored is not what was written.
    case storage(String)
    /// The data does not agree with itself or with the chain.
    case inconsistent(String)
    /// Proof of a fork: more than a third of the validators are faulty, or a bug.
    case fork(String)
    /// A port cannot be bound.
    case network(String)

    package var description: String {
        switch self {
        case .configuration(let text), .inUse(let text), .storage(let text),
            .inconsistent(let text), .fork(let text), .network(let text):
            text
        }
    }

    /// The exit code: 64 and above as in `sysexits.h`.
    package var exitCode: Int32 {
        switch self {
        case .configuration: 78
        case .inUse: 75
        case .storage: 74
        case .inconsistent: 65
        case .fork: 70
        case .network: 69
        }
    }
}

extension NodeFailure {
    /// What an error of the disk or of stored data means for a node; nil for any other error.
    package init?(stored error: any Error) {
        switch error {
        case let failure as NodeFailure: self = failure
        case let failure as DiskFailure:
            if case .inUse = failure {
                self = .inUse("\(failure)")
            } else {
                self = .storage("\(failure)")
            }
        case let failure as StorageError: self = .storage("\(failure)")
        case let failure as InconsistentChain: self = .inconsistent("\(failure)")
        case let fault as StateFault: self = .inconsistent("The state cannot be read: \(fault)")
        default: return nil
        }
    }
}
