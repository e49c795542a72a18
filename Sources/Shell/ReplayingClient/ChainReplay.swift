import APISchema
import Codec
import Cryptography
import Elections
import Ledger
import LedgerClient
import TransparencyLog
import Verification

/// Reads a chain from nodes of which none is believed.
struct ChainReplay {
    let genesis: Genesis
    let client: NodeClient
    var audit: ChainAudit
    private var witnesses: [ReplayedChain.Witness] = []
    private var missing: String?

    /// Rounds in which a node may be some blocks behind what another has certified, a quarter of a
    /// second each.
    private static let patience = 40

    init(genesis: Genesis, client: NodeClient, audit: ChainAudit) {
        self.genesis = genesis
        self.client = client
        self.audit = audit
    }

    var result: ReplayedChain {
        ReplayedChain(
            genesis: genesis, audit: audit, witnesses: witnesses, complaints: client.complaints,
            missing: missing)
    }

    // MARK: - The end

    /// Asks each node which checkpoint it vouches for. One that gives none, or one that no quorum
    /// signed, is remembered and stops nothing.
    mutating func learnEnd(waits: Bool) async throws {
        for proof in try await NodeAnswers.successionProofs(of: client, genesis: genesis) {
            // It was checked, and a shorter proof than one before teaches nothing.
            try audit.learn(proof)
        }
        var rounds = 0
        repeat {
            if rounds > 0 { try await client.rest(for: .milliseconds(500)) }
            rounds += 1
            try await askForCheckpoints()
        } while waits && rounds < Self.patience && expectedSize == 0
            && witnesses.contains(where: {
                $0.reason == Self.noCheckpoint
            })
    }

    private static let noCheckpoint = "it has no checkpoint yet"

    private mutating func askForCheckpoints() async throws {
        witnesses = []
        let answers = try await NodeAnswers.ofEach(client) { node throws(ClientError) in
            try await node.fullCheckpoint()
        }
        for (node, answer) in answers {
            let server = node.nodes.first ?? ""
            var size: UInt64?
            var reason: String?
            switch answer {
            case .success(let note):
                do throws(CertificationError) {
                    size = try audit.expect(checkpoint: note).size
                } catch {
                    reason = "no quorum of the validators signed its checkpoint: \(error)"
                    node.complain(reason ?? "", about: "/checkpoint-full", evidence: note)
                }
            case .failure(let error):
                reason = error.refusalCode == nil ? "\(error)" : Self.noCheckpoint
            }
            witnesses.append(
                ReplayedChain.Witness(server: server, certifiedSize: size, reason: reason))
        }
    }

    private var expectedSize: UInt64 { witnesses.compactMap(\.certifiedSize).max() ?? 0 }

    // MARK: - Blocks

    private enum Step {
        case blocks([Block])
        /// The node has no further block.
        case end
        /// What a quorum certified is wrong.
        case wrongRecord
    }

    /// Reads blocks until no node has more, or none that hold.
    mutating func readBlocks(
        progress: (AuditProgress) -> Void, inspect: (Block) -> Void
    ) async throws {
        var waits = 0
        while audit.stopped == nil {
            let step: Step
            do throws(ClientError) {
                step = try await nextStep()
            } catch {
                guard error.isBadAnswer else { throw error }
                missing = "after block \(audit.progress.height.rawValue), \(error)"
                return
            }
            switch step {
            case .blocks(let blocks):
                waits = 0
                for block in blocks { inspect(block) }
                progress(audit.progress)
            case .end:
                guard audit.progress.logSize < expectedSize else { return }
                guard waits < Self.patience else { return nameWhoHides() }
                waits += 1
                client.preferAnother()
                try await client.rest(for: .milliseconds(250))
            case .wrongRecord: return
            }
        }
    }

    private mutating func nextStep() async throws(ClientError) -> Step {
        let client = client
        var random = SystemRandom()
        var step = Step.end
        _ = try await client.export(from: audit.progress.height.next) { chunk in
            guard !chunk.blocks.isEmpty else {
                step = .end
                return
            }
            do throws(AuditFinding) {
                try audit.offer(
                    chunk.blocks, finalization: chunk.finalization, random: &random)
                step = .blocks(chunk.blocks)
            } catch {
                // What a quorum certified is no lie of the node.
                guard audit.stopped != nil else { throw error }
                step = .wrongRecord
            }
        }
        return step
    }

    /// The record ends before what a quorum vouches for, and no node has the rest.
    private mutating func nameWhoHides() {
        missing =
            "after block \(audit.progress.height.rawValue) no node has another, though a quorum vouches"
            + " for \(expectedSize) log entries and the record has \(audit.progress.logSize)"
        for witness in witnesses {
            guard let size = witness.certifiedSize, size > audit.progress.logSize,
                let node = client.each().first(where: { $0.nodes == [witness.server] })
            else { continue }
            node.complain(
                "it vouches for \(size) log entries itself and serves \(audit.progress.logSize)",
                about: "/v1/export")
        }
    }
}

/// Questions to every node of a client at once.
enum NodeAnswers {
    /// What each node answers, in the order of the client's nodes.
    static func ofEach<Value: Sendable>(
        _ client: NodeClient,
        _ body: @escaping @Sendable (NodeClient) async throws(ClientError) -> Value
    ) async throws -> [(node: NodeClient, answer: Result<Value, ClientError>)] {
        var limits = ClientLimits()
        limits.rounds = 2
        // All are asked at once, and one that hangs keeps the others waiting.
        limits.requestTimeout = .seconds(5)
        let nodes = client.each(limits: limits)
        let answers = await withTaskGroup(
            of: (Int, Result<Value, ClientError>).self
        ) { group in
            for (place, node) in nodes.enumerated() {
                group.addTask {
                    do throws(ClientError) {
                        return (place, .success(try await body(node)))
                    } catch {
                        return (place, .failure(error))
                    }
                }
            }
            var answers: [Int: Result<Value, ClientError>] = [:]
            for await (place, answer) in group { answers[place] = answer }
            return answers
        }
        try Task.checkCancellation()
        return nodes.enumerated().compactMap { place, node in
            answers[place].map { (node, $0) }
        }
        .sorted { client.place(of: $0.node) < client.place(of: $1.node) }
    }

    /// Who the validators of later epochs are, as the nodes prove it; the longest proof last. A node
    /// whose proof does not hold is remembered.
    static func successionProofs(
        of client: NodeClient, genesis: Genesis
    ) async throws -> [SuccessionProof] {
        try await ofEach(client) { node throws(ClientError) in
            try await node.successionProof { proof in
                _ = try ValidatorHistory(genesis, proof: proof, verifier: Ed25519Verifier())
            }
        }
        .compactMap { answer in
            // Who gives none may have none; who lies is remembered already.
            (try? answer.answer.get()) ?? nil
        }
        .sorted { $0.steps.count < $1.steps.count }
    }
}

extension NodeClient {
    /// The place of another client's first node among this one's.
    fileprivate func place(of other: NodeClient) -> Int {
        other.nodes.first.flatMap(nodes.firstIndex(of:)) ?? nodes.count
    }
}
