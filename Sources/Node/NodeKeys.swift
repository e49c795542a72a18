import Codec
import Consensus
import Cryptography
package import DocumentFiles
import Ledger

/// Signs votes with the validator's consensus key.
struct ConsensusSigner: VoteSigner {
    let key: Ed25519SigningKey

    func sign(_ subject: VoteSubject, message: [UInt8]) -> Bytes64 { key.sign(message) }
}

/// The keys of a node, opened and compared with genesis.
package struct NodeKeys: Sendable {
    /// What a validator has besides.
    struct Validating: Sendable {
        let index: ValidatorIndex
        let consensus: Ed25519SigningKey
        let cosigning: Ed25519SigningKey
        let log: Ed25519SigningKey
    }

    let node: Ed25519SigningKey
    let validating: Validating?

    /// Opens the key files that the configuration names.
    package init(home: NodeHome, passphrase: Passphrase) throws(NodeFailure) {
        let keys = home.configuration.keys
        func open(_ name: String, _ purpose: KeyPurpose) throws(NodeFailure) -> Ed25519SigningKey {
            do throws(FileFailure) {
                return try KeyFile.openSigningKey(
                    at: home.path(name), purpose: purpose, passphrase: passphrase)
            } catch {
                throw .configuration("\(error)")
            }
        }
        node = try open(keys.node, .node)
        guard home.configuration.role == .validator, let consensusName = keys.consensus,
            let cosigningName = keys.cosigning, let logName = keys.log
        else {
            let own = node.publicKey
            let isTaken = home.genesis.validators.validators.contains { $0.nodeKey == own }
            guard !isTaken else {
                throw .configuration(
                    "The node key \(node.publicKey) is a validator's in genesis, but this node is "
                        + "configured as an observer. Give the observer a node key of its own.")
            }
            validating = nil
            return
        }
        let consensus = try open(consensusName, .validatorConsensus)
        let cosigning = try open(cosigningName, .validatorCosigning)
        let log = try open(logName, .log)
        let validators = home.genesis.validators.validators
        guard
            let position = validators.firstIndex(where: { $0.consensusKey == consensus.publicKey })
        else {
            throw .configuration(
                "The consensus key \(consensus.publicKey) belongs to no validator of genesis. "
                    + "Take the key that genesis names, or run this node as an observer.")
        }
        let validator = validators[position]
        let comparisons = [
            ("node", node.publicKey, validator.nodeKey),
            ("cosigning", cosigning.publicKey, validator.cosigningKey),
            ("log", log.publicKey, home.genesis.logKey),
        ]
        for (name, key, expected) in comparisons where key != expected {
            throw .configuration(
                "The \(name) key \(key) is not the one that genesis names for \(validator.name), "
                    + "\(expected). The key files do not belong together or to this chain.")
        }
        guard home.configuration.name == validator.name else {
            throw .configuration(
                "The configuration's name is \(home.configuration.name), but the keys are those of "
                    + "the validator \(validator.name).")
        }
        validating = Validating(
            index: ValidatorIndex(UInt16(position)), consensus: consensus, cosigning: cosigning,
            log: log)
    }
}
