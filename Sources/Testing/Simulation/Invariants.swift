import Chain
import Codec
import Consensus
import Cosigning
import Ledger

// Which invariant of agreement is checked where. "Step": here, at every step of every run. "Run": at
// the end of a run. "Replica": the replica itself halts or refuses, in production too; a run in which
// an honest one halts fails (HALT).
//
//   S1  one final block a height              step, Replica     S2  chains are prefixes      step (one chain for all)
//   S3  a final block on the final one below  step, Replica     S4  final and nullified      step, Replica
//   S5  two notarized blocks in a view        step, Replica     S6  an honest key's votes    step, over all lives
//   S7  votes follow the rounds               step, Replica     S8  certificates verify      step; receivers check all
//   S9  parent certified, skips nullified     step              S10 FINALIZE: certified, all bodies durable   step
//   S11 what is served hashes to its id       receivers check   S12 equal state digests      step, Replica
//   S13 a transaction counts once             step              S14 ballots in their window  ElectionsTests
//   S15 what was admitted is final everywhere run
//   D1  durable before it is sent             step, by type     D2  restart: not behind what was sent   step (S6, S7)
//   D3  the floor never moves back            step              D4  resent bytes are equal   step
//   D5  the floor's batch is atomic           StorageTests      D6  torn is repaired, damage noticed    step, at each start
//   D7  accepted ballots survive              run; NodeTests    D8  an I/O error stops the node         step; StorageTests
//   D9  no copy votes beside its original     step, where there is no other fault
//   L1  L2  L4  recovery, every transaction, laggards   run     L3  L6  L7  L8   SimulationTests; L5 step
//   R1 ... R8 bounds                          ConsensusTests, BlockSyncTests, PeerNetworkTests, NodeTests
//   C1  chain time rises                      step              C2  not ahead of honest clocks          step
//   C3  up to f wrong clocks                  run               C4  clocks that jump back    step (S7; timers are monotonic)
//   E1  votes of an epoch count in it alone   step (S8)         E2  no child of a last block in its epoch   step
//   E3  who left is not counted               step (S8)         E4  observers derive the same sets          step
//   E5  a set begins with a final last block  step
//   P1  a promise leaves once its ballot is durable   step
//   P2  a promise that nothing hindered is kept 2 n blocks later, or void (PROTOCOL 8.6)   step; all others run
//   A1  no client is told what a crash takes back, or shown what is not final   step; A2 each is answered once   step
//   K1  cosigned is what is final and stored, and noted before   step     K2  one tree of a size   step
//   R9  every queue of a node's machine keeps its bound   step
//   H1  no honest node takes an honest one for hostile          EV  no evidence against honest validators   step

/// The invariants of honest validators, checked at every step, over all their lives.
struct Invariants {
    var violation: Violation?
    let parameters: Parameters
    /// The final block of each height, by whoever was first.
    private var final: [Height: Bytes32] = [:]
    /// Transactions of final blocks.
    private(set) var finalIDs: Set<Bytes32> = []
    /// The log's root at each size at which a final block ends.
    private var roots: [UInt64: Bytes32] = [:]
    /// The root that each validator cosigned of a size.
    private var cosigned: [Int: [UInt64: Bytes32]] = [:]
    private var lastTime: [Height: Timestamp] = [:]
    private var floors: [Int: Height] = [:]
    /// The validators of each epoch that has begun.
    private(set) var sets: [Epoch: SimulatedSet] = [:]
    var votes = VoteRecords()

    init(genesis: Genesis, first: SimulatedSet) {
        parameters = genesis.parameters
        final[.genesis] = genesis.chainID
        lastTime[.genesis] = genesis.time
        sets[.first] = first
    }

    func isFinal(_ hash: Bytes32, below height: Height) -> Bool {
        final[Height(height.rawValue - 1)] == hash
    }

    /// A disk is replaced: its chain begins anew.
    mutating func forgetFloor(of node: SimulatedNode) { floors[node.id] = nil }

