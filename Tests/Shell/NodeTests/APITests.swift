import APISchema
import Foundation
import Ledger
import NodeAPI
import Testing

@Suite(.serialized) struct APITests {
    private static let id = String(repeating: "0", count: 64)

    @Test(arguments: [("accepted", 202), ("waiting", 202), ("final", 200)])
    func submissionIsAcceptedUntilItIsFinal(status: String, expected: Int) async throws {
        try await withServer(answer: status) { port, _ in
            let answer = try await request("POST", "/v1/transactions", port: port, body: [0x40])
            #expect(answer.status == expected)
            #expect(answer.headers["cache-control"] == "no-store")
        }
    }

    @Test func aBodyLargerThanATransactionIsTooLarge() async throws {
        try await withServer { port, _ in
            let body = [UInt8](repeating: 0x40, count: Limits.entryBytes + 1)
            let answer = try await request("POST", "/v1/transactions", port: port, body: body)
            #expect(answer.status == 413)
            #expect(answer.code == "TOO_LARGE")
        }
    }

    @Test func anEmptyBodyIsABadRequest() async throws {
        try await withServer { port, _ in
            let answer = try await request("POST", "/v1/transactions", port: port, body: [])
            #expect(answer.status == 400)
            #expect(answer.code == "BAD_REQUEST")
        }
    }

    @Test(arguments: [
        "/v1/transactions/xyz", "/v1/transactions/00", "/v1/blocks/-1", "/v1/blocks/01",
        "/v1/blocks/99999999999999999999", "/v1/blocks?from=x", "/v1/blocks?limit=0",
        "/v1/export?from=-1", "/v1/elections/a/roll/x", "/v1/elections/a/credentials/00",
        "/tile/0/00", "/tile/64/000", "/tile/entries/x", "/tile/0/000.p/0", "/tile/0/000.p/256",
    ])
    func aMalformedAddressIsABadRequest(path: String) async throws {
        try await withServer { port, _ in
            let answer = try await request("GET", path, port: port)
            #expect(answer.status == 400)
            #expect(answer.code == "BAD_REQUEST")
        }
    }

    @Test(arguments: [("GET", "/nothing"), ("DELETE", "/v1"), ("POST", "/v1/blocks/7/x")])
    func whatIsNoRouteIsNotFound(method: String, path: String) async throws {
        try await withServer { port, _ in
            let answer = try await request(method, path, port: port)
            #expect(answer.status == 404)
            #expect(answer.code == "NOT_FOUND")
        }
    }

    @Test(
        arguments: [
            (ServiceFailure.notFound("m"), 404, "NOT_FOUND", nil),
            (.notFinal("m", retryAfterSeconds: 2), 409, "NOT_FINAL", "2"),
            (.refused(code: "E_PROOF", "m"), 422, "E_PROOF", nil),
            (.tooMany("m", retryAfterSeconds: 3), 429, "BUSY", "3"),
            (.busy("m", retryAfterSeconds: 4), 503, "BUSY", "4"),
            (.unavailable("m", retryAfterSeconds: 5), 503, "UNAVAILABLE", "5"),
            (.broken, 500, "UNAVAILABLE", nil),
        ] as [(ServiceFailure, Int, String, String?)])
    func aRefusalOfTheServiceIsAnsweredWithItsStatus(
        refusal: ServiceFailure, status: Int, code: String, retryAfter: String?
    ) async throws {
        try await withServer(refusal: refusal) { port, _ in
            let answer = try await request("POST", "/v1/transactions", port: port, body: [0x40])
            #expect(answer.status == status)
            #expect(answer.code == code)
            #expect(answer.headers["retry-after"] == retryAfter)
            #expect(answer.headers["cache-control"] == "no-store")
        }
    }

    @Test func pagesOfAnyOriginMayReadAnswersAndFailures() async throws {
        try await withServer { port, _ in
            for path in ["/v1/status", "/nothing"] {
                let answer = try await request("GET", path, port: port)
                #expect(answer.headers["access-control-allow-origin"] == "*")
            }
        }
    }

    @Test func whatNeverChangesIsCachedLongAndTheRestBriefly() async throws {
        try await withServer { port, _ in
            let tile = try await request("GET", "/tile/0/000.p/5", port: port)
            #expect(tile.body.count == 160)
            #expect(tile.headers["cache-control"]?.contains("immutable") == true)
            let checkpoint = try await request("GET", "/checkpoint", port: port)
            #expect(checkpoint.headers["cache-control"] == "public, max-age=1")
        }
    }

    @Test func aListIsNeverLongerThanItsLimit() async throws {
        try await withServer { port, _ in
            let answer = try await request("GET", "/v1/blocks?limit=100000", port: port)
            #expect(answer.text.components(separatedBy: "\"view\"").count - 1 == APILimits.blocks)
        }
    }
}
