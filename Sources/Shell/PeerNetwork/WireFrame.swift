import NIOCore
import Synchronization

/// One frame on the wire: u32 length of what follows, u8 type, payload.
struct WireFrame: Equatable, Sendable {
    let type: UInt8
    let payload: [UInt8]

    /// Length field and type.
    static let headerSize = 5

    /// What it takes on the wire.
    var size: Int { Self.headerSize + payload.count }

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

extension RefusalNotice {
    var frame: WireFrame {
        WireFrame(type: TransportType.refusal.rawValue, payload: payload)
    }
}

extension FrameError: CustomStringConvertible {
    /// In words, as they stand after a colon.
    var description: String {
        switch self {
        case .empty: "a message without content"
        case .tooLong(let length, let limit):
            "a message of \(length) bytes, and at most \(limit) are allowed"
        }
    }
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
