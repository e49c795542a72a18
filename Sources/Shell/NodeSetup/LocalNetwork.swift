import ChainStore
package import Codec
import Cryptography
import DocumentFiles
import Files
import Foundation
package import Ledger
import RemoteSigner

/// What a network on one machine is made from.
package struct LocalNetworkPlan: Sendable {
    package var directory: String
    package var validators = 4
    package var observers = 1
    package var host = "127.0.0.1"
    /// Node k takes the ports `basePort + 2k` for peers and `basePort + 2k + 1` for HTTP.
    package var basePort = 9100
    package var kind = ChainKind.training
    package var chainName = "localnet"
    package var origin = "localnet.veche.example/1"
    package var commissionMembers = 7
    package var commissionThreshold: UInt32 = 4
    package var parameters = Parameters()
    /// Whether each consensus key is in a directory for `veche-signer`, NAME-signer.
    package var remoteSigners = false

    package init(directory: String) { self.directory = directory }

    /// Every rule that the plan breaks.
    package var faults: [DocumentFault] {
        var faults: [DocumentFault] = []
        func require(_ condition: Bool, _ path: String, _ problem: String) {
            if !condition { faults.append(DocumentFault(path: path, problem: problem)) }
        }
        require(
            (Limits.validatorsMinimum...Limits.validators).contains(validators), "--validators",
            "must be \(Limits.validatorsMinimum) to \(Limits.validators)")
        require((0...64).contains(observers), "--observers", "must be 0 to 64")
        let last = basePort.addingReportingOverflow(2 * (validators + observers))
        require(
            basePort >= 1024 && !last.overflow && last.partialValue <= 65_536, "--base-port",
            "must be at least 1024 and leave two ports a node below 65536")
        require(
            (1...Limits.commissionMembers).contains(commissionMembers), "--commission",
            "must be 1 to \(Limits.commissionMembers)")
        require(
            commissionThreshold >= 1 && Int(commissionThreshold) <= commissionMembers,
            "--commission-threshold", "must be 1 to the number of members")
        return faults
    }
}

/// A node of a network that was made.
package struct LocalNode: Codable, Hashable, Sendable {
    package let name: String
    /// Its directory, for `veche-node run --home`.
    package let home: String
    package let apiURL: String
    package let peerPort: Int
}

