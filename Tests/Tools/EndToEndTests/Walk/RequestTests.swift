import Foundation
import ProcessHarness
import Testing

/// An id of nothing.
private let zeros = String(repeating: "0", count: 64)

/// What hostile clients send.
extension EndToEnd.RequestTests {
    @Test(arguments: ["transactions", "entry", "credential"])
    func bodiesOfGarbageAreRefused(route: String) async throws {
        try await walk.reach(.open)
        let isNode = route == "transactions"
        let address =
            isNode
            ? try await walk.network.url("validator-1") + "/v1/transactions"
            : try await walk.registrarURL + "/v1/elections/walk/" + route
        var random = SeededRandom("garbage", 1)
        let bodies: [[UInt8]] = [
            [], [0], [0xFF], Array("{}".utf8), Array("[1,2,3]".utf8), Array("\u{0}\u{1}".utf8),
            Array("{\"voter\":1}".utf8), random.bytes(17), random.bytes(1000),
            random.bytes(8000), Array(repeating: UInt8(ascii: "["), count: 8000),
        ]
        for body in bodies {
            let answer = try await HTTP.post(address, body)
            #expect([400, 422].contains(answer.status), "\(body.count): \(answer.text)")
            #expect(!answer.code.isEmpty && !answer.message.isEmpty, "\(answer.text)")
        }
        let large = try await HTTP.post(address, random.bytes(isNode ? 65_536 : 9000))
        #expect(large.status == 413)
        #expect(large.code == "TOO_LARGE")
        let huge = try? await HTTP.post(address, Array(repeating: 0x7B, count: 4 << 20))
        // A server may also end the connection while such a body comes.
        #expect(huge == nil || huge?.status == 413)
        let next = try await HTTP.get(try await walk.network.url("validator-1") + "/healthz")
        #expect(next.status == 200)
    }

    @Test(arguments: [
        ("/v1/nothing", 404), ("/v2/status", 404), ("/v1/transactions", 405),
        ("/v1/transactions/abc", 400), ("/v1/transactions/\(zeros)", 404),
        ("/v1/transactions/\(zeros)/bytes", 404), ("/v1/transactions/\(zeros)0", 400),
        ("/v1/transactions/\(zeros)/receipt", 404), ("/v1/blocks/0", 404),
        ("/v1/blocks/-1", 400), ("/v1/blocks/01", 400), ("/v1/blocks/one", 400),
        ("/v1/blocks/99999999999999999999999", 400), ("/v1/blocks/18446744073709551615", 400),
        ("/v1/blocks?limit=0", 400), ("/v1/blocks?from=x", 400),
        ("/v1/export?from=-3", 400), ("/v1/elections/no-such", 404),
        ("/v1/elections/\(zeros)", 404),
        ("/v1/elections/walk/credentials/xyz", 400),
        ("/v1/elections/walk/credentials/\(zeros)", 404),
        ("/v1/elections/walk/roll/9", 404), ("/v1/elections/walk/roll/one", 400),
        ("/v1/elections/walk/roll/4294967296", 400), ("/v1/elections/walk/protocol", 409),
        ("/tile/0/000.p/300", 400), ("/tile/9/x", 400), ("/tile/0/x999/x999/999", 404),
        ("/tile/entries/", 404), ("/v1/elections/%FF%FE", 400),
    ])
    func addressThatNamesNothingIsAnsweredWithTheReason(
        path: String, status: Int
    ) async throws {
        try await walk.reach(.open)
        let answer = try await HTTP.get(try await walk.network.url("validator-1") + path)
        // A name of any form names no election: either answer says so.
        let allowed = path.contains("%FF") || path == "/tile/entries/" ? [400, 404] : [status]
        #expect(allowed.contains(answer.status), "\(answer.status) \(answer.text)")
        #expect(!answer.code.isEmpty && !answer.message.isEmpty, "\(answer.text)")
        if answer.status == 409 { #expect(answer.headers["retry-after"] != nil) }
    }

    @Test(arguments: ["PUT", "DELETE", "PATCH"])
    func otherMethodsAreRefused(method: String) async throws {
        try await walk.reach(.open)
        for path in ["/v1/transactions", "/v1/status"] {
            let answer = try await HTTP.send(
                method, try await walk.network.url("validator-1") + path, body: [1], type: nil)
            #expect([404, 405].contains(answer.status), "\(answer.text)")
        }
    }
}
