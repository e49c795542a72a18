/// What a key is for. A key file names it, and a key serves one purpose alone.
package enum KeyPurpose: Hashable, Sendable {
    /// Ed25519: consensus votes of a validator.
    case validatorConsensus
    /// Ed25519: checkpoints of a validator.
    case validatorCosigning
    /// Ed25519: the TLS identity and promises of a node.
    case node
    /// Ed25519: the log's own checkpoint line.
    case log
    /// Ed25519: a commission member.
    case commission
    /// Ed25519: a trustee's transactions.
    case trustee
    /// 32 secret bytes: a trustee's parts of the key ceremony.
    case trusteeShare
    /// The registrar's secrets (its module says how they are encoded); the public key is Ed25519.
    case registrar
    /// RSA-3072 in DER: issues credentials of one ballot style.
    case issuing(style: UInt32)
    /// 32 secret bytes: a voter's credential.
    case credential
    /// Ed25519: an observer's cosignatures.
    case witness

    /// The name in key files.
    package var name: String {
        switch self {
        case .validatorConsensus: "validator-consensus"
        case .validatorCosigning: "validator-cosigning"
        case .node: "node"
        case .log: "log"
        case .commission: "commission"
        case .trustee: "trustee"
        case .trusteeShare: "trustee-share"
        case .registrar: "registrar"
        case .issuing(let style): "issuing-style-\(style)"
        case .credential: "credential"
        case .witness: "witness"
        }
    }
}
