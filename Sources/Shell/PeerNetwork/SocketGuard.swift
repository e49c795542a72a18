import NIOCore

/// Stands between the socket and TLS. It reads no faster than the peer may send, whatever the bytes
/// turn out to be, and closes the socket without TLS's goodbye where a connection must end at once.
final class SocketGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: PeerConnection
    private let limits: PeerLimits
    private let common: CommonRate
    /// Called when the socket is open and its address known; false closes it.
    private let admit: @Sendable () -> Bool
    private var rate: ReadRate
    private var records = TLSRecordCounter()
    /// Whether the rate is that of a peer that may send more.
    private var isTrusted = false
    private var handshakeBytes = 0
    /// The first read is the channel's own, when it begins to read by itself.
    private var isReadAsked = true
    private var isHeld = false
    private var hasHeldRead = false

    init(
        _ connection: PeerConnection, limits: PeerLimits, common: CommonRate,
        admit: @escaping @Sendable () -> Bool
    ) {
        self.connection = connection
        self.limits = limits
        self.common = common
        self.admit = admit
        rate = ReadRate(observerOf: common, limits, now: .now)
    }

    func channelActive(context: ChannelHandlerContext) {
        guard admit() else {
            context.close(mode: .all, promise: nil)
            return
        }
        context.fireChannelActive()
    }

    func read(context: ChannelHandlerContext) {
        guard !isHeld else {
            hasHeldRead = true
            return
        }
        isReadAsked = true
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A socket that the peer has closed is emptied without being asked. What an observer sent
        // last is not worth the room.
        guard isReadAsked || connection.isTrusted else { return }
        let bytes = unwrapInboundIn(data)
        let count = records.count(in: bytes.readableBytesView)
        if connection.peer == nil, !connection.isDialed {
            handshakeBytes += bytes.readableBytes
            guard handshakeBytes <= limits.handshakeBytes else {
                connection.abort(because: .violation("it talks at length and says no hello"))
                return
            }
        }
        if isTrusted != connection.isTrusted {
            isTrusted = connection.isTrusted
            rate =
                isTrusted
                ? ReadRate(peerOf: limits, now: .now)
                : ReadRate(observerOf: common, limits, now: .now)
        }
        if let pause = rate.take(bytes: bytes.readableBytes, records: count, now: .now) {
            hold(for: pause, context)
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReadAsked = false
        context.fireChannelReadComplete()
    }

    /// Leaves the socket alone for a while, and for longer where more came in the same turn.
    private func hold(for pause: Duration, _ context: ChannelHandlerContext) {
        guard !isHeld else { return }
        isHeld = true
        connection.setHolding(true)
        let nanoseconds = Int64(pause / .nanoseconds(1))
        context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(nanoseconds)) {
            self.isHeld = false
            self.connection.setHolding(false)
            guard context.channel.isActive else { return }
            if let rest = self.rate.take(bytes: 0, records: 0, now: .now) {
                self.hold(for: rest, context)
                return
            }
            guard self.hasHeldRead else { return }
            self.hasHeldRead = false
            self.isReadAsked = true
            context.read()
        }
    }

    /// Closes the socket under TLS. On the event loop.
    static func closeNow(_ channel: any Channel) {
        guard
            let context = try? channel.pipeline.syncOperations.context(
                handlerType: SocketGuard.self)
        else {
            // Not set up yet, or torn down already.
            channel.close(promise: nil)
            return
        }
        context.close(mode: .all, promise: nil)
    }
}
