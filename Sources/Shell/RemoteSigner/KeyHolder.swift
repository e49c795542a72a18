import Codec
import Consensus
package import Cryptography
package import Files
package import Ledger

/// Holds the key and decides what it signs. Its work blocks on the disk: a signature leaves only
/// after the record that forbids its contradiction is there.
package actor KeyHolder: BlockingActor {
    package nonisolated let executor: BlockingExecutor
    private let domain: SigningDomain
    private let key: Ed25519SigningKey
    private let file: SignerRecordFile
    private var state: SignerState
    private var isTaken = false

    /// - Throws: `SignerFailure`, `DiskFailure`.
    package init(
        directory: DataDirectory, domain: SigningDomain, key: Ed25519SigningKey
    ) throws {
        executor = BlockingExecutor(label: "veche.signer")
        self.domain = domain
        self.key = key
        (file, state) = try SignerRecordFile.open(
            in: directory, chainID: domain.chainID, key: key.publicKey)
    }

    /// Gives the key to one node; `busy` while another has it.
    package func take() -> SignerGreeting {
        guard !isTaken else { return .busy }
        isTaken = true
        return .ready(chainID: domain.chainID, key: key.publicKey, record: state.record)
    }

    /// The node that had the key is gone.
    package func release() { isTaken = false }

    /// Answers a request.
    ///
    /// - Throws: `DiskFailure` where the record cannot be written: the signer ends then.
    package func answer(_ request: SignerRequest) throws(DiskFailure) -> SignerAnswer {
        switch request {
        case .vote(let subject): try sign(subject)
        case .readiness(let body):
            // It binds nobody and contradicts nothing.
            .signed(
                key.sign(Transaction.signedMessage(tag: .validatorReady, body: body, in: domain)))
        }
    }

    private func sign(_ subject: VoteSubject) throws(DiskFailure) -> SignerAnswer {
        let next: SignerState
        let signature: Bytes64
        do throws(SignerRefusal) {
            if case .signed(let stored) = try state.judge(subject) { return .signed(stored) }
            signature = key.sign(subject.message(in: domain))
            next = try state.adding(subject, signature)
        } catch {
            return .refused("\(error)")
        }
        try file.store(next)
        state = next
        return .signed(signature)
    }
}
