internal import SystemErrors

#if canImport(Glibc)
    internal import Glibc
#endif

/// Why the registrar does not serve.
package enum ServingFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case taken
        case forbidden
        case notOurs
        case unknownHost
        /// The system's number of another error.
        case other(Int32)

        init(code: Int32) {
            self =
                switch code {
                case EADDRINUSE: .taken
                case EACCES, EPERM: .forbidden
                case EADDRNOTAVAIL: .notOurs
                default: .other(code)
                }
        }
    }

    case cannotListen(ListenAddress, Reason)

    package var description: String {
        switch self {
        case .cannotListen(let address, let reason): "cannot serve on \(address): \(reason.text)"
        }
    }
}

extension ServingFailure.Reason {
    fileprivate var text: String {
        switch self {
        case .taken:
            "another program has this port, perhaps a registrar that still runs (`ss -ltnp` shows it); "
                + "stop that one, or choose another port"
        case .forbidden:
            "this user may not use the port; ports below 1024 need a right of their own, so choose a "
                + "higher one"
        case .notOurs: "no network interface of this machine has this address"
        case .unknownHost: "the host's name is not known; give an IP address"
        case .other(let code): SystemError.reason(code)
        }
    }
}
