import NIOCore

/// Cuts the decrypted stream into frames, a few at a time: the socket is read again when the node has
/// taken what came before. So a peer that sends thousands of tiny frames at once holds one read's
/// bytes, and waits for its turn as others do.
final class FrameReader: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = WireFrame
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// One turn of a connection: so many frames, or bytes of them.
    private static let turnFrames = 16
    private static let turnBytes = 64 << 10
    /// A buffer that is four times as large as what is in it is replaced, if it is larger than this.
    private static let slackBytes = 4 << 10

    private let connection: PeerConnection
    private let limit: FrameLimit
    private var buffer = ByteBuffer()
    /// What the connection's account holds for the buffer.
    private var charged = 0
    private var isScheduled = false
    /// Nothing is cut any more: what came is no frame, or the end has come.
    private var isOver = false

    init(_ connection: PeerConnection, limit: FrameLimit) {
        self.connection = connection
        self.limit = limit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        var bytes = unwrapInboundIn(data)
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.writeBuffer(&bytes)
        }
        charge()
    }

    func channelReadComplete(context: ChannelHandlerContext) { deliver(context) }

    func read(context: ChannelHandlerContext) {
        guard !isOver, nextLength(within: limit.payloadBytes) != nil else {
            context.read()
            return
        }
        guard !isScheduled else { return }
        isScheduled = true
        // Other connections of the event loop have their turns in between.
        context.eventLoop.assumeIsolated().execute {
            self.isScheduled = false
            guard !self.isOver, context.channel.isActive else { return }
            self.deliver(context)
            context.channel.pipeline.read()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(context)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(context)
        context.fireChannelInactive()
    }

    /// The connection ends. A validator's last votes are worth hearing, an observer's flood is not.
    private func finish(_ context: ChannelHandlerContext) {
        while connection.isTrusted, !isOver, nextLength(within: limit.payloadBytes) != nil {
            deliver(context)
        }
        stop()
    }

    private func stop() {
        isOver = true
        buffer = ByteBuffer()
        charge()
    }

    private func deliver(_ context: ChannelHandlerContext) {
        var (frames, bytes) = (0, 0)
        while !isOver, frames < Self.turnFrames, bytes < Self.turnBytes {
            // Read once a frame: the limit rises on another thread, when the peer has said who it is.
            let limit = limit.payloadBytes
            guard let length = nextLength(within: limit) else { break }
            guard length > 0, length - 1 <= limit else {
                stop()
                let error = length == 0 ? .empty : FrameError.tooLong(length: length, limit: limit)
                context.fireErrorCaught(error)
                return
            }
            buffer.moveReaderIndex(forwardBy: 4)
            guard let type: UInt8 = buffer.readInteger(),
                let payload = buffer.readBytes(length: Int(length) - 1)
            else { return stop() }  // Both are there: the length was compared with what is.
            let frame = WireFrame(type: type, payload: payload)
            frames += 1
            bytes += frame.size
            // The connection's reader gives this back when it has taken the frame.
            connection.receiving.charge(frame.size)
            context.fireChannelRead(wrapInboundOut(frame))
        }
        let slack = buffer.storageCapacity / 4
        if buffer.readableBytes == 0 {
            buffer = ByteBuffer()
        } else if slack > Self.slackBytes, slack > buffer.readableBytes {
            buffer = ByteBuffer(bytes: buffer.readableBytesView)
        }
        charge()
        connection.setIncomplete(
            buffer.readableBytes > 0 && nextLength(within: limit.payloadBytes) == nil,
            hasCompleted: frames > 0)
        context.fireChannelReadComplete()
    }

    /// The length field of the next frame, if the frame is complete or can be none.
    private func nextLength(within limit: Int) -> UInt32? {
        guard let length: UInt32 = buffer.getInteger(at: buffer.readerIndex) else { return nil }
        let isFrame = length > 0 && length - 1 <= limit
        return isFrame && buffer.readableBytes - 4 < Int(length) ? nil : length
    }

    private func charge() {
        let bytes = buffer.readableBytes == 0 ? 0 : buffer.storageCapacity
        if bytes > charged { connection.receiving.charge(bytes - charged) }
        if bytes < charged { connection.receiving.release(charged - bytes) }
        charged = bytes
    }
}
