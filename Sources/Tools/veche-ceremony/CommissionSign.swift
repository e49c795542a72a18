import ArgumentParser
import BallotCryptography
import CeremonyStation
import Codec
import CommandOptions
import Console
import Cryptography
import DocumentFiles
import Elections
import Hashing
import Ledger
import PlainText
import ReplayingClient
import Verification

struct CommissionSign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a proposal, or the result protocol.",
        discussion: """
            With a proposal file: replays the whole chain on this machine, refuses what the chain would \
            refuse, shows all that is signed and what it changes, adds your signature to the file, and with \
            --submit sends it to the ledger once enough have signed.
            With --protocol: replays the whole chain on this machine, so that the protocol that you sign is \
            the one that follows from the log; shows it, signs its bytes, sends the signature. With --dissent the \
            signature says that you dissent, and why.

            """ + ExitStatus.help)

    @Argument(help: "The proposal file.")
    var proposal: String?

    @Flag(name: .customLong("protocol"), help: "Sign the election's result protocol.")
    var signsProtocol = false

    @Option(help: "With --protocol: the election's short name, document hash or id.")
    var election: String?

    @Option(help: "With --protocol: file a dissent with this text instead of agreement.")
    var dissent: String?

    @Option(
        help: """
            With --protocol: also write the protocol to this file, and beside it your signature for minisign.
            """)
    var save: String?

    @Flag(help: "Send the proposal to the ledger once it has enough signatures.")
    var submit = false

    @Flag(name: .shortAndLong, help: "Do not ask before signing.")
    var yes = false

    @OptionGroup var chain: ChainOptions
    @OptionGroup var signer: SignerOptions

    func validate() throws {
        guard (proposal != nil) != signsProtocol else {
            throw ValidationError("Name a proposal file, or give --protocol with --election.")
        }
        guard save == nil || signsProtocol else {
            throw ValidationError("--save is for --protocol.")
        }
        guard !signsProtocol || election != nil else {
            throw ValidationError("--protocol needs --election.")
        }
    }

    func run() async throws {
        try await reportingFailures {
            if let proposal {
                try await sign(proposalAt: proposal)
            } else if let election {
                try await signProtocol(of: election)
            }
        }
    }

    private func sign(proposalAt path: String) async throws {
        let genesis = try chain.loadGenesis()
        var proposal: CommissionProposal = try JSONDocument.read(at: path)
        let review = try review(proposal, on: try await chain.replay())
        let commission = review.commission
        try review.show()
        try confirm("Sign this?", yes: yes)
        try proposal.sign(
            with: try signer.openKey(), commission: commission, domain: genesis.domain)
        try JSONDocument.write(proposal, to: path, replacing: true)
        let needed = Int(commission.threshold)
        say("Signed by \(proposal.approvals.count) of \(needed) members that are needed.")
        guard submit else { return }
        guard proposal.approvals.count >= needed else {
            throw CommandFailure(
                "Not sent: \(needed - proposal.approvals.count) more members must sign first.")
        }
        try await chain.submit([try proposal.transaction(chainID: genesis.chainID)])
        say("In the log.")
    }

    private func signProtocol(of name: String) async throws {
        if let dissent { try requirePlain(dissent, "--dissent") }
        let replayed = try await chain.replay()
        let (hash, document) = try replayed.election(named: name)
        guard let bytes = try replayed.queries.resultProtocol(hash) else {
            throw CommandFailure(try self.missingProtocol(of: hash, document, replayed))
        }
        let key = try signer.openKey()
        guard
            let place = document.commission.members.firstIndex(where: { $0.key == key.publicKey }),
            let member = UInt16(exactly: place)
        else { throw CommandFailure("This key is no member's of the election's commission.") }
        let digest = SHA256.digest(bytes)
        try judge(
            ProtocolSignature(
                election: hash, member: member, protocolHash: digest, protocolSignature: .zero,
                dissent: dissent), on: replayed)
        for line in try ProtocolSummary.lines(
            of: hash, dissent: dissent, queries: replayed.queries)
        { say(line) }
        say("The protocol, whose bytes are signed:")
        say(String(decoding: bytes, as: UTF8.self))
        say("SHA-256 of the protocol: \(digest)")
        try confirm(dissent == nil ? "Sign this protocol?" : "File a dissent from it?", yes: yes)
        let signature = key.sign(bytes)
        let body = ProtocolSignature(
            election: hash, member: member, protocolHash: digest, protocolSignature: signature,
            dissent: dissent)
        let message = Transaction.signedMessage(
            tag: .protocolSignature, body: body, in: replayed.genesis.domain)
        try await chain.submit([
            .protocolSignature(
                Signed(
                    chainID: replayed.genesis.chainID, body: body, signature: key.sign(message)))
        ])
        say(dissent == nil ? "Signed; in the log." : "The dissent is in the log.")
        if let save {
            try self.save(
                bytes, signature: signature, key: key, of: document,
                member: document.commission.members[place].name, number: place + 1, to: save)
        }
    }

    private func missingProtocol(
        of election: Bytes32, _ document: ElectionDocument, _ replayed: ReplayedChain
    ) throws -> String {
        guard let status = try replayed.queries.status(election), status.phase != .aborted else {
            let reason = try replayed.queries.status(election)?.abortReason ?? ""
            return "The election '\(document.name)' was aborted and has no result. The reason:"
                + " \(reason.plainLine)"
        }
        return "The election '\(document.name)' has no result protocol yet: "
            + (status.phase == .tallied
                ? "it is fixed in the next block. Try again in some seconds."
                : "its totals must be decrypted first.")
    }

    /// Refuses what the ledger would refuse, before it is signed. The same signature again is none:
    /// it may be wanted for a file.
    private func judge(_ body: ProtocolSignature, on replayed: ReplayedChain) throws {
        let isAgain = try replayed.queries.signatures(body.election).contains {
            $0.signature.member == body.member && $0.signature.dissent == body.dissent
        }
        guard !isAgain else { return }
        let refusal = try LedgerJudgement.refusal(
            of: .protocolSignature(
                Signed(chainID: replayed.genesis.chainID, body: body, signature: .zero)),
            genesis: replayed.genesis, state: replayed.audit.state, now: Timestamp.now)
        if let refusal {
            throw CommandFailure(
                "The ledger would refuse the signature: \(refusal.reason) (\(refusal.code.name)).")
        }
    }

    /// Writes the protocol and the signature for minisign. The protocol is the same for all members:
    /// where the file is there, it must be it.
    private func save(
        _ bytes: [UInt8], signature: Bytes64, key: Ed25519SigningKey, of document: ElectionDocument,
        member: String, number: Int, to path: String
    ) throws {
        if LocalFile.exists(path) {
            guard try LocalFile.read(path, limit: bytes.count + 1) == bytes else {
                throw CommandFailure(
                    "\(path) holds something else than the protocol; it was not touched.",
                    status: ExitStatus.file)
            }
        } else {
            try LocalFile.write(bytes, to: path, mode: .document)
        }
        let word = self.dissent.map { "dissents: \($0)" } ?? "agrees"
        let file = "\(path).member-\(number).minisig"
        let text = Minisign.signatureFile(
            signature,
            comment: "\(member) on the result of \(document.name) (\(document.hash)): \(word)",
            key: key)
        try LocalFile.write([UInt8](text.utf8), to: file, mode: .document, replacing: true)
        say(
            "For minisign: minisign -Vm \(path) -x \(file) -P"
                + " \(Minisign.publicKey(key.publicKey))")
    }
}

/// Refuses a reason or dissent that the ledger would not take, before anything is signed.
func requirePlain(_ text: String, _ option: String) throws {
    try requireUsable(DocumentFault.faults(ofReason: text, at: option))
}

/// Refuses what has faults, before a key is made or used for it.
func requireUsable(_ faults: [DocumentFault]) throws {
    guard faults.isEmpty else {
        throw CommandFailure(faults.map(\.description).joined(separator: "; "))
    }
}
