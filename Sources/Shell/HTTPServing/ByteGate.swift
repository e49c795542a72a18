import NIOCore

/// Stands between the socket and the HTTP decoder: counts bytes, and stops them once a connection has
/// nothing more to say to us. Behind the decoder it would be too late, since decoding costs time, and
/// the decoder keeps what follows a request to switch protocols.
final class ByteGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private enum State {
        case open
        /// Nothing is read: what comes waits in the client's system.
        case closed
        /// So many bytes more are read and dropped.
        case draining(Int)
    }

    private var state = State.open
    private var context: ChannelHandlerContext?
    /// Bytes since the present request began.
    private(set) var requestBytes = 0
    /// Bytes that were handed to the socket so far.
    private(set) var writtenBytes = 0

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func startRequest() { requestBytes = 0 }

    func close() {
        if case .open = state { state = .closed }
    }

    /// Reads and drops up to a number of bytes, so that the client can read our answer.
    func drain(_ limit: Int) {
        state = .draining(limit)
        context?.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let size = unwrapInboundIn(data).readableBytes
        switch state {
        case .open:
            requestBytes += size
            context.fireChannelRead(data)
        case .closed: break
        case .draining(let rest): state = .draining(rest - size)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // The handlers behind us ask for no more, since they see none of the dropped bytes.
        if case .draining = state { read(context: context) }
    }

    func read(context: ChannelHandlerContext) {
        switch state {
        case .open: context.read()
        case .closed: break
        case .draining(let rest): if rest > 0 { context.read() }
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        writtenBytes += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }
}
