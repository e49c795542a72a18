package import APISchema
internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore

/// Something that happened, as a node tells it.
package enum NodeEvent: Hashable, Sendable {
    case block(BlockSummary)
    case election(ElectionStatus)
}

extension NodeClient {
    /// Calls `receive` with each event until it returns false or the node ends the stream.
    ///
    /// Events are hints for displays: after the end of a stream some may have been missed.
    package func events(
        _ receive: (NodeEvent) async throws -> Bool
    ) async throws {
        let (server, body) = try await transport.open("/v1/events")
        var parser = EventParser()
        for try await buffer in body {
            for message in try parser.receive([UInt8](buffer.readableBytesView), from: server) {
                guard let event = try event(message, from: server) else { continue }
                guard try await receive(event) else { return }
            }
        }
    }

    private func event(
        _ message: EventParser.Message, from server: String
    ) throws(ClientError) -> NodeEvent? {
        do throws(AnswerFault) {
            switch message.type {
            case "block":
                return .block(try ForeignJSON.decode(BlockSummary.self, from: message.data))
            case "election":
                return .election(try ForeignJSON.decode(ElectionStatus.self, from: message.data))
            default: return nil
            }
        } catch {
            throw .badAnswer(server: server, problem: error.problem)
        }
    }
}

/// Takes server-sent events apart (HTML standard, 9.2.6).
struct EventParser {
    struct Message: Equatable {
        var type = "message"
        var data: [UInt8] = []
    }

    /// The largest event, in bytes: an election of 128 styles stays far below.
    static let sizeLimit = 1 << 20

    private var line: [UInt8] = []
    private var message = Message()
    private var hasData = false

    /// The events that are complete with these bytes.
    mutating func receive(
        _ bytes: [UInt8], from server: String
    ) throws(ClientError) -> [Message] {
        var messages: [Message] = []
        for byte in bytes {
            guard byte == 0x0A else {
                line.append(byte)
                guard line.count + message.data.count <= Self.sizeLimit else {
                    throw .badAnswer(server: server, problem: "an event is too large")
                }
                continue
            }
            if line.last == 0x0D { line.removeLast() }
            if line.isEmpty {
                if hasData { messages.append(message) }
                message = Message()
                hasData = false
            } else {
                takeLine()
            }
            line.removeAll(keepingCapacity: true)
        }
        return messages
    }

    private mutating func takeLine() {
        guard let colon = line.firstIndex(of: 0x3A), colon > 0 else { return }
        var value = line[(colon + 1)...]
        if value.first == 0x20 { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event":
            message.type = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { message.data.append(0x0A) }
            message.data += value
            hasData = true
        default:
            break
        }
    }
}
