import HTTPServing
import Hummingbird
import Logging
import NIOCore
import NetworkAddresses

/// Turns every error into an `APIFailure`.
struct FailureMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    @concurrent
    func handle(
        _ request: Request, context: APIRequestContext,
        next: @concurrent (Request, APIRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let failure as ServiceFailure {
            return .failure(failure)
        } catch let error as HTTPError where error.status == .notFound {
            return .failure(
                .notFound("There is no \(request.method) at this address; see /openapi.json."))
        } catch let error as HTTPError where error.status == .contentTooLarge {
            return .failure(.tooLarge("The request is too large."))
        } catch is HTTPError {
            return .failure(.badRequest("The request is malformed."))
        } catch is CancellationError {
            // The client is gone, or the node stops.
            return .failure(
                .unavailable("The request was given up.", retryAfterSeconds: 5))
        } catch {
            context.logger.error("a request failed", metadata: ["error": "\(error)"])
            return .failure(.broken)
        }
    }
}

/// Bounds the bytes of answers that wait for their clients.
struct AnswerMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    private let budget: AnswerBudget
    private let proxies: TrustedProxies

    init(limits: APILimits, proxies: TrustedProxies) {
        budget = AnswerBudget(
            bytes: limits.answerBytes, patience: .seconds(limits.slowSeconds))
        self.proxies = proxies
    }

    @concurrent
    func handle(
        _ request: Request, context: APIRequestContext,
        next: @concurrent (Request, APIRequestContext) async throws -> Response
    ) async throws -> Response {
        let response = try await next(request, context)
        let client = request.client(peer: context.peer, proxies: proxies)
        guard let counted = budget.counted(response, for: client, on: context.channel) else {
            throw ServiceFailure.busy(
                "Too many large answers are under way; try again.", retryAfterSeconds: 2)
        }
        return counted
    }
}

/// Runs `operation`, but gives up after `limit`.
func withDeadline<Value: Sendable>(
    _ limit: Duration, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw ServiceFailure.unavailable(
                "The request took longer than \(limit); try again.", retryAfterSeconds: 5)
        }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
