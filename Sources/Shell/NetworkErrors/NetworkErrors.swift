// NetworkErrors: what SwiftNIO and TLS say when a connection fails, as words for a person. It knows no
// peer, no server and no protocol.

internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import SystemErrors

/// Why a connection or a port cannot be used.
package enum NetworkError {
    /// The reason, as it stands after a colon: no capital, no period. Our own errors say theirs.
    package static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: SystemError.reason(error.errnoCode)
        case let error as NIOConnectionError: reason(error)
        case let error as ChannelError: reason(error)
        case let error as SocketAddressError.UnknownHost: unknownHost(error.host)
        case let error as SocketAddressError: reason(error)
        case let error as NIOSSLError: reason(error)
        case is BoringSSLError: "the encrypted connection failed"
        case is CancellationError: "it was cancelled"
        default: SystemError.describe(error)
        }
    }

    private static func unknownHost(_ host: String) -> String {
        "there is no host of the name \(host)"
    }

    /// A host has several addresses, and all were tried.
    private static func reason(_ error: NIOConnectionError) -> String {
        var reasons: [String] = []
        for failure in error.connectionErrors {
            let text = reason(failure.error)
            if !reasons.contains(text) { reasons.append(text) }
        }
        return reasons.isEmpty ? unknownHost(error.host) : reasons.joined(separator: ", and ")
    }

    private static func reason(_ error: ChannelError) -> String {
        switch error {
        case .connectTimeout: "no answer came in time"
        case .ioOnClosedChannel, .alreadyClosed, .outputClosed, .inputClosed, .eof:
            "the connection is closed"
        case .writeHostUnreachable: "no way leads to that host"
        default: "the connection cannot be used"
        }
    }

    private static func reason(_ error: SocketAddressError) -> String {
        switch error {
        case .unixDomainSocketPathTooLong: "the path of the socket is longer than 107 bytes"
        case .failedToParseIPString(let text): "\(text) is no network address"
        case .unsupported: "the network address is of an unknown kind"
        default: "the host is not known"
        }
    }

    private static func reason(_ error: NIOSSLError) -> String {
        switch error {
        case .handshakeFailed, .unableToValidateCertificate, .noCertificateToValidate:
            "the two sides did not agree on an encrypted connection"
        case .uncleanShutdown, .shutdownFailed, .writeDuringTLSShutdown, .readInInvalidTLSState:
            "the other side broke the encrypted connection off"
        default: "the encrypted connection failed"
        }
    }
}
