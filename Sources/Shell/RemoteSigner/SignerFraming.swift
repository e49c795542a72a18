import NIOCore

/// Cuts the stream into messages. What announces more than a message may hold ends the connection.
struct SignerFrameDecoder: ByteToMessageDecoder {
    typealias InboundOut = [UInt8]

    struct TooLong: Error, CustomStringConvertible {
        var description: String { "a message is longer than a message may be" }
    }

    mutating func decode(
        context: ChannelHandlerContext, buffer: inout ByteBuffer
    ) throws -> DecodingState {
        guard
            let length = buffer.getInteger(
                at: buffer.readerIndex, endianness: .big, as: UInt32.self)
        else { return .needMoreData }
        guard length <= UInt32(SignerWire.messageBytes) else { throw TooLong() }
        guard buffer.readableBytes >= 4 + Int(length) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 4)
        guard let bytes = buffer.readBytes(length: Int(length)) else { return .needMoreData }
        context.fireChannelRead(wrapInboundOut(bytes))
        return .continue
    }

    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        try decode(context: context, buffer: &buffer)
    }
}

final class SignerFrameEncoder: MessageToByteEncoder {
    typealias OutboundIn = [UInt8]

    func encode(data: [UInt8], out: inout ByteBuffer) {
        out.writeInteger(UInt32(clamping: data.count), endianness: .big)
        out.writeBytes(data)
    }
}