/// A network on one machine: keys of all roles that belong to the chain, its genesis, and a directory
/// for each node.
package struct LocalNetwork: Codable, Hashable, Sendable {
    package let chainID: Bytes32
    package let genesis: String
    package let nodes: [LocalNode]
    /// Key files of the commission's members.
    package let commission: [String]

    /// Makes the network in a directory that has none.
    ///
    /// - Throws: `FileFailure`, `NodeFailure`, `DiskFailure`.
    package static func make(_ plan: LocalNetworkPlan, time: Timestamp) throws -> LocalNetwork {
        if let fault = plan.faults.first { throw NodeFailure.configuration("\(fault)") }
        let genesisPath = plan.directory + "/genesis.json"
        guard !LocalFile.exists(genesisPath) else { throw FileFailure.exists(path: genesisPath) }
        let log = Ed25519SigningKey.generate()
        let keys = (0..<plan.validators).map { _ in ValidatorKeys() }
        let observerKeys = (0..<plan.observers).map { _ in Ed25519SigningKey.generate() }
        let memberKeys = (0..<plan.commissionMembers).map { _ in Ed25519SigningKey.generate() }
        let commission = Commission(
            members: memberKeys.enumerated().map { index, key in
                Member(name: "Member \(index + 1)", key: key.publicKey)
            }, threshold: plan.commissionThreshold)
        let genesis = Genesis(
            kind: plan.kind, name: plan.chainName, time: time, origin: plan.origin,
            logKey: log.publicKey,
            validators: ValidatorSet(
                keys.enumerated().map { index, keys in
                    Validator(
                        name: "validator-\(index + 1)", consensusKey: keys.consensus.publicKey,
                        cosigningKey: keys.cosigning.publicKey, nodeKey: keys.node.publicKey)
                }),
            commission: commission, parameters: plan.parameters)
        // Before anything is written: a plan that was refused leaves nothing in its way.
        if let fault = genesis.faults.first { throw NodeFailure.configuration("\(fault)") }
        try LocalFile.makePrivateDirectory(plan.directory)
        let memberFiles = try writeCommission(memberKeys, plan)
        let peers = keys.enumerated().map { index, keys in
            NodeConfiguration.Peer(
                host: plan.host, port: plan.basePort + 2 * index, key: keys.node.publicKey)
        }
        var nodes: [LocalNode] = []
        for (index, keys) in keys.enumerated() {
            nodes.append(
                try makeNode(
                    plan, index: index, name: "validator-\(index + 1)", role: .validator,
                    keys: [
                        (.node, keys.node), (.consensus, keys.consensus),
                        (.cosigning, keys.cosigning), (.log, log),
                    ], genesis: genesis, peers: peers))
        }
        for (index, key) in observerKeys.enumerated() {
            nodes.append(
                try makeNode(
                    plan, index: plan.validators + index, name: "observer-\(index + 1)",
                    role: .observer, keys: [(.node, key)], genesis: genesis,
                    peers: peers))
        }
        // Last, so that a directory with a genesis is a whole network.
        try JSONDocument.write(genesis, to: genesisPath)
        return LocalNetwork(
            chainID: genesis.chainID, genesis: genesisPath, nodes: nodes, commission: memberFiles)
    }

    /// Writes the members' key files; their paths.
    private static func writeCommission(
        _ keys: [Ed25519SigningKey], _ plan: LocalNetworkPlan
    ) throws -> [String] {
        let directory = plan.directory + "/commission"
        try LocalFile.makePrivateDirectory(directory)
        let passphrase = try makePassphrase(at: directory + "/passphrase")
        var files: [String] = []
        for (index, key) in keys.enumerated() {
            let path = directory + "/member-\(index + 1).key"
            try KeyFile.create(
                at: path, purpose: .commission, publicKey: key.publicKey.bytes,
                secret: key.exportSeed().bytes, passphrase: passphrase)
            files.append(path)
        }
        return files
    }

    private static func makeNode(
        _ plan: LocalNetworkPlan, index: Int, name: String, role: NodeConfiguration.Role,
        keys: [(file: NodeKeyFile, key: Ed25519SigningKey)], genesis: Genesis,
        peers: [NodeConfiguration.Peer]
    ) throws -> LocalNode {
        let home = plan.directory + "/" + name
        try LocalFile.makePrivateDirectory(home)
        let passphrase = try makePassphrase(at: home + "/passphrase")
        let isValidator = role == .validator
        let isApart = plan.remoteSigners && isValidator
        let peerPort = plan.basePort + 2 * index
        let apiURL = "http://\(plan.host):\(peerPort + 1)"
        let configuration = NodeConfiguration(
            name: name, role: role, genesis: "genesis.json", data: "data",
            listen: NodeConfiguration.Endpoint(host: plan.host, port: peerPort),
            api: NodeConfiguration.Endpoint(host: plan.host, port: peerPort + 1),
            peers: peers.filter { $0.port != peerPort },
            keys: NodeConfiguration.Keys(
                node: NodeKeyFile.node.path,
                consensus: isValidator && !isApart ? NodeKeyFile.consensus.path : nil,
                cosigning: isValidator ? NodeKeyFile.cosigning.path : nil,
                log: isValidator ? NodeKeyFile.log.path : nil),
            signer: isApart
                ? NodeConfiguration.Signer(socket: "../\(name)-signer/signer.sock") : nil,
            passphraseFile: "passphrase")
        try NodeHome.write(
            configuration, genesis: genesis,
            keys: keys.filter { !(isApart && $0.file == .consensus) }, passphrase: passphrase,
            to: home)
        try LocalFile.write([UInt8]((apiURL + "\n").utf8), to: home + "/api-url", mode: .document)
        if let consensus = keys.first(where: { $0.file == .consensus })?.key {
            let directory = try DataDirectory(path: home + "/data")
            try VoteJournal.create(
                in: directory, chainID: genesis.chainID, key: consensus.publicKey)
            if isApart { try makeSigner(plan, name: name, key: consensus, genesis: genesis) }
        }
        return LocalNode(name: name, home: home, apiURL: apiURL, peerPort: peerPort)
    }

    /// The directory of the process that holds a validator's consensus key.
    private static func makeSigner(
        _ plan: LocalNetworkPlan, name: String, key: Ed25519SigningKey, genesis: Genesis
    ) throws {
        let home = plan.directory + "/\(name)-signer"
        try LocalFile.makePrivateDirectory(home + "/keys")
        let passphrase = try makePassphrase(at: home + "/passphrase")
        try KeyFile.create(
            at: home + "/keys/consensus.key", purpose: .validatorConsensus,
            publicKey: key.publicKey.bytes, secret: key.exportSeed().bytes,
            passphrase: passphrase)
        try JSONDocument.write(genesis, to: home + "/genesis.json")
        try JSONDocument.write(
            SignerConfiguration(
                genesis: "genesis.json", key: "keys/consensus.key", data: "data",
                socket: "signer.sock", passphraseFile: "passphrase"),
            to: home + "/" + SignerConfiguration.fileName)
        try SignerRecordFile.begin(
            in: try DataDirectory(path: home + "/data"), chainID: genesis.chainID,
            key: key.publicKey)
    }

    /// A new passphrase of 128 random bits, in a file for its owner alone.
    private static func makePassphrase(at path: String) throws -> Passphrase {
        let text = [UInt8](Hexadecimal.encode(SystemRandom.bytes(16)).utf8)
        try LocalFile.write(text + [0x0A], to: path, mode: .secret)
        return Passphrase(text)
    }
}

/// The keys of one validator.
private struct ValidatorKeys {
    let node = Ed25519SigningKey.generate()
    let consensus = Ed25519SigningKey.generate()
    let cosigning = Ed25519SigningKey.generate()
}
