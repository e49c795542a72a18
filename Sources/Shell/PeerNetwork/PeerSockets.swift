import NIOCore
import Synchronization

/// The open incoming sockets. Each is counted when the system hands it over, before anything else is
/// done with it, and until it is closed: connections never take the descriptors that storage needs.
///
/// The last ones are kept for exempt addresses: a validator can connect again, however many sockets
/// strangers have opened. Whose a socket is, is known only after it is open.
final class PeerSockets: Sendable {
    let bound: Int
    private let kept: Int
    private let open = Atomic(0)

    init(bound: Int, kept: Int) {
        self.bound = bound
        self.kept = kept
    }

    var count: Int { open.load(ordering: .relaxed) }

    /// Whether some of the last ones are open.
    var isScarce: Bool { count > bound - kept }

    /// Counts a socket; false where there are too many.
    func enter(_ channel: any Channel) -> Bool {
        let (_, count) = open.add(1, ordering: .relaxed)
        guard count <= bound else {
            open.subtract(1, ordering: .relaxed)
            return false
        }
        channel.closeFuture.whenComplete { _ in self.open.subtract(1, ordering: .relaxed) }
        return true
    }
}

/// Stands before everything else in the listening socket's pipeline, and closes accepted sockets that
/// are one too many.
final class AcceptGate: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private let sockets: PeerSockets
    private let refused: @Sendable () -> Void

    init(sockets: PeerSockets, refused: @escaping @Sendable () -> Void) {
        self.sockets = sockets
        self.refused = refused
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let accepted = unwrapInboundIn(data)
        guard sockets.enter(accepted) else {
            refused()
            accepted.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }
}
