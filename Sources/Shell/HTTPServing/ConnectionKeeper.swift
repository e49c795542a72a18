import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Keeps one connection within its bounds. It gives the connection a place. It says when the client does
/// nothing, so that the connection makes place for newcomers. It takes no more of a request that was
/// answered before its end. It closes a connection whose client takes nothing.
///
/// It stands between the HTTP decoder and the server's request loop. The loop would read an unread body
/// to its end, however far that is, and would wait for the client to close.
final class ConnectionKeeper: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What the client sends.
    private enum Input {
        case betweenRequests
        /// The rest of a request; `isLast` where the connection cannot go on after it.
        case body(since: NIODeadline, isLast: Bool)
        /// Nothing more is taken from it.
        case ended
    }

    /// Whether the client takes what we send.
    private enum Output {
        case taken
        case waiting(since: NIODeadline)
    }

    private let places: ConnectionPlaces
    private let limits: ConnectionLimits
    private let gate = ByteGate()
    private var place: UInt64?
    private var input = Input.betweenRequests
    private var output = Output.taken
    private var isIdle = true
    /// The answer is an event stream, which goes on for as long as the client likes.
    private var isStream = false
    /// Requests that have no whole answer yet.
    private var unanswered = 0
    /// The parts of a body that came together: a part for each byte would cost a hundred times as much.
    private var body: ByteBuffer?
    /// The decoder's complaint about the client's bytes.
    private var fault: HTTPParserError?
    /// Our side has ended; the client may read its answer for a moment.
    private var isLingering = false
    private var takenBytes = 0
    private var nextLook: Scheduled<Void>?
    private var lastMoment: Scheduled<Void>?

    init(places: ConnectionPlaces) {
        self.places = places
        limits = places.limits
    }

    // MARK: Its life

    func handlerAdded(context: ChannelHandlerContext) {
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(gate, position: .first)
            let conversion = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(RequestHeadCheck(), position: .before(conversion))
        } catch {
            // The pipeline has ended already.
            context.close(promise: nil)
        }
    }

    func channelActive(context: ChannelHandlerContext) {
        place = places.enter(context.channel)
        if place == nil {
            context.close(promise: nil)
        } else {
            boundBuffers(of: context.channel)
            watch(context)
        }
        context.fireChannelActive()
    }

    private func boundBuffers(of channel: any Channel) {
        let marks = ChannelOptions.Types.WriteBufferWaterMark(
            low: ConnectionLimits.unsentBytes / 2, high: ConnectionLimits.unsentBytes)
        let allocator = FixedSizeRecvByteBufferAllocator(capacity: ConnectionLimits.readBytes)
        do {
            let options = channel.syncOptions
            try options?.setOption(.writeBufferWaterMark, value: marks)
            try options?.setOption(.recvAllocator, value: allocator)
            try options?.setOption(.maxMessagesPerRead, value: 1)
        } catch {
            // Every TCP channel has the options unless it has ended already.
            channel.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    private func end() {
        nextLook?.cancel()
        nextLook = nil
        lastMoment?.cancel()
        lastMoment = nil
        if let place = place.take() { places.leave(place) }
    }

    // MARK: What the client sends

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .ended = input { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard unanswered < ConnectionLimits.requestsAhead else { return endInput(context) }
            unanswered += 1
            input = .body(since: .now(), isLast: head.isLast)
            gate.startRequest()
            report()
            context.fireChannelRead(data)
            invite(head, context)
        case .body(let buffer):
            if body?.writeImmutableBuffer(buffer) == nil { body = buffer }
        case .end:
            passBody(context)
            context.fireChannelRead(data)
            guard case .body(_, let isLast) = input else { return }
            input = .betweenRequests
            if isLast { endInput(context) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        passBody(context)
        if case .body = input, gate.requestBytes > ConnectionLimits.requestBytes {
            errorCaught(context: context, error: HTTPParserError.invalidChunkSize)
        }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        passBody(context)
        guard !(error is IOError), !(error is ChannelError) else {
            return context.fireErrorCaught(error)
        }
        // Whatever else fails here is the client's bytes. The loop knows the decoder's errors and answers.
        let fault = error as? HTTPParserError ?? .unknown
        self.fault = fault
        if case .ended = input { return }
        input = .ended
        gate.close()
        context.fireErrorCaught(fault)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            passBody(context)
            input = .ended
            // Both sides have ended.
            if isLingering { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func passBody(_ context: ChannelHandlerContext) {
        guard let buffer = body.take() else { return }
        if case .ended = input { return }
        context.fireChannelRead(wrapInboundOut(.body(buffer)))
    }

    /// Takes nothing more from the client; a handler that waits for more of its bytes sees the end.
    private func endInput(_ context: ChannelHandlerContext) {
        if case .ended = input { return }
        passBody(context)
        input = .ended
        gate.close()
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    /// Tells a client that asks first that it may send its body.
    private func invite(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        guard unanswered == 1, head.headerFields[.expect]?.lowercased() == "100-continue" else {
            return
        }
        context.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    // MARK: What we send

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            if head.headerFields[.contentType] == "text/event-stream" {
                isStream = true
                report()
            }
            let isBeforeEnd = if case .body = input { true } else { false }
            let isAfterInput = if case .ended = input { unanswered <= 1 } else { false }
            guard isBeforeEnd || isAfterInput else { return context.write(data, promise: promise) }
            head.headerFields[.connection] = "close"
            if unanswered == 0, case .headerOverflow? = fault {
                head.status = .requestHeaderFieldsTooLarge
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
            endInput(context)
        case .head, .body:
            context.write(data, promise: promise)
        case .end:
            unanswered = max(0, unanswered - 1)
            context.write(data, promise: promise)
            report()
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output, lastMoment == nil, !isLingering else {
            return context.close(mode: mode, promise: promise)
        }
        let ended = promise ?? context.eventLoop.makePromise()
        ended.futureResult.assumeIsolated().whenComplete { _ in self.linger(context) }
        context.close(mode: .output, promise: ended)
    }

    /// The answer has left: the client has a moment to read it.
    private func linger(_ context: ChannelHandlerContext) {
        guard place != nil, !isLingering else { return }
        isLingering = true
        report()
        gate.close()
        gate.drain(ConnectionLimits.lingerBytes)
        lastMoment = context.eventLoop.assumeIsolated().scheduleTask(in: ConnectionLimits.linger) {
            context.close(promise: nil)
        }
    }

    // MARK: Whether it does anything

    private func watch(_ context: ChannelHandlerContext) {
        let pause = TimeAmount(min(.seconds(1), limits.slow / 2, limits.write / 4))
        nextLook = context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
            self.look(context, pause: pause)
        }
    }

    private func look(_ context: ChannelHandlerContext, pause: TimeAmount) {
        // Every TCP channel has the option; one without it sends nothing that could wait.
        let unsent = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let taken = gate.writtenBytes - unsent
        let least =
            ConnectionLimits.leastBytesPerSecond * Int(pause.nanoseconds / 1_000_000) / 1000
        if unsent == 0 || taken - takenBytes > least {
            output = .taken
        } else if case .taken = output {
            output = .waiting(since: .now())
        }
        takenBytes = taken
        if case .waiting(let since) = output, NIODeadline.now() - since >= TimeAmount(limits.write)
        {
            context.close(promise: nil)
        } else {
            report()
            watch(context)
        }
    }

    /// Tells the places whether the client does something that we should wait for.
    private func report() {
        guard let place else { return }
        let slow = TimeAmount(limits.slow)
        let now = NIODeadline.now()
        let isSlow =
            switch (input, output) {
            case (_, .waiting(let since)) where now - since >= slow: true
            case (.body(let since, _), _) where now - since >= slow: true
            default: false
            }
        // The client of a stream comes back by itself. A client with a question needs the place now.
        let isIdle = unanswered == 0 || isSlow || isLingering || isStream
        guard isIdle != self.isIdle else { return }
        self.isIdle = isIdle
        places.setIdle(place, isIdle)
    }
}

extension HTTPRequest {
    /// Whether nothing can follow the request: it asks for another protocol, which we do not speak, or
    /// says that it is the last one. The decoder reads nothing after the former, and keeps what comes.
    fileprivate var isLast: Bool {
        method == .connect || headerFields[.upgrade] != nil
            || headerFields[.connection]?.lowercased().contains("close") == true
    }
}
