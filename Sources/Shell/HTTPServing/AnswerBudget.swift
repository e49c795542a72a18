package import Hummingbird
package import NIOCore
package import NetworkAddresses
import Synchronization

/// The bytes of large answers that are being written to clients, bounded for all together. An answer
/// is built whole before it is written, and a client decides how fast it reads.
package final class AnswerBudget: Sendable {
    /// Answers of at most so many bytes are not counted: a connection holds as much anyway.
    package static let smallBytes = ConnectionLimits.unsentBytes

    private struct State {
        var bytes: SharedBytes
        var channels: [UInt64: any Channel] = [:]
        var next: UInt64 = 0
    }

    private let start = ContinuousClock.now
    private let state: Mutex<State>

    /// - Parameters:
    ///   - bytes: what all large answers may hold.
    ///   - patience: how long a client that takes nothing keeps its bytes from others.
    package init(bytes: Int, patience: Duration) {
        state = Mutex(State(bytes: SharedBytes(total: bytes, patience: patience)))
    }

    /// The bytes that are held now.
    package var used: Int { state.withLock { $0.bytes.used } }

    /// The answer, written so that its bytes are counted until they have left. Answers that make place
    /// for it are cut off.
    ///
    /// - Returns: nil where there is no room.
    package func counted(
        _ response: Response, for group: AddressGroup, on channel: any Channel
    ) -> Response? {
        guard let size = response.body.contentLength, size > Self.smallBytes else {
            return response
        }
        let now = start.duration(to: .now)
        let entry: (id: UInt64, victims: [any Channel])? = state.withLock { state in
            state.next += 1
            let id = state.next
            guard let victims = state.bytes.take(id, size, for: group, at: now) else { return nil }
            state.channels[id] = channel
            return (id, victims.compactMap { state.channels.removeValue(forKey: $0) })
        }
        guard let entry else { return nil }
        for victim in entry.victims { victim.close(promise: nil) }
        let share = AnswerShare(budget: self, id: entry.id)
        var response = response
        let body = response.body
        response.body = ResponseBody(contentLength: size) { writer in
            try await body.write(PiecewiseWriter(writer: writer, share: share))
        }
        return response
    }

    fileprivate func note(_ id: UInt64) {
        let now = start.duration(to: .now)
        state.withLock { $0.bytes.note(id, at: now) }
    }

    fileprivate func give(_ id: UInt64) {
        state.withLock { state in
            state.bytes.give(id)
            state.channels[id] = nil
        }
    }
}

/// One answer's bytes. They are given back when the share is released: the answer was written, failed,
/// or was never begun.
private final class AnswerShare: Sendable {
    private let budget: AnswerBudget
    private let id: UInt64

    init(budget: AnswerBudget, id: UInt64) {
        self.budget = budget
        self.id = id
    }

    func note() { budget.note(id) }

    deinit { budget.give(id) }
}

/// Writes an answer in pieces, each once the one before has left for the most part.
private struct PiecewiseWriter: ResponseBodyWriter {
    var writer: any ResponseBodyWriter
    let share: AnswerShare

    @concurrent
    mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let piece = rest.readBytes(
            length: min(rest.readableBytes, AnswerBudget.smallBytes)), !piece.isEmpty
        {
            // A copy: a slice would keep the whole answer until its last piece has left.
            try await writer.write(ByteBuffer(bytes: piece))
            share.note()
        }
    }

    @concurrent
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await writer.finish(trailingHeaders)
    }
}
