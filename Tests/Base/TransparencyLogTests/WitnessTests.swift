import Codec
import Cryptography
import Hashing
import Testing
import TransparencyLog

private struct Requests: Decodable {
    struct Case: Decodable {
        let why, request: String
        let stateBefore, stateAfter: UInt64
        let status: Int
        let responseBody: String?
    }
    let logVkey, origin, originHashHex: String
    let cases: [Case]
}

struct WitnessTests {
    @Test func requestsAreAnsweredAsInTheVectors() throws {
        let vectors = try vectors("witness_add_checkpoint", as: Requests.self)
        let witness = Witness(logs: [try VerifierKey(vkey: vectors.logVkey)])
        for vector in vectors.cases {
            let before = WitnessRecord(
                size: vector.stateBefore, root: try root(size: vector.stateBefore, from: vectorTree)
            )
            let request = try AddCheckpointRequest(parsing: [UInt8](vector.request.utf8))
            #expect(string(request.bytes) == vector.request)
            do throws(WitnessRefusal) {
                let checkpoint = try witness.judge(
                    request, recorded: { _ in before }, with: Ed25519Verifier())
                #expect(vector.status == 200, "\(vector.why)")
                #expect(checkpoint.size == vector.stateAfter)
            } catch {
                #expect(error.status == vector.status, "\(vector.why)")
                #expect(before.size == vector.stateAfter)
                guard case .conflict(let recorded) = error else { continue }
                #expect(vector.responseBody == "\(recorded)\n")
            }
        }
    }

    @Test func readSideNamesALogByTheHashOfItsOrigin() throws {
        let vectors = try vectors("witness_add_checkpoint", as: Requests.self)
        #expect(
            SHA256.digest([UInt8](vectors.origin.utf8)) == (try hash(vectors.originHashHex)))
    }

    @Test func malformedRequestsAreRefused() throws {
        let vectors = try vectors("witness_add_checkpoint", as: Requests.self)
        let good = vectors.cases[0].request
        let hash = "GUu1otW9EOXRqm/V1CmAs1bK8dpiPNmYfEv6L4F3Htc=\n"
        let wrong = [
            "", "old 0\n", good.replacing("old 0", with: "old 00"),
            good.replacing("old 0", with: "new 0"), good.replacing("old 0\n\n", with: "old 0\n"),
            good.replacing("old 0\n", with: "old 0\nAAAA\n"),
            good.replacing("old 0\n", with: "old 0\n" + String(repeating: hash, count: 64)),
        ]
        for text in wrong {
            #expect(throws: WitnessRefusal.malformed, "\(text)") {
                try AddCheckpointRequest(parsing: [UInt8](text.utf8))
            }
        }
        let note = SignedNote(
            text: [0x61, 0x0A],
            signatures: try AddCheckpointRequest(parsing: [UInt8](good.utf8)).note.signatures)
        let witness = Witness(logs: [try VerifierKey(vkey: vectors.logVkey)])
        #expect(throws: WitnessRefusal.malformed) {
            try witness.judge(
                AddCheckpointRequest(old: 0, proof: [], note: note), recorded: { _ in .none },
                with: Ed25519Verifier())
        }
    }
}
