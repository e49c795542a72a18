import ArgumentParser
import CeremonyStation
import Codec
import CommandOptions
import Console
import Cryptography
import DocumentFiles
import Elections
import Ledger
import Ristretto

struct CommissionSign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a proposal, or the result protocol.",
        discussion: """
            With a proposal file: shows what it says, adds your signature to the file, and with --submit sends \
            it to the ledger once enough have signed.
            A change of validators is checked against the chain's present ones, and what it changes is shown.
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
        let commission = try await self.commission(for: proposal, genesis: genesis)
        let bad = try proposal.badSigners(commission: commission, domain: genesis.domain)
        guard bad.isEmpty else {
            throw CommandFailure(
                "The file holds signatures that do not verify, of \(bad.joined(separator: ", ")):"
                    + " it was changed after they signed, or belongs to another chain.")
        }
        for line in proposal.summary { say(line) }
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

    /// The commission of the chain for a new election, else the election's own.
    private func commission(
        for proposal: CommissionProposal, genesis: Genesis
    ) async throws -> Commission {
        if let document = proposal.createElection {
            let faults = document.faults + WallTime.faults(in: document)
            guard faults.isEmpty else {
                throw CommandFailure(
                    "The proposed election breaks rules:\n"
                        + faults.map { "  " + $0.description }.joined(separator: "\n"))
            }
            return genesis.commission
        }
        if let set = proposal.changeValidators?.validators {
            let faults = set.faults(logKey: genesis.logKey)
            guard faults.isEmpty else {
                throw CommandFailure(
                    "The proposed validators break rules:\n"
                        + faults.map { "  " + $0.description }.joined(separator: "\n"))
            }
            let present = try await chain.replay().queries.succession(genesis).current
            for line in ValidatorChange(from: present, to: set).lines { say(line) }
            return genesis.commission
        }
        guard let hash = proposal.extendWindow?.election ?? proposal.abortElection?.election else {
            return genesis.commission
        }
        return try await chain.replay().election(named: hash.description).document.commission
    }

    private func signProtocol(of name: String) async throws {
        if let dissent { try requirePlain(dissent, "--dissent") }
        let replayed = try await chain.replay()
        let (hash, document) = try replayed.election(named: name)
        guard let bytes = try replayed.queries.resultProtocol(hash) else {
            let isTallied = try replayed.queries.status(hash)?.phase == .tallied
            throw CommandFailure(
                "The election '\(document.name)' has no result protocol yet: "
                    + (isTallied
                        ? "it is fixed in the next block. Try again in some seconds."
                        : "its totals must be decrypted first."))
        }
        let key = try signer.openKey()
        guard
            let place = document.commission.members.firstIndex(where: { $0.key == key.publicKey }),
            let member = UInt16(exactly: place)
        else { throw CommandFailure("This key is no member's of the election's commission.") }
        say(String(decoding: bytes, as: UTF8.self))
        let digest = SHA256.digest(bytes)
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

/// Refuses a text that the ledger would not take, before anything is signed.
func requirePlain(_ text: String, _ option: String) throws {
    let faults = DocumentFault.faults(ofReason: text, at: option)
    guard faults.isEmpty else {
        throw CommandFailure(faults.map(\.description).joined(separator: "; "))
    }
}
