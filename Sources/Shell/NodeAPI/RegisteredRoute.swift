import Hummingbird

/// A route that the server has, for comparison with its description.
package struct RegisteredRoute: Hashable, Sendable {
    /// In lower case, as OpenAPI writes methods.
    package let method: String
    /// As OpenAPI writes paths: `/v1/blocks/{height}`.
    package let path: String

    package init(method: String, path: String) {
        self.method = method
        self.path = path
    }
}

extension APIServer {
    /// Every route of the server.
    package func registeredRoutes() throws -> [RegisteredRoute] {
        try routes.router().routes.map { route in
            RegisteredRoute(
                method: route.method.rawValue.lowercased(),
                path: route.path.description.replacing("**", with: "{index}"))
        }
    }
}
