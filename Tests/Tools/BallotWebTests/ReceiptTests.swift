import BallotCryptography
import Codec
import Cryptography
import Testing
import TransparencyLog
import Verification

/// Receipts of the chain of `Tests/Vectors/chain.json`.
@Suite struct ReceiptTests {
    private struct Chain {
        let id: [UInt8]
        let genesis: [UInt8]
        let policy: [UInt8]
        let receipts: [(receipt: [UInt8], transaction: [UInt8])]

        init() throws {
            let file = try vectorFile("chain.json")
            self.id = try file["chainId"].hexadecimal
            self.genesis = try file["genesis"].hexadecimal
            self.policy = [UInt8](try file["policy"].text.utf8)
            self.receipts = try file["receipts"].list.map {
                ([UInt8](try $0["receipt"].text.utf8), try $0["transaction"].hexadecimal)
            }
        }

        func checked(_ number: Int) throws -> CheckedReceipt {
            try ReceiptCheck(genesis: genesis, verifier: Ed25519Verifier()).check(
                receipt: receipts[number].receipt, transaction: receipts[number].transaction)
        }
    }

    private static func receiptCase(
        _ name: String, policy: [UInt8], receipt: [UInt8], transaction: [UInt8],
        key: [UInt8]? = nil
    ) -> HostCase {
        var values = [
            "policy": json(policy), "receipt": json(receipt), "transaction": json(transaction),
        ]
        if let key { values["credentialKey"] = json(key) }
        return HostCase(name, call: "verifyReceipt", [values])
    }

    /// Every line of a receipt with one letter changed; what a base64 line still means may be the
    /// same, so that native code says what must come out.
    private static func bent(_ receipt: [UInt8]) -> [[UInt8]] {
        var bent: [[UInt8]] = []
        for position in stride(from: 3, to: receipt.count, by: 41) {
            var copy = receipt
            copy[position] = copy[position] == 0x41 ? 0x42 : 0x41
            bent.append(copy)
        }
        return bent
    }

    /// A policy of the same chain with another rule.
    private static func policy(_ chain: Chain, quorum: String) -> [UInt8] {
        let lines = String(decoding: chain.policy, as: UTF8.self).split(separator: "\n")
        let kept = lines.filter { !$0.hasPrefix("group") && !$0.hasPrefix("quorum") }
        return [UInt8]((kept.joined(separator: "\n") + "\n" + quorum + "\n").utf8)
    }

    static func cases() throws -> [HostCase] {
        let chain = try Chain()
        let first = chain.receipts[0]
        let second = chain.receipts[1]
        var cases = [
            HostCase("policy", call: "trustPolicy", [json(chain.id), json(chain.genesis)]),
            HostCase(
                "policy of another chain", call: "trustPolicy",
                [json([UInt8](repeating: 1, count: 32)), json(chain.genesis)]),
            receiptCase(
                "own receipt", policy: chain.policy, receipt: first.receipt,
                transaction: first.transaction, key: try chain.checked(0).credentialKey.bytes),
            receiptCase(
                "another voter's receipt", policy: chain.policy, receipt: first.receipt,
                transaction: first.transaction, key: [UInt8](repeating: 1, count: 32)),
            receiptCase(
                "receipt of another ballot", policy: chain.policy, receipt: second.receipt,
                transaction: first.transaction),
            receiptCase(
                "receipt of nobody's policy", policy: policy(chain, quorum: "quorum none"),
                receipt: first.receipt, transaction: first.transaction),
            receiptCase(
                "receipt of a policy of all",
                policy: policy(chain, quorum: "group g all v1 v2 v3 v4\nquorum g"),
                receipt: first.receipt, transaction: first.transaction),
            receiptCase(
                "receipt beside no ballot", policy: chain.policy, receipt: first.receipt,
                transaction: [0x41] + first.transaction.dropFirst()),
        ]
        for (number, entry) in chain.receipts.enumerated() {
            cases.append(
                receiptCase(
                    "receipt \(number)", policy: chain.policy, receipt: entry.receipt,
                    transaction: entry.transaction))
        }
        for (number, receipt) in bent(first.receipt).enumerated() {
            cases.append(
                receiptCase(
                    "bent receipt \(number)", policy: chain.policy, receipt: receipt,
                    transaction: first.transaction))
        }
        return cases
    }

    @Test(arguments: Host.allCases)
    func thePolicyOfAChainFollowsFromItsGenesis(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let policy = try HostAnswer(value: try results["policy"].answer.value).bytes
        #expect(policy == (try Chain().policy))
        #expect(try results["policy of another chain"].refusal == "E_POLICY")
    }

    @Test(arguments: Host.allCases)
    func receiptsProveWhatNativeCodeSays(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let chain = try Chain()
        for number in chain.receipts.indices {
            let answer = try results["receipt \(number)"].answer
            let expected = try chain.checked(number)
            #expect(try answer["electionID"].bytes == expected.electionID.bytes)
            #expect(try answer["style"].number == Int(expected.style))
            #expect(try answer["credentialKey"].bytes == expected.credentialKey.bytes)
            #expect(try answer["sequence"].number == Int(expected.sequence))
            #expect(try answer["ballotID"].bytes == expected.ballotID.bytes)
            #expect(try answer["transactionID"].bytes == expected.transactionID.bytes)
            #expect(try answer["tracker"].bytes == expected.tracker.bytes)
            #expect(try answer["trackingCode"].text == expected.trackingCode.text)
            #expect(try answer["index"].number == Int(expected.index))
            #expect(try answer["logSize"].number == Int(expected.logSize))
            #expect(try answer["logRoot"].bytes == expected.logRoot.bytes)
            let cosigners = try answer["cosigners"].list
            #expect(cosigners.count == expected.cosigners.count)
            #expect(cosigners.count >= expected.quorum)
        }
        #expect(try results["own receipt"].refusal == nil)
    }

    @Test(arguments: Host.allCases)
    func receiptsThatProveNothingAreRefused(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        #expect(try results["another voter's receipt"].refusal == "E_OTHER_VOTER")
        #expect(try results["receipt of another ballot"].refusal == "E_RECEIPT")
        #expect(try results["receipt of nobody's policy"].refusal == "E_POLICY")
        #expect(try results["receipt beside no ballot"].refusal == "E_INPUT")
        let chain = try Chain()
        let first = chain.receipts[0]
        let cosigners = try chain.checked(0).cosigners.count
        #expect(
            try results["receipt of a policy of all"].refusal
                == (cosigners == 4 ? nil : "E_RECEIPT"))
        let check = try ReceiptCheck(genesis: chain.genesis, verifier: Ed25519Verifier())
        var refused = 0
        for (number, receipt) in Self.bent(first.receipt).enumerated() {
            let answer = try results["bent receipt \(number)"]
            do throws(ReceiptRejection) {
                _ = try check.check(receipt: receipt, transaction: first.transaction)
                #expect(answer.refusal == nil)
            } catch {
                refused += 1
                switch error {
                case .otherTransaction, .otherTracker: #expect(answer.refusal == "E_OTHER_BALLOT")
                default: #expect(answer.refusal == "E_RECEIPT")
                }
            }
        }
        #expect(refused > 10)
    }
}
