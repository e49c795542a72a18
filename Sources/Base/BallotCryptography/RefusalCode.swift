// BallotCryptography: ballots and their proofs, credentials, the key ceremony, partial decryption
// and the tally, as in `ballot.md`. It also runs in a browser: it knows no file, no network, no
// clock and no source of random bytes, and is generic over what it needs from its surroundings
// (arithmetic on secrets, random bytes, authenticated encryption, RSA checks).

/// Why a transaction or message is refused: the `E_` codes of the protocol, for this module and for
/// the state machine alike.
package enum RefusalCode: Error, Hashable, Sendable, CaseIterable {
    // Form.
    case version
    case length
    case election
    case style
    case contest
    case point
    case identity
    case scalar
    case parameter
    // Proof. `signature`, `linkA`, `linkC` and `bit` are diagnostics of `proof`.
    case sum
    case proof
    case signature
    case linkA
    case linkC
    case bit
    case possession
    case commitment
    // State.
    case phase
    case sequence
    case previous
    case certificate
    case quota
    case rate
    case spoiled
    case duplicate
    case duplicateA
    case issued
    case requestSignature
    case blind
    case blindSignature
    case roll
    case authorization
    case result
    case unitSmall
    case unitOverlap

    /// The code's name in the protocol, such as "E_PROOF".
    package var name: String {
        switch self {
        case .version: "E_VERSION"
        case .length: "E_LENGTH"
        case .election: "E_ELECTION"
        case .style: "E_STYLE"
        case .contest: "E_CONTEST"
        case .point: "E_POINT"
        case .identity: "E_IDENTITY"
        case .scalar: "E_SCALAR"
        case .parameter: "E_PARAM"
        case .sum: "E_SUM"
        case .proof: "E_PROOF"
        case .signature: "E_SIGNATURE"
        case .linkA: "E_LINK_A"
        case .linkC: "E_LINK_C"
        case .bit: "E_BIT"
        case .possession: "E_POP"
        case .commitment: "E_COMMIT"
        case .phase: "E_PHASE"
        case .sequence: "E_SEQ"
        case .previous: "E_PREV"
        case .certificate: "E_CERT"
        case .quota: "E_QUOTA"
        case .rate: "E_RATE"
        case .spoiled: "E_SPOILED"
        case .duplicate: "E_DUP"
        case .duplicateA: "E_DUP_A"
        case .issued: "E_ISSUED"
        case .requestSignature: "E_REQSIG"
        case .blind: "E_BLIND"
        case .blindSignature: "E_BLINDSIG"
        case .roll: "E_ROLL"
        case .authorization: "E_AUTH"
        case .result: "E_RESULT"
        case .unitSmall: "E_UNIT_SMALL"
        case .unitOverlap: "E_UNIT_OVERLAP"
        }
    }

    /// The code that the ledger gives: a failed group equation is always E_PROOF there, since only
    /// the batch tells that one failed, and the finer codes are diagnostics.
    package var onLedger: RefusalCode {
        switch self {
        case .signature, .linkA, .linkC, .bit: .proof
        case .version, .length, .election, .style, .contest, .point, .identity, .scalar,
            .parameter, .sum, .proof, .possession, .commitment, .phase, .sequence, .previous,
            .certificate, .quota, .rate, .spoiled, .duplicate, .duplicateA, .issued,
            .requestSignature, .blind, .blindSignature, .roll, .authorization, .result, .unitSmall,
            .unitOverlap:
            self
        }
    }
}
