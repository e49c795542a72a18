import APISchema
import Attackers
import Codec
import Consensus
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import Node
import NodeSetup
import PeerTraffic
import ProcessHarness
import Testing
import TransparencyLog

/// A generator of the whole peer protocol behind real TLS handshakes: as strangers, and with the keys of
/// one validator of four. No frame of it ends a node, and the three others agree on.
extension Clusters.HostileTrafficTests {
    private func chosen(_ name: String, or usual: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } ?? usual
    }

    @Test(.timeLimit(.minutes(30))) func noFrameOfAPeerEndsANode() async throws {
        let seed = chosen("VECHE_TRAFFIC_SEED", or: 9)
        let duration = Duration.seconds(Int64(chosen("VECHE_TRAFFIC_SECONDS", or: 60)))
        try await withCluster(validators: 4, name: "traffic") { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            try await cluster.waitForProgress(of: 0, blocks: 8)
            // The fourth validator's keys are in hostile hands; three of four still agree.
            let thief = try KeyThief(cluster: cluster, place: 3)
            try await cluster.kill(3)
            let count = FrameCount()
            let end = ContinuousClock.now + duration
            try await withThrowingTaskGroup(of: Void.self) { group in
                for place in 0..<3 {
                    for number in 0..<4 {
                        let attacker = HostileTraffic(
                            cluster: cluster, place: place, thief: number == 0 ? thief : nil,
                            seed: seed << 16 | UInt64(place << 8 | number))
                        group.addTask { try await attacker.run(counting: count) }
                    }
                }
                while ContinuousClock.now < end {
                    try await Task.sleep(for: .milliseconds(500))
                    let ended = await cluster.ended()
                    #expect(ended.isEmpty, "seed \(seed): \(ended)")
                    if !ended.isEmpty { break }
                }
                for place in 0..<3 { try await cluster.waitForProgress(of: place, blocks: 2) }
                group.cancelAll()
            }
            // Frames of every kind were sent, and some were answered.
            let (sent, heard) = await count.value
            #expect(sent > 1000, "\(sent) frames sent")
            #expect(heard > 10, "\(heard) frames heard")
            for place in 0..<3 {
                try await cluster.waitForProgress(of: place, blocks: 2)
                #expect(await cluster.status(place)?.voting == true)
            }
        }
    }
}

/// The keys and the place of a validator.
private struct KeyThief: Sendable {
    let identity: HostileIdentity
    let hostile: HostileValidator

    init(cluster: Cluster, place: Int) throws {
        let genesis = try cluster.genesis()
        let configuration = try cluster.configuration(place)
        let home = cluster.home(place)
        let passphrase = try Passphrase.read(
            file: configuration.passphraseFile.map { home + "/" + $0 }, subject: "the keys")
        func key(_ name: String?, _ purpose: KeyPurpose) throws -> Ed25519SigningKey {
            try KeyFile.openSigningKey(
                at: home + "/" + (try #require(name)), purpose: purpose, passphrase: passphrase)
        }
        let consensus = try key(configuration.keys.consensus, .validatorConsensus)
        let cosigning = try key(configuration.keys.cosigning, .validatorCosigning)
        identity = try HostileIdentity(
            seed: try key(configuration.keys.node, .node).exportSeed().bytes)
        let index = try #require(genesis.validators.index(of: consensus.publicKey))
        let validator = try #require(genesis.validators[index])
        let origin = try #require(KeyName(genesis.origin))
        let name = try #require(KeyName(genesis.cosignerName(of: validator)))
        let cosigner = VerifierKey(
            name: name, kind: .cosignature, publicKey: validator.cosigningKey)
        hostile = HostileValidator(
            index: index, sign: { consensus.sign($0) },
            cosign: { size, root in
                let checkpoint = Checkpoint(
                    origin: origin, size: min(size, LogLimits.treeSize), root: root)
                return Cosignature.signed(checkpoint, at: 1, as: cosigner) { cosigning.sign($0) }
                    .line
            })
    }
}

/// How much was sent and heard, over all attackers.
private actor FrameCount {
    private var sent = 0
    private var heard = 0

    var value: (sent: Int, heard: Int) { (sent, heard) }

    func add(sent: Int, heard: Int) {
        self.sent += sent
        self.heard += heard
    }
}

/// One hostile peer of one node, which connects again whenever it is cut off.
private struct HostileTraffic: Sendable {
    let cluster: Cluster
    let place: Int
    let thief: KeyThief?
    let seed: UInt64

    func run(counting count: FrameCount) async throws {
        let target = try cluster.target(place)
        let genesis = try cluster.genesis()
        var session: UInt64 = 0
        while !Task.isCancelled {
            session += 1
            let blocks = try await newestBlocks()
            let knowledge = ChainKnowledge(
                domain: genesis.domain, validators: genesis.validators, blocks: blocks,
                finalizations: [:], hostile: thief?.hostile)
            var traffic = PeerTraffic(
                Choices(seed: seed << 16 | session), knowing: knowledge, speaksTransport: true)
            // A node that just cut us off may have no place for a moment.
            let identity = try thief?.identity ?? HostileIdentity()
            guard
                let peer = try? await HostilePeer.connect(
                    to: target, as: identity, from: hostileAddress(Int(seed % 1000)))
            else {
                try await Task.sleep(for: .milliseconds(100))
                continue
            }
            var sent = 0
            var heard = 0
            for _ in 0..<2000 where !Task.isCancelled {
                let frame = traffic.nextFrame()
                guard await peer.send(frame.type, frame.payload) else { break }
                sent += 1
                for answer in peer.connection.takeFrames() {
                    heard += 1
                    traffic.hear(PeerFrame(type: answer.type, payload: answer.payload))
                }
                // Strangers may send so many frames a second; honest peers are to have their turn.
                if sent % 16 == 0 { try await Task.sleep(for: .milliseconds(10)) }
            }
            peer.connection.close()
            await count.add(sent: sent, heard: heard)
        }
    }

    /// The newest final blocks as the node serves them.
    private func newestBlocks() async throws -> [Block] {
        let height = await cluster.height(place)
        let from = height > 32 ? height - 31 : 1
        let answer = try await HTTP.get(
            cluster.url(place) + "/v1/export?from=\(from)&limit=32")
        return try ExportChunk(canonicalBytes: answer.body).blocks
    }
}
