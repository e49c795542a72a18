import APISchema
import Codec
import Compression
import Foundation
import Hashing
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

/// What an address says, before the form that a request asks for.
struct Answer {
    /// Bytes up to which an answer is worth a tag: whoever has them need not get them again. What is
    /// larger costs time to hash, and for the most part never changes.
    private static let taggedBytes = 256 << 10
    /// Bytes of an answer that is compressed. Below, the packets are as many; above, it costs too long.
    private static let compressedBytes = (1 << 10)...(4 << 20)

    private let bytes: [UInt8]
    private let type: String
    private let status: HTTPResponse.Status
    private let cache: CachePolicy

    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, cache: CachePolicy = .moment
    ) throws -> Answer {
        .bytes(
            try JSON.encode(value), type: "application/json", status: status, cache: cache)
    }

    static func bytes(
        _ bytes: [UInt8], type: String = "application/octet-stream",
        status: HTTPResponse.Status = .ok, cache: CachePolicy
    ) -> Answer {
        Answer(bytes: bytes, type: type, status: status, cache: cache)
    }

    static func text(
        _ bytes: [UInt8], type: String = "text/plain; charset=utf-8", cache: CachePolicy
    ) -> Answer {
        .bytes(bytes, type: type, cache: cache)
    }

    /// JSON and text shrink to a half and less. Other answers are hashes, signatures and encrypted
    /// ballots, which do not. No answer holds a secret beside what a request says, so that the length
    /// of a compressed answer tells nothing.
    private var isText: Bool { type.hasPrefix("application/json") || type.hasPrefix("text/") }

    /// The answer in the form that a request asks for: short where the client has it already,
    /// compressed where the client takes that.
    func response(to request: Request, compressor: Compressor) -> Response {
        var headers: HTTPFields = [
            .contentType: type, .cacheControl: cache.rawValue, .xContentTypeOptions: "nosniff",
        ]
        if isText { headers[.vary] = "accept-encoding" }
        if status == .ok, cache != .never, bytes.count <= Self.taggedBytes {
            // Weak: the compressed form has the same tag (RFC 9110, 8.8.3.3).
            let tag = "W/\"\(Hexadecimal.encode(Array(SHA256.digest(bytes).bytes.prefix(16))))\""
            headers[.eTag] = tag
            if request.hasAlready(tag) {
                headers[.contentType] = nil
                return Response(status: .notModified, headers: headers)
            }
        }
        if isText, Self.compressedBytes.contains(bytes.count), request.takesGzip,
            let shorter = compressor.gzip(bytes)
        {
            headers[.contentEncoding] = "gzip"
            return Response(
                status: status, headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: shorter)))
        }
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension Request {
    /// Whether the client says that it has the answer with a tag (RFC 9110, 13.1.2).
    fileprivate func hasAlready(_ tag: String) -> Bool {
        headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }.contains { entry in
            let entry = entry.trimmed
            return entry == "*" || entry == tag || "W/" + entry == tag
        }
    }

    /// Whether the client takes gzip (RFC 9110, 12.5.3). What says nothing of gzip by name gets none.
    fileprivate var takesGzip: Bool {
        headers[values: .acceptEncoding].flatMap { $0.split(separator: ",") }.contains { entry in
            let parts = entry.split(separator: ";").map(\.trimmed)
            guard parts.first?.lowercased() == "gzip" else { return false }
            // A weight of zero, in any of its forms, means "not this".
            return !parts.dropFirst().contains { weight in
                weight.lowercased().hasPrefix("q=")
                    && weight.dropFirst(2).allSatisfy { $0 == "0" || $0 == "." }
            }
        }
    }
}

extension StringProtocol {
    /// Without the blanks around it.
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}

extension Response {
    /// The answer to a request that failed. Encoding an `APIFailure` cannot fail; an empty body says
    /// no less than the status.
    static func failure(_ failure: ServiceFailure) -> Response {
        let body = (try? JSON.encode(failure.failure)) ?? []
        var response = Response(
            status: HTTPResponse.Status(code: failure.kind.rawValue),
            headers: [
                .contentType: "application/json", .cacheControl: CachePolicy.never.rawValue,
                .xContentTypeOptions: "nosniff",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
        if let seconds = failure.failure.retryAfterSeconds {
            response.headers[.retryAfter] = String(seconds)
        }
        return response
    }
}
