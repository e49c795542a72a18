import BlockSync
import Codec
import Ledger
import Simulation
import Testing

/// A chain of final blocks in memory, as a server has it.
struct ServedChain: BlockSource {
    let genesis: Genesis
    /// The validators of each epoch; the last ones stay.
    let sets: [ValidatorSet]
    var blocks: [Block] = []
    var finalizations: [Height: Certificate] = [:]

    /// A chain of so many blocks, where each height that `isCertified` names has a certificate.
    /// In one epoch, unless its length is given: then the last block of each has a certificate, and
    /// the validators of each are `sets`.
    init(
        height: UInt64, bodyBytes: Int = 3, branch: UInt64 = 0, epochLength: UInt32 = 1 << 20,
        sets: [ValidatorSet] = [], isCertified: (UInt64) -> Bool = { _ in true }
    ) {
        let parameters = SimulatedChain.parameters(epochLength: epochLength)
        genesis = SimulatedChain.genesis(validators: 4, parameters: parameters)
        self.sets = sets.isEmpty ? [genesis.validators] : sets
        var parentHash = genesis.chainID
        for number in 1...height {
            let transactions = [[UInt8](repeating: UInt8(number % 251), count: bodyBytes)]
            let ids = transactions.map(Transaction.id(of:))
            let epoch = genesis.parameters.epoch(of: Height(number))
            let view = View((number - 1) % UInt64(epochLength) + 1)
            let validators = validators(of: epoch)
            let isLast = Height(number) == genesis.parameters.lastHeight(of: epoch)
            let round = Round(epoch: epoch, view: view)
            let header = BlockHeader(
                chainID: genesis.chainID, epoch: epoch, height: Height(number), view: view,
                parentView: View(view.rawValue - 1), parentHash: parentHash,
                time: SimulatedChain.start.adding(milliseconds: number * 10 + branch),
                proposer: validators.leader(of: round), transactionCount: 1,
                bodyBytes: UInt32(bodyBytes), bodyRoot: Block.bodyRoot(ids: ids), logSize: number,
                logRoot: .zero, stateDigestAfterParent: .zero,
                validatorsHash: validators.hash,
                nextValidatorsHash: isLast ? self.validators(of: epoch.next).hash : validators.hash)
            blocks.append(Block(header: header, transactions: transactions))
            parentHash = header.hash
            if isLast || isCertified(number) {
                finalizations[Height(number)] = certificate(header, signers: [0, 1, 3])
            }
        }
    }

    func validators(of epoch: Epoch) -> ValidatorSet {
        sets[min(Int(epoch.rawValue), sets.count - 1)]
    }

    /// Signatures of the members of the header's epoch at these places, or of another set.
    func certificate(
        _ header: BlockHeader, signers: [UInt16], in set: ValidatorSet? = nil
    ) -> Certificate {
        let members = set ?? validators(of: header.epoch)
        let subject = VoteSubject.finalize(
            Proposal(
                round: header.round, parentView: header.parentView, blockHash: header.hash))
        let message = subject.message(in: genesis.domain)
        let signatures = signers.map { index in
            (
                signer: ValidatorIndex(index),
                signature: SimulatedSigner(
                    key: members[ValidatorIndex(index)]?.consensusKey ?? .zero
                ).sign(message)
            )
        }
        guard let certificate = Certificate(subject: subject, signatures: signatures) else {
            preconditionFailure("signers of a test rise")
        }
        return certificate
    }

    func finalized(_ height: UInt64) -> FinalizedHeader? {
        finalizations[Height(height)].map {
            FinalizedHeader(header: blocks[Int(height) - 1].header, finalization: $0)
        }
    }

    func newest() throws -> FinalizedHeader? {
        finalizations.keys.max().flatMap { finalized($0.rawValue) }
    }

    func block(at height: Height) throws -> Block? {
        guard height > .genesis, height.rawValue <= UInt64(blocks.count) else { return nil }
        return blocks[Int(height.rawValue) - 1]
    }

    func header(at height: Height) throws -> BlockHeader? { try block(at: height)?.header }

    func finalization(at height: Height) throws -> Certificate? { finalizations[height] }

    func finalization(from height: Height) throws -> FinalizedHeader? {
        finalizations.keys.filter { $0 >= height }.min().flatMap { finalized($0.rawValue) }
    }
}

/// A client and the peers it may ask.
struct SyncHarness {
    typealias Client = SyncClient<SimulatedSignatures>

    var client: Client
    var servers: [PeerID: ServedChain] = [:]
    var milliseconds: UInt64 = 0
    var delivered: [Block] = []
    var chains = 0
    var disconnected: [PeerID: SyncRejection] = [:]
    var conflicts: [FinalizedHeader] = []
    var largestFlight = 0

    init(_ chain: ServedChain, pendingLimit: Int = SyncLimits.pendingBytes) {
        client = Client(
            genesis: chain.genesis, verifier: SimulatedSignatures(),
            floor: .genesis(chain.genesis), pendingLimit: pendingLimit)
    }

    var now: Instant { Instant(microseconds: milliseconds * 1000) }

    mutating func connect(_ number: UInt64, _ chain: ServedChain) {
        servers[PeerID(number)] = chain
        carryOut(client.connected(PeerID(number), at: now))
    }

    /// Answers everything at once, until nothing is asked any more; `tamper` may change an answer.
    mutating func carryOut(
        _ effects: [SyncEffect],
        tamper: (SyncMessage, PeerID) -> SyncMessage? = { answer, _ in answer }
    ) {
        var open = effects
        while !open.isEmpty {
            let inFlight = open.filter {
                if case .send(.rangeRequest, _) = $0 { return true }
                return false
            }
            largestFlight = max(largestFlight, inFlight.count)
            var next: [SyncEffect] = []
            for effect in open { next += carryOut(effect, tamper) }
            open = next
        }
    }

    private mutating func carryOut(
        _ effect: SyncEffect, _ tamper: (SyncMessage, PeerID) -> SyncMessage?
    ) -> [SyncEffect] {
        switch effect {
        case .send(let message, let peer):
            guard let server = servers[peer],
                let answer = try? SyncServer.answer(message, from: server),
                let sent = tamper(answer, peer)
            else { return [] }
            return receive(sent, from: peer)
        case .deliver(let chain):
            delivered += chain.blocks
            chains += 1
            // Who executes the chain knows the validators of the next height.
            let next = servers.values.first.map { server in
                server.validators(
                    of: server.genesis.parameters.epoch(of: chain.tip.header.height.next))
            }
            return client.floorAdvanced(to: Floor(chain.tip), validators: next, at: now)
        case .disconnect(let peer, let rejection):
            disconnected[peer] = rejection
            return []
        case .conflict(let finalized):
            conflicts.append(finalized)
            return []
        }
    }

    mutating func receive(_ message: SyncMessage, from peer: PeerID) -> [SyncEffect] {
        do throws(SyncRejection) {
            return try client.receive(message, from: peer, at: now)
        } catch {
            disconnected[peer] = error
            return []
        }
    }

    mutating func advance(
        milliseconds: UInt64,
        tamper: (SyncMessage, PeerID) -> SyncMessage? = { answer, _ in answer }
    ) {
        self.milliseconds += milliseconds
        carryOut(client.advance(to: now), tamper: tamper)
    }
}
