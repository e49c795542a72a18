internal import APISchema
internal import DocumentFiles
internal import FoundationEssentials
internal import HTTPServing
internal import Hummingbird
internal import Ledger
internal import Logging
internal import NIOCore
internal import NetworkAddresses
internal import PlainText
internal import Synchronization

/// The registrar's HTTP interface.
struct RegistrarRoutes: Sendable {
    /// An identity and a blinded message in hexadecimal, with room for spaces and escapes.
    static let bodyLimit = 8192

    let issuer: Issuer
    let watch: ChainWatch
    let database: RegistrarDatabase
    private let configuration: RegistrarConfiguration
    let logger: Logger
    private let requests: RequestCounter
    private let proxies: TrustedProxies
    private let silentProxy = SilentProxy()

    init(
        issuer: Issuer, watch: ChainWatch, database: RegistrarDatabase,
        configuration: RegistrarConfiguration, logger: Logger
    ) {
        self.issuer = issuer
        self.watch = watch
        self.database = database
        self.configuration = configuration
        self.logger = logger
        self.requests = RequestCounter(limit: configuration.requestsAtOnce)
        self.proxies = TrustedProxies(configuration.trustedProxies)
    }

    /// What answers every request. Pages of other sites may not use the registrar: each of their
    /// readers' browsers would try codes from an address of its own. The page of an election comes
    /// from the registrar's own site.
    func responder() -> some HTTPResponder<VoterContext> {
        let router = router()
        return MethodResponder(
            router.buildResponder(), methods: ServedMethods(of: router), allowsPages: false
        ) {
            FailureAnswers.answer(.methodNotAllowed, APIFailure(code: "WRONG_METHOD", message: $0))
        }
    }

    private func router() -> Router<VoterContext> {
        let router = Router(
            context: VoterContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: FailureAnswers(logger: logger))
        router.get("/v1/status") { _, _ in
            try await json(status())
        }
        router.post("/v1/elections/{ref}/entry") { request, context in
            // A request is in work once it is there: one that trickles in takes nobody's turn.
            let identity = try await self.body(VoterIdentity.self, of: request)
            let network = self.network(of: request, context)
            return try await self.requests.limited {
                try json(
                    try await self.issuer.entry(
                        identity, from: network,
                        election: try context.parameters.require("ref"),
                        chain: try self.watch.snapshot()))
            }
        }
        router.post("/v1/elections/{ref}/credential") { request, context in
            let message = try await self.body(CredentialRequestMessage.self, of: request)
            let network = self.network(of: request, context)
            return try await self.requests.limited {
                try json(
                    try await self.issuer.credential(
                        message, from: network,
                        election: try context.parameters.require("ref"),
                        chain: try self.watch.snapshot()))
            }
        }
        return router
    }

    private func status() async throws -> RegistrarStatus {
        var note: String?
        do throws(IssuingRefusal) {
            _ = try watch.snapshot()
        } catch {
            note = error.failure.message
        }
        return RegistrarStatus(
            software: "veche-registrar", election: issuer.document.name,
            document: issuer.document.hash, ready: note == nil, note: note,
            styles: try await database.totals().map {
                RegistrarStatus.Style(number: $0.style, listed: $0.listed, issued: $0.issued)
            })
    }

    /// Where a request comes from, as far as guesses are counted.
    private func network(of request: Request, _ context: VoterContext) -> AddressGroup {
        let network = request.client(peer: context.peer, proxies: self.proxies)
        if proxies.contains(context.peer), network == AddressGroup(context.peer) {
            silentProxy.note(logger)
        }
        return network
    }

    /// A request's body, within its bounds of size and time.
    private func bytes(of request: Request) async throws(RequestFailure) -> ByteBuffer {
        do throws(BodyFailure) {
            return try await request.wholeBody(
                upTo: Self.bodyLimit, within: .seconds(self.configuration.bodySeconds))
        } catch {
            switch error {
            case .tooLarge:
                throw RequestFailure(
                    status: .contentTooLarge, code: "TOO_LARGE",
                    message: "A request has at most \(Self.bodyLimit) bytes.")
            case .tooSlow:
                throw RequestFailure(
                    status: .requestTimeout, code: "TOO_SLOW",
                    message: "The request's body did not arrive in time; send it again.")
            case .malformed:
                throw RequestFailure(
                    status: .badRequest, code: "BAD_REQUEST",
                    message: "The request's body is cut off or malformed; send it again.")
            }
        }
    }

