package import APISchema
import Codec
import Console
package import Cryptography
package import Ledger
package import LedgerClient
package import Verification

/// Sends a transaction until a receipt proves that it is in the log. No node is believed: neither that
/// it took the transaction, nor that the transaction is final.
package struct ProvenSubmission {
    private let client: NodeClient
    private let genesis: Genesis
    private var check: ReceiptCheck<Ed25519Verifier>
    /// Who the validators of later epochs are; nil where they never changed, as far as a node proves.
    package private(set) var succession: SuccessionProof?
    private var learned: ContinuousClock.Instant?

    /// After this time without a proof the transaction is sent to another node, too.
    private static let trust = Duration.seconds(5)
    /// How often somebody who waits is told what is known.
    private static let noticeInterval = Duration.seconds(15)

    /// - Throws: `GenesisRejection`.
    package init(client: NodeClient, genesis: Genesis) throws {
        self.client = client
        self.genesis = genesis
        check = try ReceiptCheck(genesis: genesis.canonicalBytes, verifier: Ed25519Verifier())
    }

    /// A transaction that is in the log.
    package struct Outcome<Proof> {
        /// What the receipt proved.
        package let proof: Proof
        /// The receipt's bytes.
        package let receipt: [UInt8]
        /// The block's height, as a node says it: a receipt proves the place in the log alone.
        package let height: UInt64?
        /// From the first submission until a node said that it is final, which was proved then.
        package let finality: Duration
    }

    /// What is known on the way.
    private struct Knowledge {
        var sent: ContinuousClock.Instant
        var told: ContinuousClock.Instant
        /// When a node first said `final`, since it was last sent.
        var claimed: ContinuousClock.Instant?
        var height: UInt64?
        /// The last thing that a node said, for a person.
        var word = "no node has said anything of it"
    }

    /// - Parameters:
    ///   - answered: is given each node's answer to the submission, and what is proved of later
    ///     validators by then.
    ///   - prove: what the receipt must prove, or throws why it does not.
    /// - Throws: `ClientError`: `.refused` where no node that can be reached accepts it, `.timedOut`
    ///   where no receipt holds in time; it may be in the log all the same.
    package mutating func run<Proof>(
        _ transaction: [UInt8], timeout: Duration = .seconds(180),
        answered: (SubmissionAnswer, SuccessionProof?) throws -> Void = { _, _ in },
        prove: (ReceiptCheck<Ed25519Verifier>, [UInt8]) throws -> Proof
    ) async throws -> Outcome<Proof> {
        let start = ContinuousClock.now
        try answered(try await client.submit(transaction), succession)
        try await learnValidators()
        let id = Transaction.id(of: transaction)
        var known = Knowledge(sent: .now, told: .now)
        var pause = Duration.milliseconds(100)
        while true {
            try await ask(about: id, &known)
            if known.claimed != nil, let (proof, receipt) = try await proof(of: id, prove) {
                return Outcome(
                    proof: proof, receipt: receipt, height: known.height,
                    finality: (known.claimed ?? .now) - start)
            }
            let now = ContinuousClock.now
            guard now - start < timeout else {
                throw ClientError.timedOut(
                    waitingFor: "a receipt that proves that transaction \(id) is in the log"
                        + " (\(known.word))")
            }
            if now - known.sent > Self.trust {
                try await sendElsewhere(transaction, &known, answered)
            }
            if now - known.told > Self.noticeInterval {
                known.told = now
                note(
                    "  Not proved to be in the log yet, after \((now - start).components.seconds) s:"
                        + " \(known.word). It is sent to other nodes, too.")
            }
            try await client.rest(for: pause)
            pause = min(pause * 3 / 2, .seconds(1))
        }
    }

    /// Looks for a transaction that somebody else sent.
    ///
    /// - Returns: what its receipt proved; nil where no node knows the transaction.
    /// - Throws: `ClientError.timedOut` where nodes know it and no receipt holds in time.
    package mutating func find<Proof>(
        _ transaction: [UInt8], timeout: Duration = .seconds(60),
        prove: (ReceiptCheck<Ed25519Verifier>, [UInt8]) throws -> Proof
    ) async throws -> Proof? {
        let id = Transaction.id(of: transaction)
        let start = ContinuousClock.now
        try await learnValidators()
        while true {
            if let (proof, _) = try await proof(of: id, prove) { return proof }
            guard try await client.transactionStatus(id) != nil else { return nil }
            guard ContinuousClock.now - start < timeout else {
                throw ClientError.timedOut(
                    waitingFor: "a receipt that proves that transaction \(id) is in the log")
            }
            try await client.rest(for: .milliseconds(500))
        }
    }

    private func ask(about id: Bytes32, _ known: inout Knowledge) async throws {
        do throws(ClientError) {
            guard let status = try await client.transactionStatus(id) else {
                known.word = "the nodes say that they do not know it"
                return
            }
            known.word = "a node says that it is \(status.status)"
            guard status.status == "final" else { return }
            known.claimed = known.claimed ?? .now
            known.height = status.height
            known.word += ", and no receipt proves it"
        } catch {
            guard error.isTemporary || error.isBadAnswer else { throw error }
            known.word = "\(error)"
        }
    }

    /// The proof by the first node whose receipt holds.
    private mutating func proof<Proof>(
        of id: Bytes32, _ prove: (ReceiptCheck<Ed25519Verifier>, [UInt8]) throws -> Proof
    ) async throws -> (Proof, [UInt8])? {
        for node in client.eachOnce() {
            let receipt: [UInt8]
            do throws(ClientError) {
                receipt = try await node.receipt(id) { $0 }
            } catch {
                if case .cancelled = error { throw error }
                continue
            }
            if let proof = try? prove(check, receipt) { return (proof, receipt) }
            // It may be signed by validators that we have not heard of.
            try await learnValidators()
            do {
                return (try prove(check, receipt), receipt)
            } catch {
                node.complain(
                    "its receipt does not hold: \(error)", about: "/v1/transactions/\(id)/receipt",
                    evidence: receipt)
            }
        }
        return nil
    }

    /// The node that took the transaction may have stopped, swallowed it, or lied.
    private func sendElsewhere(
        _ transaction: [UInt8], _ known: inout Knowledge,
        _ answered: (SubmissionAnswer, SuccessionProof?) throws -> Void
    ) async throws {
        client.preferAnother()
        known.sent = .now
        known.claimed = nil
        do {
            try answered(try await client.submit(transaction), succession)
        } catch let error as ClientError where error.isTemporary || error.isBadAnswer {
            known.word = "\(error)"
        }
    }

    /// Learns from each node who the validators of later epochs are.
    private mutating func learnValidators() async throws {
        if let learned, .now - learned < Self.trust { return }
        learned = .now
        let proofs = try await NodeAnswers.successionProofs(of: client, genesis: genesis)
        guard let longest = proofs.last,
            longest.steps.count > (succession?.steps.count ?? 0)
        else { return }
        try check.learn(longest)
        succession = longest
    }
}
