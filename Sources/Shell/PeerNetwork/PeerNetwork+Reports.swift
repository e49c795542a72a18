import Logging
import NetworkErrors

/// What an operator is told of connections, in a number of lines that has a bound.
extension PeerNetwork {
    /// Writes a line that a peer causes, if it is not one too many.
    func log(
        _ level: Logger.Level, _ message: Logger.Message, _ cause: LogGate.Cause,
        _ metadata: Logger.Metadata
    ) {
        guard level > .debug, level >= logger.logLevel else {
            logger.log(level: level, message, metadata: metadata)
            return
        }
        guard let leftOut = logGate.enter(cause) else { return }
        var metadata = metadata
        if leftOut > 0 { metadata["left-out"] = "\(leftOut)" }
        logger.log(level: level, message, metadata: metadata)
    }

    /// Whose lines a connection's are.
    func cause(of connection: PeerConnection) -> LogGate.Cause {
        if connection.isTrusted { return .peer }
        return connection.peer == nil ? .stranger : .observer
    }

    func reportConnected(_ connection: PeerConnection, to peer: PeerID, as role: PeerRole) {
        log(
            .info, "peer connected", cause(of: connection),
            ["peer": "\(peer)", "role": "\(role)", "address": "\(connection.address)"])
    }

    /// Two nodes have one key: the one that connects, and another one.
    func reportCopy(of peer: PeerID, at other: String, _ connection: PeerConnection) {
        log(
            .warning, "two nodes with one key connect; one of them has to be stopped",
            cause(of: connection),
            ["peer": "\(peer)", "address": "\(connection.address)", "other": "\(other)"])
    }

    /// Counts and logs the end of a connection.
    func report(
        _ connection: PeerConnection, _ failure: (any Error)?, dialed: DialedPeer?
    ) {
        let address = dialed.map { "\($0.endpoint)" } ?? connection.address
        var metadata: Logger.Metadata = ["address": "\(address)"]
        if let peer = connection.peer ?? dialed?.nodeKey { metadata["peer"] = "\(peer)" }
        guard let failure, !(failure is CancellationError) else {
            if connection.peer != nil {
                log(.info, "peer disconnected", cause(of: connection), metadata)
            }
            return
        }
        let cause = dialed == nil ? cause(of: connection) : .peer
        switch failure {
        case ConnectionFailure.refused(.duplicate):
            logger.debug("a second connection to a peer was given up", metadata: metadata)
        case ConnectionFailure.refused(.keyElsewhere):
            // The operator was told when the other node came.
            table.count { $0.connectionsRefused += 1 }
            logger.debug("a node with a key that is connected was turned away", metadata: metadata)
        case ConnectionFailure.refused(let refusal):
            metadata["reason"] = "\(refusal.description)"
            table.count { $0.connectionsRefused += 1 }
            log(.warning, "a peer was turned away", cause, metadata)
        case ConnectionFailure.refusedByPeer(let notice):
            report(notice, cause, metadata)
        case ConnectionFailure.violation(let reason):
            metadata["reason"] = "\(reason)"
            reportViolation(cause, metadata)
        case let error as FrameError:
            metadata["reason"] = "\(error)"
            reportViolation(cause, metadata)
        case ConnectionFailure.ended(let reason):
            metadata["reason"] = "\(reason)"
            // Silent strangers fill no log.
            log(
                cause == .stranger ? .debug : .info, "the connection to a peer ended", cause,
                metadata)
        default:
            metadata["reason"] = "\(NetworkError.reason(failure))"
            if connection.peer != nil {
                log(.info, "the connection to a peer broke", cause, metadata)
            } else if dialed != nil {
                log(
                    .warning, "a peer did not prove its key, or broke off the handshake", cause,
                    metadata)
            } else {
                reportViolation(cause, metadata)
            }
        }
    }

    /// A peer turned us away. That another node has our key is told once for each peer, when it is
    /// dialed.
    private func report(
        _ notice: RefusalNotice, _ cause: LogGate.Cause, _ metadata: Logger.Metadata
    ) {
        var metadata = metadata
        switch notice.refusal {
        case .duplicate:
            logger.debug("a second connection to a peer was given up", metadata: metadata)
        case .keyElsewhere:
            logger.debug("a peer is connected to another node with our key", metadata: metadata)
        case let refusal:
            metadata["reason"] =
                "\(refusal?.description ?? "a reason that this version does not know")"
            log(.warning, "a peer turned us away", cause, metadata)
        }
    }

    /// Garbage is cheap to send: it is counted, and some of it is told.
    private func reportViolation(_ cause: LogGate.Cause, _ metadata: Logger.Metadata) {
        let count = table.count { $0.protocolViolations += 1 }.protocolViolations
        log(
            .warning, "what came is not our protocol (\(count) such connections so far)", cause,
            metadata)
    }
}
