package import Hummingbird

/// Which methods the addresses of a server know.
package struct ServedMethods: Sendable {
    private let routes: [(path: RouterPath, method: HTTPRequest.Method)]

    package init<Context: RequestContext>(of router: Router<Context>) {
        routes = router.routes.map { ($0.path, $0.method) }
    }

    /// The methods at an address, in the order of the alphabet; empty where there is no such address.
    package func methods(at path: String) -> [HTTPRequest.Method] {
        let parts = path.split(separator: "/")
        var methods: Set<HTTPRequest.Method> = []
        for route in routes where Self.matches(route.path, parts) {
            methods.insert(route.method)
            if route.method == .get { methods.insert(.head) }
        }
        if !methods.isEmpty { methods.insert(.options) }
        return methods.sorted { $0.rawValue < $1.rawValue }
    }

    private static func matches(_ path: RouterPath, _ parts: [Substring]) -> Bool {
        if path.components.last == .recursiveWildcard {
            let fixed = path.components.dropLast()
            return parts.count > fixed.count && zip(fixed, parts).allSatisfy { $0 ~= $1 }
        }
        return parts.count == path.components.count
            && zip(path.components, parts).allSatisfy { $0 ~= $1 }
    }
}

/// Answers what is the same at every address: methods that an address does not have (RFC 9110, 15.5.6),
/// OPTIONS, and what a browser asks before a page of another site may do something.
package struct MethodResponder<Base: HTTPResponder>: HTTPResponder {
    package typealias Context = Base.Context

    /// Header fields that a page may set.
    private static var pageFields: String { "content-type, if-none-match, last-event-id" }
    /// What a page may read of an answer beside what every page may.
    private static var readableFields: String { "etag, retry-after" }
    /// Seconds for which a browser may remember the answer to its question.
    private static var pageSeconds: String { "86400" }

    private let base: Base
    private let methods: ServedMethods
    private let allowsPages: Bool
    private let refusal: @Sendable (String) -> Response

    /// - Parameters:
    ///   - allowsPages: whether pages of all sites may use the interface.
    ///   - refusal: the answer 405 with a message.
    package init(
        _ base: Base, methods: ServedMethods, allowsPages: Bool,
        refusal: @escaping @Sendable (String) -> Response
    ) {
        self.base = base
        self.methods = methods
        self.allowsPages = allowsPages
        self.refusal = refusal
    }

    @concurrent
    package func respond(to request: Request, context: Context) async throws -> Response {
        var response = try await answer(request, context)
        if allowsPages {
            response.headers[.accessControlAllowOrigin] = "*"
            response.headers[.accessControlExposeHeaders] = Self.readableFields
        }
        return response
    }

    @concurrent
    private func answer(_ request: Request, _ context: Context) async throws -> Response {
        let allowed = methods.methods(at: request.uri.path)
        guard !allowed.isEmpty else { return try await base.respond(to: request, context: context) }
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        if request.method == .options { return options(allowed: list) }
        guard allowed.contains(request.method) else {
            var response = refusal("This address knows only: \(list).")
            response.headers[.allow] = list
            return response
        }
        return try await base.respond(to: request, context: context)
    }

    private func options(allowed: String) -> Response {
        var response = Response(status: .noContent, headers: [.allow: allowed])
        if allowsPages {
            response.headers[.accessControlAllowMethods] = allowed
            response.headers[.accessControlAllowHeaders] = Self.pageFields
            response.headers[.accessControlMaxAge] = Self.pageSeconds
        }
        return response
    }
}
