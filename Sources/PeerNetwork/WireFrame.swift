import NIOCore
import Synchronization

/// One frame on the wire: u32 length of what follows, u8 type, payload.
struct WireFrame: Equatable, Sendable {
    let type: UInt8
    let payload: [UInt8]

    /// Length field and type.
    static let headerSize = 5

    /// Types from here on belong to the transport.
    static let firstTransportType: UInt8 = 0xF0

    func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt32(payload.count + 1))
        buffer.writeInteger(type)
        buffer.writeBytes(payload)
    }
}

/// The transport's own messages.
enum TransportType: UInt8 {
    /// Who we are: the first frame each way.
    case hello = 0xF0
    /// Why we do not talk to you: a code, then the end.
    case refusal = 0xF1
    /// Eight bytes that come back in a pong.
    case ping = 0xF2
    case pong = 0xF3
    /// The beginning or middle of a bulk message; other frames may come in between.
    case part = 0xF4
    /// The end of a bulk message.
    case lastPart = 0xF5
}

/// Why bytes are no frames. The connection ends.
enum FrameError: Error, Equatable {
    case empty
    /// The length is above the limit; nothing was allocated for it.
    case tooLong(length: UInt32, limit: Int)
}

/// The largest payload that a connection accepts at the moment; set by whoever knows the peer.
final class FrameLimit: Sendable {
    /// A hello or refusal fits easily.
    static let beforeHello = 256

    private let limit: Atomic<Int>

    init(_ payloadBytes: Int) { limit = Atomic(payloadBytes) }

    var payloadBytes: Int {
        get { limit.load(ordering: .acquiring) }
        set { limit.store(newValue, ordering: .releasing) }
    }
}

/// Cuts the decrypted stream into frames.
struct FrameDecoder: ByteToMessageDecoder {
    typealias InboundOut = WireFrame

    let limit: FrameLimit

    mutating func decode(
        context: ChannelHandlerContext, buffer: inout ByteBuffer
    ) throws -> DecodingState {
        guard
            let length: UInt32 = buffer.getInteger(at: buffer.readerIndex)
        else { return .needMoreData }
        guard length > 0 else { throw FrameError.empty }
        let limit = limit.payloadBytes
        guard length - 1 <= limit else { throw FrameError.tooLong(length: length, limit: limit) }
        guard buffer.readableBytes >= 4 + Int(length) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 4)
        guard let type: UInt8 = buffer.readInteger(),
            let payload = buffer.readBytes(length: Int(length) - 1)
        else { return .needMoreData }  // Both are there: the count was compared above.
        context.fireChannelRead(wrapInboundOut(WireFrame(type: type, payload: payload)))
        return .continue
    }

    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        // A frame that was cut short by the end of the connection is not a frame.
        try decode(context: context, buffer: &buffer)
    }
}
