import APISchema
import Codec
import Compression
import Foundation
import HTTPServing
import Hummingbird
import Ledger
import NIOCore
import NetworkAddresses
import TransparencyLog

/// Every route of a node, over a service.
struct NodeRoutes {
    typealias Handler = @Sendable (Request, APIRequestContext) async throws -> Answer

    let service: any NodeService
    let limits: APILimits
    let proxies: TrustedProxies
    private let compressor = Compressor(limit: APILimits.compressions)

    init(service: any NodeService, limits: APILimits, proxies: TrustedProxies) {
        self.service = service
        self.limits = limits
        self.proxies = proxies
    }

    /// What answers every request.
    func responder() throws -> some HTTPResponder<APIRequestContext> {
        let router = try router()
        return MethodResponder(
            router.buildResponder(), methods: ServedMethods(of: router), allowsPages: true
        ) { .failure(.wrongMethod($0)) }
    }

    func router() throws -> Router<APIRequestContext> {
        let router = Router(
            context: APIRequestContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: FailureMiddleware())
        router.add(middleware: AnswerMiddleware(limits: limits, proxies: proxies))
        addTransactions(to: router)
        addChain(to: router)
        addElections(to: router)
        addLog(to: router)
        try addOperations(to: router)
        addEvents(to: router)
        return router
    }

    func get(
        _ path: RouterPath, in router: Router<APIRequestContext>, _ handler: @escaping Handler
    ) {
        on(path, .get, in: router, handler)
    }

    func on(
        _ path: RouterPath, _ method: HTTPRequest.Method, in router: Router<APIRequestContext>,
        _ handler: @escaping Handler
    ) {
        let limit = Duration.seconds(limits.requestSeconds)
        let compressor = compressor
        router.on(path, method: method) { request, context in
            try await withDeadline(limit) {
                try await handler(request, context).response(to: request, compressor: compressor)
            }
        }
    }

    private func addTransactions(to router: Router<APIRequestContext>) {
        let (service, proxies) = (service, proxies)
        let bodyTime = Duration.seconds(limits.bodySeconds)
        on("/v1/transactions", .post, in: router) { request, context in
            let bytes = try await request.transactionBytes(within: bodyTime)
            guard !bytes.isEmpty else {
                throw ServiceFailure.badRequest("The body must be a transaction's bytes.")
            }
            let source = request.client(peer: context.peer, proxies: proxies)
            let answer = try await service.submit(bytes, source: source)
            return try .json(
                answer, status: answer.status == "final" ? .ok : .accepted, cache: .never)
        }
        get("/v1/transactions/:id", in: router) { _, context in
            let status = try await service.transactionStatus(try context.digest("id"))
            return try .json(status, cache: status.status == "final" ? .immutable : .moment)
        }
        get("/v1/transactions/:id/bytes", in: router) { _, context in
            .bytes(
                try await service.transactionBytes(try context.digest("id")), cache: .immutable)
        }
        get("/v1/transactions/:id/receipt", in: router) { _, context in
            .text(try await service.receipt(try context.digest("id")), cache: .moment)
        }
    }

    private func addChain(to router: Router<APIRequestContext>) {
        let service = service
        get("/v1/genesis", in: router) { _, _ in
            .bytes(service.genesisBytes, cache: .immutable)
        }
        get("/v1/status", in: router) { _, _ in try .json(try await service.status()) }
        get("/v1/validators", in: router) { request, _ in
            let epoch: UInt64? = try request.query("epoch")
            return try .json(try await service.validators(epoch: epoch))
        }
        get("/v1/validators/succession", in: router) { _, _ in
            .bytes(try await service.succession().canonicalBytes, cache: .moment)
        }
        get("/v1/blocks", in: router) { request, _ in
            let from: UInt64? = try request.query("from")
            let limit = try request.limit(maximum: APILimits.blocks)
            return try .json(try await service.blocks(from: from.map(Height.init), limit: limit))
        }
        get("/v1/blocks/:height", in: router) { _, context in
            let height: UInt64 = try context.number("height")
            return try .json(try await service.block(at: Height(height)), cache: .immutable)
        }
        get("/v1/export", in: router) { request, _ in
            let from: UInt64 = try request.query("from") ?? 1
            let limit = try request.limit(maximum: ExportChunk.maximumBlocks)
            let chunk = try await service.export(from: Height(from), limit: limit)
            // A chunk that is shorter than asked for may be longer once the chain has moved on.
            return .bytes(
                chunk.canonicalBytes, cache: chunk.blocks.count < limit ? .moment : .immutable)
        }
    }

