import ChainStore
import Codec
package import Cryptography
package import DocumentFiles
import Files
package import Ledger
import TransparencyLog

/// What the directory of a node is made from that comes to a chain which is there already.
package struct NewNode: Sendable {
    package let name: String
    package let role: NodeConfiguration.Role
    package let genesis: Genesis
    package let listen: NodeConfiguration.Endpoint?
    package let api: NodeConfiguration.Endpoint
    package let peers: [NodeConfiguration.Peer]
    /// Written to the configuration; nil lets the node ask for the passphrase.
    package let passphraseFile: String?
    /// The key of the log's own line in checkpoints, which all validators have; validators only.
    package let logKey: Ed25519SigningKey?

    package init(
        name: String, role: NodeConfiguration.Role, genesis: Genesis,
        listen: NodeConfiguration.Endpoint?, api: NodeConfiguration.Endpoint,
        peers: [NodeConfiguration.Peer], passphraseFile: String?, logKey: Ed25519SigningKey?
    ) {
        self.name = name
        self.role = role
        self.genesis = genesis
        self.listen = listen
        self.api = api
        self.peers = peers
        self.passphraseFile = passphraseFile
        self.logKey = logKey
    }

    private static let genesisFile = "genesis.json"
    /// What the commission needs to know of a new validator.
    package static let validatorFile = "validator.json"

    private var configuration: NodeConfiguration {
        let isValidator = role == .validator
        return NodeConfiguration(
            name: name, role: role, genesis: Self.genesisFile, data: "data", listen: listen,
            api: api, peers: peers,
            keys: NodeConfiguration.Keys(
                node: NodeKeyFile.node.path,
                consensus: isValidator ? NodeKeyFile.consensus.path : nil,
                cosigning: isValidator ? NodeKeyFile.cosigning.path : nil,
                log: isValidator ? NodeKeyFile.log.path : nil),
            passphraseFile: passphraseFile)
    }

    /// Makes new keys and the directory, which must not hold a node.
    ///
    /// - Returns: the public keys of a new validator, which are also in `validatorFile`; nil for an
    ///   observer.
    /// - Throws: `FileFailure`, `NodeFailure`, `DiskFailure`.
    @discardableResult
    package func make(in home: String, passphrase: Passphrase) throws -> Validator? {
        try check()
        for name in [NodeConfiguration.fileName, Self.genesisFile, Self.validatorFile]
        where LocalFile.exists(home + "/" + name) {
            throw FileFailure.exists(path: home + "/" + name)
        }
        let node = Ed25519SigningKey.generate()
        guard let logKey else {
            try NodeHome.write(
                configuration, genesis: genesis, keys: [(.node, node)], passphrase: passphrase,
                to: home)
            return nil
        }
        let (consensus, cosigning) = (
            Ed25519SigningKey.generate(), Ed25519SigningKey.generate()
        )
        let validator = Validator(
            name: name, consensusKey: consensus.publicKey, cosigningKey: cosigning.publicKey,
            nodeKey: node.publicKey)
        guard KeyName(genesis.cosignerName(of: validator)) != nil else {
            throw NodeFailure.configuration(
                "\"\(name)\" cannot name a validator: its checkpoints would have no key name.")
        }
        try LocalFile.makePrivateDirectory(home)
        try JSONDocument.write(validator, to: home + "/" + Self.validatorFile)
        // Nobody else may do so: a validator without its journal does not know what it signed, and
        // this one has signed nothing.
        try VoteJournal.create(
            in: try DataDirectory(path: home + "/data"), chainID: genesis.chainID,
            key: consensus.publicKey)
        try NodeHome.write(
            configuration, genesis: genesis,
            keys: [
                (.node, node), (.consensus, consensus), (.cosigning, cosigning), (.log, logKey),
            ], passphrase: passphrase, to: home)
        return validator
    }

    private func check() throws(NodeFailure) {
        if let fault = genesis.faults.first { throw .configuration("genesis: \(fault)") }
        if let fault = configuration.faults.first { throw .configuration("\(fault)") }
        switch (role, logKey) {
        case (.validator, nil):
            throw .configuration(
                "A validator needs the log key, which all of the chain's validators have.")
        case (.observer, .some):
            throw .configuration("An observer has no log key.")
        case (.validator, let key?):
            guard key.publicKey == genesis.logKey else {
                throw .configuration(
                    "The log key \(key.publicKey) is not the one that genesis names, "
                        + "\(genesis.logKey).")
            }
        case (.observer, nil): break
        }
    }
}

/// The key files of a node's directory.
enum NodeKeyFile: String, Sendable {
    case node, consensus, cosigning, log

    /// Relative to the directory.
    var path: String { "keys/\(rawValue).key" }

    var purpose: KeyPurpose {
        switch self {
        case .node: .node
        case .consensus: .validatorConsensus
        case .cosigning: .validatorCosigning
        case .log: .log
        }
    }
}

extension NodeHome {
    /// Writes a node's directory; the configuration is the last, so that a directory with one is
    /// whole.
    static func write(
        _ configuration: NodeConfiguration, genesis: Genesis,
        keys: [(file: NodeKeyFile, key: Ed25519SigningKey)], passphrase: Passphrase,
        to home: String
    ) throws(FileFailure) {
        try LocalFile.makePrivateDirectory(home + "/keys")
        for (file, key) in keys {
            try KeyFile.create(
                at: home + "/" + file.path, purpose: file.purpose,
                publicKey: key.publicKey.bytes, secret: key.exportSeed().bytes,
                passphrase: passphrase)
        }
        try JSONDocument.write(genesis, to: home + "/" + configuration.genesis)
        try JSONDocument.write(configuration, to: home + "/" + NodeConfiguration.fileName)
    }
}
