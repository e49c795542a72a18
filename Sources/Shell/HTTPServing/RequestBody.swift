package import Hummingbird
import HummingbirdCore
package import NIOCore

/// Why a request has no body that can be used. Each is the client's doing.
package enum BodyFailure: Error, Hashable, Sendable {
    case tooLarge
    /// It did not arrive in time.
    case tooSlow
    /// It is cut off, or is not in the form that its header announces.
    case malformed
}

extension BodyFailure: CustomStringConvertible {
    /// In words, as they stand after a colon.
    package var description: String {
        switch self {
        case .tooLarge: "the request's body is too large"
        case .tooSlow: "the request's body did not arrive in time"
        case .malformed: "the request's body is cut off or malformed"
        }
    }
}

extension Request {
    /// The whole body, within its bounds of size and time.
    package func wholeBody(
        upTo limit: Int, within time: Duration
    ) async throws(BodyFailure) -> ByteBuffer {
        let announced = headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > limit { throw .tooLarge }
        let result = await withTaskGroup(of: Result<ByteBuffer, BodyFailure>.self) { group in
            group.addTask { await collect(upTo: limit) }
            group.addTask {
                // Cancellation ends the sleep: the body is there, or the request has ended.
                try? await Task.sleep(for: time)
                return .failure(.tooSlow)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.malformed)
        }
        let buffer = try result.get()
        // A connection that ends within a body looks like a body's end.
        if let announced, buffer.readableBytes < announced { throw .malformed }
        return buffer
    }

    private func collect(upTo limit: Int) async -> Result<ByteBuffer, BodyFailure> {
        do {
            return .success(try await body.collect(upTo: limit))
        } catch is NIOTooManyBytesError {
            return .failure(.tooLarge)
        } catch {
            // The decoder's complaint, or the connection's end.
            return .failure(.malformed)
        }
    }
}
