import Chain
package import Codec
package import Consensus
import Cosigning
package import Ledger
import Synchronization

/// A stand-in for Ed25519 that costs nothing: a keyed mixing function. The simulated liars are our
/// own code and sign with their own keys alone; forging is not what is simulated.
package struct SimulatedSignatures: SignatureVerifier {
    package init() {}

    package func isValid(
        _ signature: Bytes64, of message: [UInt8], by publicKey: Bytes32
    ) -> Bool {
        signature == Self.signature(of: message, by: publicKey)
    }

    static func signature(of message: [UInt8], by key: Bytes32) -> Bytes64 {
        var first: UInt64 = 0xCBF2_9CE4_8422_2325
        var second: UInt64 = 0x8422_2325_CBF2_9CE4
        for byte in key.bytes { first = (first ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in message {
            first = (first ^ UInt64(byte)) &* 0x100_0000_01B3
            second = (second &+ first) &* 0x9E37_79B9_7F4A_7C15
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Bytes64.size)
        for word in [first, second, first ^ second, ~first, ~second, first &+ second, 0, 0] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return Bytes64(bytes[...])
    }
}

/// What another process than the validator's remembers of what it signed, over all crashes.
package final class SimulatedKeyHolder: Sendable {
    private let state = Mutex(SignerState())

    package init() {}

    package var record: SignerRecord { state.withLock { $0.record } }

    func sign(_ subject: VoteSubject, _ signature: Bytes64) throws(SigningFailure) {
        do {
            try state.withLock { $0 = try $0.adding(subject, signature) }
        } catch {
            throw .refused("\(error)")
        }
    }
}

/// Signs with a validator's simulated key.
package struct SimulatedSigner: ValidatorSigner {
    package let key: Bytes32
    /// Nil where the validator itself has the key.
    package let holder: SimulatedKeyHolder?

    package init(key: Bytes32, holder: SimulatedKeyHolder? = nil) {
        self.key = key
        self.holder = holder
    }

    package var consensusKey: Bytes32 { key }
    package var cosigningKey: Bytes32 { SimulatedChain.key(place, purpose: 2) }
    /// The number of the validator whose key it is.
    private var place: Int { Int(key.bytes[0]) }

    package func cosign(_ message: [UInt8]) -> Bytes64 {
        SimulatedSignatures.signature(of: message, by: cosigningKey)
    }

    package func signLog(_ message: [UInt8]) -> Bytes64 {
        SimulatedSignatures.signature(of: message, by: SimulatedChain.key(0, purpose: 4))
    }

    package func signPromise(_ message: [UInt8]) -> Bytes64 {
        SimulatedSignatures.signature(of: message, by: SimulatedChain.key(place, purpose: 3))
    }

    package func sign(_ ready: ValidatorReady) -> Bytes64 { sign(ready.canonicalBytes) }

    package func sign(_ message: [UInt8]) -> Bytes64 {
        SimulatedSignatures.signature(of: message, by: key)
    }

    package func sign(
        _ subject: VoteSubject, message: [UInt8]
    ) throws(SigningFailure) -> Bytes64 {
        let signature = sign(message)
        try holder?.sign(subject, signature)
        return signature
    }
}