    /// S1, S2, S3, D3, C1, E2, E4, E5: one final block a height, each on the one below, times rising,
    /// by the validators that the chain names.
    mutating func check(
        _ blocks: [Block], finalizedBy node: SimulatedNode, cluster: Cluster
    ) {
        for block in blocks {
            let header = block.header
            let hash = header.hash
            guard floors[node.id] ?? .genesis < header.height else {
                return cluster.fail(&self, "D3", "the floor of node \(node.id) moves back")
            }
            floors[node.id] = header.height
            if let known = final[header.height] {
                guard known == hash else {
                    return cluster.fail(&self, "S1", "two final blocks at \(header.height)")
                }
                continue
            }
            guard isFinal(header.parentHash, below: header.height) else {
                return cluster.fail(&self, "S3", "the parent of \(header.height) is not final")
            }
            guard let before = lastTime[Height(header.height.rawValue - 1)],
                header.time > before
            else { return cluster.fail(&self, "C1", "chain time stands at \(header.height)") }
            guard header.epoch == parameters.epoch(of: header.height),
                header.validatorsHash == sets[header.epoch]?.hash
            else { return cluster.fail(&self, "E2", "height \(header.height) in \(header.epoch)") }
            final[header.height] = hash
            finalIDs.formUnion(block.transactionIDs)
            roots[header.logSize] = header.logRoot
            for id in block.transactionIDs {
                guard let debt = cluster.owed.removeValue(forKey: id) else { continue }
                cluster.slowestFinality = max(cluster.slowestFinality, cluster.now - debt.since)
            }
            lastTime[header.height] = header.time
            checkTime(header, cluster)
        }
        if let last = blocks.last?.header { checkNextSet(last, node, cluster) }
    }

    /// What is shown to people is final and stored.
    mutating func checkPublished(
        _ final: FinalBlocks<SimulatedApplication>, _ node: SimulatedNode, cluster: Cluster
    ) {
        guard let last = final.blocks.last, last.hash == node.store.floor.hash else {
            return cluster.fail(&self, "A1", "node \(node.id) shows blocks that it did not store")
        }
    }

    /// K1, K2: a validator cosigns what is final and stored, having stored that it does, and one tree
    /// of a size.
    mutating func check(
        _ lines: CheckpointLines, by node: SimulatedNode, cluster: Cluster
    ) {
        // Only lines of its own last size are sure to have one of its own among them.
        guard lines.size == node.machine.cosigning.cosignedSize, !node.isForgetful else { return }
        guard node.store.roots[lines.size] == lines.root else {
            return cluster.fail(&self, "K1", "node \(node.id) cosigns what it did not store")
        }
        guard node.store.cosignedSize >= lines.size else {
            return cluster.fail(&self, "K1", "node \(node.id) cosigns before it is noted")
        }
        if let root = roots[lines.size], root != lines.root {
            return cluster.fail(&self, "K1", "node \(node.id) cosigns a log that is not final")
        }
        if let other = cosigned[node.place]?[lines.size], other != lines.root {
            return cluster.fail(&self, "K2", "node \(node.id) cosigns two trees of one size")
        }
        cosigned[node.place, default: [:]][lines.size] = lines.root
    }

    /// R9: every queue keeps its bounds.
    mutating func checkBounds(of node: SimulatedNode, cluster: Cluster) {
        if let problem = node.machine.exceededBound() {
            cluster.fail(&self, "R9", "node \(node.id): \(problem)")
        }
    }

    /// E4, E5: everybody derives the same set from an epoch's last block, and no other block has one.
    private mutating func checkNextSet(
        _ last: BlockHeader, _ node: SimulatedNode, _ cluster: Cluster
    ) {
        let set = node.store.state.records.membership.current
        guard set.hash == last.nextValidatorsHash else {
            return cluster.fail(&self, "E4", "node \(node.id) has other validators")
        }
        let next = parameters.epoch(of: last.height.next)
        if let known = sets[next] {
            if known.hash != set.hash {
                cluster.fail(&self, "E5", "two sets of validators in epoch \(next.rawValue)")
            }
        } else {
            sets[next] = set
        }
    }

    /// C2: a final block's time was near an honest clock when a quorum voted for it, so it is not
    /// ahead of the true time by more than the rule and the clocks' errors allow.
    private mutating func checkTime(_ header: BlockHeader, _ cluster: Cluster) {
        let truth = SimulatedChain.start.adding(milliseconds: cluster.now / 1000)
        let bound = truth.adding(
            milliseconds: UInt64(parameters.precisionMilliseconds) + 200)
        if header.time > bound {
            cluster.fail(&self, "C2", "height \(header.height) is ahead of all clocks")
        }
    }

    /// Nobody can be blamed who did not lie: both votes are of one Byzantine key.
    mutating func check(_ equivocation: Equivocation, cluster: Cluster) {
        let signer = equivocation.first.signer
        let place = sets[equivocation.first.subject.round.epoch]?.member(signer)
        let isLiar = cluster.nodes.contains {
            $0.place == place && (!$0.isHonest || $0.isForgetful)
        }
        if !isLiar || equivocation.second.signer != signer {
            cluster.fail(&self, "EV", "evidence against honest \(signer)")
        }
    }
}

extension Cluster {
    /// Notes a violation while the invariants are being checked.
    func fail(_ invariants: inout Invariants, _ name: String, _ detail: String) {
        guard invariants.violation == nil else { return }
        invariants.violation = Violation(
            invariant: name, detail: detail, milliseconds: now / 1000)
    }
}
