import APISchema
import Foundation
import Hummingbird
import NIOCore

/// The one JSON form of answers: sorted keys, no line breaks.
enum JSON {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }
}

/// How long caches may keep an answer.
enum CachePolicy: String {
    /// The answer to this address never changes.
    case immutable = "public, max-age=31536000, immutable"
    /// The chain moves on about once a second.
    case moment = "public, max-age=1"
    /// The answer belongs to this request alone.
    case never = "no-store"
}

extension Response {
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, cache: CachePolicy = .moment
    ) throws -> Response {
        .bytes(
            try JSON.encode(value), type: "application/json", status: status, cache: cache)
    }

    static func bytes(
        _ bytes: [UInt8], type: String = "application/octet-stream",
        status: HTTPResponse.Status = .ok, cache: CachePolicy
    ) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: type, .cacheControl: cache.rawValue,
                .xContentTypeOptions: "nosniff",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func text(_ bytes: [UInt8], cache: CachePolicy) -> Response {
        .bytes(bytes, type: "text/plain; charset=utf-8", cache: cache)
    }

    /// The answer to a request that failed. Encoding an `APIFailure` cannot fail; an empty body says
    /// no less than the status.
    static func failure(_ failure: ServiceFailure) -> Response {
        let body = (try? JSON.encode(failure.failure)) ?? []
        var response = Response.bytes(
            body, type: "application/json",
            status: HTTPResponse.Status(code: failure.kind.rawValue), cache: .never)
        if let seconds = failure.failure.retryAfterSeconds {
            response.headers[.retryAfter] = String(seconds)
        }
        return response
    }
}
