/// A peer after the handshake: a stranger by its key, or whoever's key it has.
package struct HostilePeer: Sendable {
    package let connection: HostileConnection

    /// Types of frames (PROTOCOL 9.6, 9.7).
    package enum Frame {
        package static let consensus: UInt8 = 0x01
        package static let sync: UInt8 = 0x02
        package static let transactions: UInt8 = 0x03
        package static let checkpoint: UInt8 = 0x04
        package static let submission: UInt8 = 0x05
        package static let answer: UInt8 = 0x06
        package static let hello: UInt8 = 0xF0
        package static let ping: UInt8 = 0xF2
        package static let part: UInt8 = 0xF4
    }

    /// Connects, proves the key and says hello; throws where the node refuses.
    package static func connect(
        to target: Target, as identity: HostileIdentity, from address: String = "127.0.0.1",
        instance: UInt64 = .random(in: .min ... .max), reads: Bool = true
    ) async throws -> HostilePeer {
        let connection = try await HostileConnection.openPeer(
            to: target.peerPort, as: identity, from: address)
        await connection.send(frame(Frame.hello, hello(target.chainID, instance)))
        // The answer is a hello, or a refusal and the end.
        let isGreeted = await connection.wait { $0.count >= 5 }
        guard isGreeted, connection.bytes[4] == Frame.hello else {
            connection.close()
            throw HostileFailure(description: "refused")
        }
        if !reads { try await connection.stopReading() }
        return HostilePeer(connection: connection)
    }

    /// Sends one message; false once the node has ended the connection.
    @discardableResult
    package func send(_ type: UInt8, _ payload: [UInt8]) async -> Bool {
        await connection.send(Self.frame(type, payload))
    }

    package static func frame(_ type: UInt8, _ payload: [UInt8]) -> [UInt8] {
        bytes(UInt32(payload.count + 1)) + [type] + payload
    }

    private static func hello(_ chainID: [UInt8], _ instance: UInt64) -> [UInt8] {
        [0x56, 0x45, 0x43, 0x48, 0, 1] + chainID + [2] + bytes(instance)
    }

    /// A request for so many blocks in an answer as long as one may be.
    package static func rangeRequest(from height: UInt64, count: UInt32) -> [UInt8] {
        [3] + bytes(height) + bytes(count) + bytes(UInt32(8 << 20))
    }

    package static let newestRequest: [UInt8] = [1]
}

/// A number's bytes, the highest first.
func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    (0..<number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
}
