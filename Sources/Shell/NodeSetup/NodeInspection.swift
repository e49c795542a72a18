import ChainStore
package import Codec
import Consensus
import DocumentFiles
import Elections
import Files
package import Ledger
import Storage
import SystemErrors
import TransparencyLog

/// What a stopped node's data holds, and whether it agrees with itself.
package struct NodeInspection: Codable, Hashable, Sendable {
    package let name: String
    package let chainName: String
    package let kind: ChainKind
    package let chainID: Bytes32
    package let height: UInt64
    package let blockHash: Bytes32
    package let time: Timestamp
    package let logSize: UInt64
    package let logRoot: Bytes32
    package let stateDigest: Bytes32
    package let elections: [String]
    /// Transactions that wait for a block.
    package let pendingCount: Int
    /// Size of the newest certified checkpoint, 0 for none.
    package let certifiedSize: UInt64
    /// A validator's vote journal in words; nil for an observer.
    package let journal: String?

    /// Reads and checks the data of a node that does not run.
    ///
    /// - Throws: `NodeFailure`: `.inUse` while the node runs, `.inconsistent` for data that does not
    ///   agree with itself.
    package init(home: NodeHome) throws(NodeFailure) {
        do {
            try self.init(reading: home)
        } catch {
            throw NodeFailure(stored: error)
                ?? .storage("An unexpected failure: \(SystemError.describe(error))")
        }
    }

    private init(reading home: NodeHome) throws {
        let chain = ChainContext(genesis: home.genesis)
        let directory = try DataDirectory(path: home.dataPath, access: .readOnly)
        let store = try NodeStore(in: directory, chainID: chain.chainID)
        let opened = try OpenedChain(reading: store, chain: chain)
        name = home.configuration.name
        chainName = home.genesis.name
        kind = home.genesis.kind
        chainID = chain.chainID
        height = opened.floor.height.rawValue
        blockHash = opened.floor.hash
        time = opened.floor.time
        logSize = opened.point.frontier.size
        logRoot = opened.point.frontier.root
        stateDigest = opened.point.stateDigest
        elections = try ElectionQueries(opened.point.state).elections().map {
            "\($0.name) (\($0.phase.rawValue))"
        }
        pendingCount = try store.mempool(limit: .max).count
        certifiedSize =
            try store.note(NoteName.checkpoint)
            .map { try Checkpoint(text: SignedNote(parsing: $0).text).size } ?? 0
        journal = try Self.journal(home, directory, chainID: chain.chainID)
    }

    private static func journal(
        _ home: NodeHome, _ directory: DataDirectory, chainID: Bytes32
    ) throws -> String? {
        guard let name = home.configuration.keys.consensus else {
            return home.configuration.signer.map {
                "of the key that the signer at \($0.socket) holds; it is read when the node runs"
            }
        }
        let publicKey = try KeyFile.publicKey(
            at: home.path(name), purpose: .validatorConsensus)
        guard let key = Bytes32(exactly: publicKey) else {
            throw NodeFailure.configuration("\(name): the public key has not 32 bytes")
        }
        let path = directory.path(of: VoteJournal.fileName)
        guard LocalFile.exists(path) else {
            return "missing: the validator would follow and not vote"
        }
        let bytes = try LocalFile.read(path, limit: 1 << 30)
        switch Journal.replay(bytes, chainID: chainID, key: key) {
        case .corrupt(let offset):
            return "damaged at byte \(offset): the validator would follow and not vote"
        case .outdated(let round):
            return "older than the key's use in epoch \(round.epoch.rawValue), view "
                + "\(round.view.rawValue): the validator would follow and not vote"
        case .missing: return "missing: the validator would follow and not vote"
        case .intact(let records, let length):
            var votes = 0
            var blocks = 0
            var round: Round?
            for record in records {
                switch record {
                case .vote: votes += 1
                case .block: blocks += 1
                case .signer(let signer): round = signer.round
                case .certificate, .quarantined, .resumed: continue
                }
            }
            let last = round.map { "epoch \($0.epoch.rawValue), view \($0.view.rawValue)" }
            let torn = length < bytes.count ? ", a torn end of \(bytes.count - length) bytes" : ""
            return "intact: \(votes) votes, \(blocks) blocks, last signed in "
                + "\(last ?? "no view")\(torn)"
        }
    }
}
