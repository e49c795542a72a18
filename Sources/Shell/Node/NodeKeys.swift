import Codec
import Consensus
import Cryptography
import DocumentFiles
import Ledger
import NodeSetup
import RemoteSigner

/// Signs with the validator's consensus key: the node itself, or the process that holds the key.
enum ConsensusSigner: VoteSigner {
    case key(Ed25519SigningKey)
    case process(SignerClient)

    var publicKey: Bytes32 {
        switch self {
        case .key(let key): key.publicKey
        case .process(let signer): signer.key
        }
    }

    /// What the holder of the key signed last, where that is another process.
    var record: SignerRecord? {
        switch self {
        case .key: nil
        case .process(let signer): signer.record
        }
    }

    func sign(
        _ subject: VoteSubject, message: [UInt8]
    ) throws(SigningFailure) -> Bytes64 {
        switch self {
        case .key(let key): key.sign(message)
        case .process(let signer): try signer.sign(subject, message: message)
        }
    }

    /// Signs that this node is ready to become a validator.
    func sign(
        _ body: ValidatorReady, in domain: SigningDomain
    ) throws(SigningFailure) -> Bytes64 {
        switch self {
        case .key(let key):
            key.sign(Transaction.signedMessage(tag: .validatorReady, body: body, in: domain))
        case .process(let signer): try signer.sign(body)
        }
    }
}

/// The keys of a node, opened and compared with the validators that the chain names.
package struct NodeKeys: Sendable {
    /// What a validator has besides.
    struct Validating: Sendable {
        let signer: ConsensusSigner
        let cosigning: Ed25519SigningKey
        let log: Ed25519SigningKey

        var consensusKey: Bytes32 { signer.publicKey }
    }

    let node: Ed25519SigningKey
    let validating: Validating?

    /// Opens the key files that the configuration names.
    ///
    /// - Parameter signer: connects to the process that holds the consensus key, where it is apart.
    init(
        home: NodeHome, passphrase: Passphrase,
        signer connect: (String) throws(NodeFailure) -> SignerClient
    ) throws(NodeFailure) {
        let configuration = home.configuration
        let keys = configuration.keys
        func open(_ name: String, _ purpose: KeyPurpose) throws(NodeFailure) -> Ed25519SigningKey {
            do throws(FileFailure) {
                return try KeyFile.openSigningKey(
                    at: home.path(name), purpose: purpose, passphrase: passphrase)
            } catch {
                throw .configuration("\(error)")
            }
        }
        node = try open(keys.node, .node)
        guard configuration.role == .validator, let cosigningName = keys.cosigning,
            let logName = keys.log
        else {
            validating = nil
            return
        }
        let cosigning = try open(cosigningName, .validatorCosigning)
        let log = try open(logName, .log)
        guard log.publicKey == home.genesis.logKey else {
            throw .configuration(
                "The log key \(log.publicKey) is not the one that genesis names, "
                    + "\(home.genesis.logKey). The key files are not this chain's.")
        }
        let signer: ConsensusSigner
        if let process = configuration.signer {
            signer = .process(try connect(home.path(process.socket)))
        } else if let name = keys.consensus {
            signer = .key(try open(name, .validatorConsensus))
        } else {
            throw .configuration("A validator has a consensus key or a signer.")
        }
        validating = Validating(signer: signer, cosigning: cosigning, log: log)
    }

    /// Compares the keys with the validators of a chain: those in office, and those who are to come.
    /// The keys of a node that is to become one later may be in neither.
    func check(
        name: String, present: ValidatorSet, coming: ValidatorSet?
    ) throws(NodeFailure) {
        let known = present.validators + (coming?.validators ?? [])
        guard let validating else {
            guard !present.validators.contains(where: { $0.nodeKey == node.publicKey }) else {
                throw .configuration(
                    "The node key \(node.publicKey) is a validator's, but this node is configured as "
                        + "an observer. Give the observer a node key of its own.")
            }
            return
        }
        let own = known.filter { $0.consensusKey == validating.consensusKey }
        guard !own.isEmpty else {
            let cosigning = validating.cosigning.publicKey
            let other = known.first {
                $0.nodeKey == node.publicKey || $0.cosigningKey == cosigning || $0.name == name
            }
            guard let other else { return }
            throw .configuration(
                "The consensus key \(validating.consensusKey) belongs to no validator of genesis, nor "
                    + "of a set that took its place, but other keys or the name are those of "
                    + "\(other.name). The key files do not belong together.")
        }
        for validator in own {
            for (what, key, expected) in [
                ("node", node.publicKey, validator.nodeKey),
                ("cosigning", validating.cosigning.publicKey, validator.cosigningKey),
            ] where key != expected {
                throw .configuration(
                    "The \(what) key \(key) is not the one that genesis names for "
                        + "\(validator.name), or the set that took its place, \(expected). The key "
                        + "files do not belong together or to this chain.")
            }
            guard name == validator.name else {
                throw .configuration(
                    "The configuration's name is \(name), but the keys are those of the validator "
                        + "\(validator.name).")
            }
        }
    }
}