    private func body<Message: Decodable>(
        _ type: Message.Type, of request: Request
    ) async throws -> Message {
        let buffer = try await self.bytes(of: request)
        do throws(JSONFailure) {
            return try JSONDocument.decode(type, from: [UInt8](buffer.readableBytesView))
        } catch {
            throw RequestFailure(
                status: .badRequest, code: "BAD_REQUEST",
                message: "The request's body is not what was expected: \("\(error)".plainLine).")
        }
    }
}

/// What a handler knows of a request beyond its content.
struct VoterContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address that the connection comes from, without the port.
    let peer: String

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.peer = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}

/// Tells once that a trusted proxy does not say where its clients are: its operator's mistake, or
/// somebody on the proxy's machine who asks without it.
final class SilentProxy: Sendable {
    private let isNoted = Mutex(false)

    func note(_ logger: Logger) {
        let isFirst = isNoted.withLock { isNoted in
            defer { isNoted = true }
            return !isNoted
        }
        guard isFirst else { return }
        logger.warning(
            "a request came from a trusted proxy's address without X-Forwarded-For: all who come so count as one network; let the proxy append its client's address"
        )
    }
}

/// A request that is not in its form.
struct RequestFailure: Error, CustomStringConvertible {
    let status: HTTPResponse.Status
    let code: String
    let message: String

    var description: String { message }
}

/// Bounds how many requests are in work at once.
final class RequestCounter: Sendable {
    private let limit: Int
    private let count = Mutex(0)

    init(limit: Int) { self.limit = limit }

    func limited<Value>(_ body: () async throws -> Value) async throws -> Value {
        let isAdmitted = count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { throw IssuingRefusal.busy }
        defer { count.withLock { $0 -= 1 } }
        return try await body()
    }
}

/// Turns every error into an `APIFailure`. What went wrong inside is logged without the request.
struct FailureAnswers: RouterMiddleware {
    typealias Context = VoterContext

    let logger: Logger

    @concurrent
    func handle(
        _ request: Request, context: VoterContext,
        next: @concurrent (Request, VoterContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let refusal as IssuingRefusal {
            switch refusal {
            case .issued: logger.notice("a second request of a voter was refused")
            case .guessed:
                logger.warning("a voter's access code is guessed from several networks")
            default: break
            }
            return Self.answer(HTTPResponse.Status(code: refusal.status), refusal.failure)
        } catch let failure as RequestFailure {
            return Self.answer(
                failure.status, APIFailure(code: failure.code, message: failure.message))
        } catch let error as HTTPError {
            return Self.answer(
                error.status,
                APIFailure(
                    code: error.status == .notFound ? "NOT_FOUND" : "BAD_REQUEST",
                    message: "There is no such address, or the request is malformed."))
        } catch {
            logger.error("a request failed", metadata: ["error": "\("\(error)".plainLine)"])
            return Self.answer(
                .internalServerError,
                APIFailure(
                    code: "UNAVAILABLE",
                    message: "The registrar failed; nothing is lost, try the same again.",
                    retryAfterSeconds: 5))
        }
    }

    static func answer(_ status: HTTPResponse.Status, _ failure: APIFailure) -> Response {
        // An `APIFailure` always has a JSON form; an empty body says no less than the status.
        var response =
            (try? json(failure, status: status)) ?? Response(status: status)
        if let seconds = failure.retryAfterSeconds {
            response.headers[.retryAfter] = String(seconds)
        }
        return response
    }
}

private func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok
) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Response(
        status: status,
        headers: [.contentType: "application/json", .cacheControl: "no-store"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
}
