import NIOCore
import NIOHTTP1

/// Checks what the shared HTTP types no longer hold: a request's version and its Host fields. It stands
/// between the HTTP decoder and the conversion to those types.
final class RequestHeadCheck: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Of each request that has no whole answer yet, oldest first: whether it came in HTTP/1.0.
    private var oldVersions: [Bool] = []
    /// A head was refused: nothing that follows it is passed on.
    private var hasRefused = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasRefused else { return }
        guard case .head(var head) = unwrapInboundIn(data) else {
            return context.fireChannelRead(data)
        }
        let isOld = head.version.minor < 1
        guard head.headers["host"].isHost(optional: isOld) else {
            hasRefused = true
            return context.fireErrorCaught(HTTPParserError.unknown)
        }
        if isOld {
            // RFC 9112, 9.3: such a client may not know that a connection goes on. We end each.
            head.headers.replaceOrAdd(name: "connection", value: "close")
            // RFC 9110, 10.1.1: it may not know interim answers.
            head.headers.remove(name: "expect")
        }
        oldVersions.append(isOld)
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head)
        where oldVersions.first == true && head.status.code >= 200
            && !head.headers.contains(name: "content-length"):
            // RFC 9112, 6.1: no chunks for HTTP/1.0. The connection's end is the answer's end.
            head.version = .http1_0
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            if !oldVersions.isEmpty { oldVersions.removeFirst() }
            context.write(data, promise: promise)
        case .head, .body:
            context.write(data, promise: promise)
        }
    }
}

extension [String] {
    /// Whether these values of Host fields are as RFC 9112, 3.2 wants them: exactly one, in the form of
    /// a host with or without a port. It may be empty, and absent where it is optional.
    fileprivate func isHost(optional: Bool) -> Bool {
        guard let first else { return optional }
        return count == 1
            && first.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._~%!$&'()*+,;=:[]".utf8.contains(byte)
                }
            }
    }
}