    private func addElections(to router: Router<APIRequestContext>) {
        let service = service
        get("/v1/elections", in: router) { _, _ in try .json(try await service.elections()) }
        get("/v1/elections/:ref", in: router) { _, context in
            try .json(try await service.election(try context.election()))
        }
        get("/v1/elections/:ref/document", in: router) { _, context in
            let document = try await service.electionDocument(try context.election())
            return .bytes(document.canonicalBytes, cache: .immutable)
        }
        get("/v1/elections/:ref/document.json", in: router) { _, context in
            let document = try await service.electionDocument(try context.election())
            return try .json(document, cache: .immutable)
        }
        get("/v1/elections/:ref/ceremony", in: router) { _, context in
            try .json(try await service.ceremony(try context.election()))
        }
        get("/v1/elections/:ref/credentials/:key", in: router) { _, context in
            let key = try context.digest("key")
            return try .json(try await service.credential(key, of: try context.election()))
        }
        get("/v1/elections/:ref/roll/:style", in: router) { request, context in
            let style: UInt32 = try context.number("style")
            let from: UInt32 = try request.query("from") ?? 0
            let limit = try request.limit(maximum: APILimits.rollLeaves)
            return try .json(
                try await service.roll(
                    style: style, of: try context.election(), from: from, limit: limit))
        }
        get("/v1/elections/:ref/tally", in: router) { _, context in
            try .json(try await service.tally(try context.election()))
        }
        get("/v1/elections/:ref/protocol", in: router) { _, context in
            .bytes(
                try await service.resultProtocol(try context.election()),
                type: "application/json", cache: .immutable)
        }
    }

    private func addLog(to router: Router<APIRequestContext>) {
        let service = service
        get("/checkpoint", in: router) { _, _ in
            .text(try await service.checkpoint(full: false), cache: .moment)
        }
        get("/checkpoint-full", in: router) { _, _ in
            .text(try await service.checkpoint(full: true), cache: .moment)
        }
        let tile: Handler = { request, _ in
            // The path names the tile; the router only finds out that it is one.
            // Some clients escape the slashes of a part.
            let path = String(request.uri.path.dropFirst()).removingPercentEncoding ?? ""
            guard let tile = try? Tile(path: path) else {
                throw ServiceFailure.badRequest(
                    "The address names no tile; C2SP tlog-tiles says how tiles are named.")
            }
            return .bytes(try await service.tile(tile), cache: .immutable)
        }
        get("/tile/entries/**", in: router, tile)
        get("/tile/:level/**", in: router, tile)
    }

    private func addOperations(to router: Router<APIRequestContext>) throws {
        let service = service
        get("/healthz", in: router) { _, _ in
            try await service.checkHealth()
            return try .json(["status": "ok"], cache: .never)
        }
        get("/readyz", in: router) { _, _ in
            try .json(try await service.checkReadiness(), cache: .never)
        }
        get("/metrics", in: router) { _, _ in
            .text(
                [UInt8](try await service.metrics().utf8),
                type: "text/plain; version=0.0.4; charset=utf-8", cache: .never)
        }
        let document = try JSON.encode(OpenAPI.document)
        get("/openapi.json", in: router) { _, _ in
            .bytes(document, type: "application/json", cache: .moment)
        }
    }

    private func addEvents(to router: Router<APIRequestContext>) {
        let (service, proxies) = (service, proxies)
        let limit = Duration.seconds(limits.requestSeconds)
        router.get("/v1/events") { request, context in
            let channel = context.channel
            let client = request.client(peer: context.peer, proxies: proxies)
            let subscription = try await withDeadline(limit) {
                try await service.events(for: client) { channel.close(promise: nil) }
            }
            // No event waits in the process for a reader, so we see at once that a client does not read.
            try await channel.setOption(.writeBufferWaterMark, value: .init(low: 1, high: 1)).get()
            return Response(
                status: .ok,
                headers: [
                    .contentType: "text/event-stream", .cacheControl: CachePolicy.never.rawValue,
                ],
                body: ResponseBody { writer in
                    // The head leaves with the first write, so that a client knows it is connected.
                    try await writer.write(ByteBuffer(string: Self.firstEvent))
                    while let bytes = await subscription.next() {
                        try await writer.write(ByteBuffer(bytes: bytes))
                    }
                    try await writer.finish(nil)
                })
        }
    }

    /// Tells a client how many milliseconds to wait before it connects again after its turn.
    private static let firstEvent = "retry: 3000\n\n"
}
