import APISchema
import ArgumentParser
import BallotCryptography
import Codec
import CommandOptions
import Cryptography
import DocumentFiles
import Elections
import Ledger
import LedgerClient
import Verification

struct Vote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fetch your credential, encrypt your choices, cast them, keep the receipt.",
        discussion: """
            Everything is kept in --home as it comes to be. If the command is cut off, run it again with the \
            same --home: it goes on where it was, and the ballot counts once. Choices leave this machine only \
            encrypted; what is kept does not show them.

            Selections: --select CONTEST=OPTION, CONTEST=OPTION+OPTION, CONTEST=blank, CONTEST=none.

            """ + ExitStatus.help)

    @Option(help: "The election: its short name, its document's hash or its election id.")
    var election: String

    @Option(help: "The registrar's address, as in https://registrar.example. Several may be given.")
    var registrar: [String]

    @Option(help: "Your reference in the voters' register.")
    var voter: String

    @Option(help: "A file (mode 0600) that holds your access code; without it, you are asked.")
    var codeFile: String?

    @Option(help: "A choice, once for each contest of your ballot.")
    var select: [String] = []

    @Option(help: "A directory for your credential, ballot and receipt.")
    var home: String

    @Flag(name: .shortAndLong, help: "Do not ask before casting.")
    var yes = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var chain: ChainOptions
    @OptionGroup var passphrase: PassphraseOptions

    func run() async throws {
        try await reportingFailures {
            let genesis = try chain.loadGenesis()
            let selection = try Selection(select)
            let home = VoterHome(path: home)
            try await chain.withClient { client in
                let prepared = try await prepare(
                    home, selection, genesis: genesis, client: client)
                let outcome = try await cast(prepared, home, genesis: genesis, client: client)
                try show(outcome)
            }
        }
    }

    // MARK: - Making the ballot

    /// A ballot that is on disk and may be sent.
    private struct PreparedBallot {
        let transaction: [UInt8]
        let record: VoteRecord
    }

    private func prepare(
        _ home: VoterHome, _ selection: Selection, genesis: Genesis, client: NodeClient
    ) async throws -> PreparedBallot {
        if let transaction = try home.read(home.ballotFile, limit: Limits.entryBytes),
            LocalFile.exists(home.recordFile)
        {
            let record: VoteRecord = try JSONDocument.read(at: home.recordFile)
            let names = [
                record.election, record.document.description, record.electionID.description,
            ]
            guard record.chainID == genesis.chainID, names.contains(election),
                record.transactionID == Transaction.id(of: transaction)
            else {
                throw CommandFailure(
                    "\(home.path) holds a ballot of another chain or of the election"
                        + " '\(record.election)', or a damaged one. Use another --home for"
                        + " another election.")
            }
            note("Sending the ballot that is kept in \(home.path); selections are not read again.")
            return PreparedBallot(transaction: transaction, record: record)
        }
        let trusted = try await TrustedElection(
            named: election, genesis: genesis, client: client)
        let credential = try await obtainCredential(home, trusted)
        guard let style = trusted.document.style(numbered: credential.entry.style) else {
            throw CommandFailure(
                "The registrar names ballot style \(credential.entry.style), which the election does"
                    + " not have.")
        }
        let choices = try selection.choices(for: style, of: trusted.document)
        try confirm(
            "Cast this ballot in '\(trusted.document.name)'? It cannot be taken back.", yes: yes)
        return try encrypt(choices, credential, trusted, home, genesis: genesis)
    }

    private struct Credential {
        let key: CredentialKey
        let certificate: [UInt8]
        let entry: VoterEntry
    }

    private func obtainCredential(
        _ home: VoterHome, _ trusted: TrustedElection
    ) async throws -> Credential {
        let seed = try home.seed(
            passphrase: try passphrase.read(
                for: "your credential", isNew: !LocalFile.exists(home.credentialFile)))
        let identity = VoterIdentity(voter: voter, code: try accessCode())
        let registrar = try RegistrarClient(registrars: registrar)
        do {
            let name = trusted.document.hash.description
            let entry = try await registrar.entry(identity, election: name)
            guard entry.electionID == trusted.electionID else {
                throw CommandFailure(
                    "The registrar and the nodes name different elections (A_KEY_MISMATCH). Nothing"
                        + " was sent; tell the commission.")
            }
            guard let style = trusted.document.style(numbered: entry.style) else {
                throw CommandFailure("The registrar names a ballot style that does not exist.")
            }
            let request = try CredentialRequest(
                seed: seed, electionID: trusted.electionID, style: entry.style,
                modulus: style.issuingKey, arithmetic: SodiumArithmetic())
            let certificate = try await self.certificate(
                home, request, modulus: style.issuingKey, identity, election: name,
                registrar: registrar)
            await registrar.shutdown()
            return Credential(key: request.key, certificate: certificate, entry: entry)
        } catch {
            await registrar.shutdown()
            throw error
        }
    }

    private func certificate(
        _ home: VoterHome, _ request: CredentialRequest, modulus: [UInt8],
        _ identity: VoterIdentity, election: String, registrar: RegistrarClient
    ) async throws -> [UInt8] {
        if let kept = try home.read(home.certificateFile, limit: Limits.rsaBytes),
            CredentialVerifier().isValid(kept, of: request.message, modulus: modulus)
        {
            return kept
        }
        let answer = try await registrar.credential(
            identity, blindedMessage: request.blindedMessage, election: election)
        guard let signature = Hexadecimal.decode(answer.blindSignature) else {
            throw CommandFailure("The registrar's answer is not hexadecimal.")
        }
        let certificate: [UInt8]
        do {
            certificate = try request.finalize(signature, verifier: CredentialVerifier())
        } catch {
            throw CommandFailure(
                "The registrar's signature does not verify (\(error.name)). Your request is kept; ask"
                    + " again, and tell the commission if it stays so.")
        }
        try LocalFile.write(
            certificate, to: home.certificateFile, mode: .secret, replacing: true)
        return certificate
    }

    private func accessCode() throws -> String {
        // An access code is handled like a passphrase: from a private file or the terminal.
        let code = try Passphrase.read(file: codeFile, subject: "voter \(voter) (access code)")
        return code.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    private func encrypt(
        _ choices: [ContestChoice], _ credential: Credential, _ trusted: TrustedElection,
        _ home: VoterHome, genesis: Genesis
    ) throws -> PreparedBallot {
        let rules = try BallotRules(
            document: trusted.document, style: credential.entry.style,
            electionID: trusted.electionID, keys: trusted.keys)
        var random = SystemRandom()
        let arithmetic = SodiumArithmetic()
        let encrypted = try EncryptedBallot(
            choices, rules: rules, credential: credential.key, sequence: 1, previous: .zero,
            arithmetic: arithmetic, random: &random)
        let code = TrackingCode(tracker: encrypted.tracker)
        let wire = encrypted.cast(arithmetic: arithmetic, random: &random)
        let transaction = Transaction.ballot(
            BallotTransaction(wire: wire, certificate: credential.certificate)
        ).canonicalBytes
        let record = VoteRecord(
            chainID: genesis.chainID, electionID: trusted.electionID,
            document: trusted.document.hash, election: trusted.document.name,
            style: credential.entry.style,
            credentialKey: credential.key.publicKey,
            transactionID: Transaction.id(of: transaction), trackingCode: code.text,
            rollLeaf: credential.entry.leaf, rollSalt: credential.entry.salt)
        // The ballot goes first: without it the record would name bytes that are lost.
        try LocalFile.write(transaction, to: home.ballotFile, mode: .secret, replacing: true)
        // It links voter and ballot, so it is as private as a key.
        try LocalFile.write(
            try JSONDocument.encode(record), to: home.recordFile, mode: .secret, replacing: true)
        return PreparedBallot(transaction: transaction, record: record)
    }

    // MARK: - Casting it

    /// What `--json` prints.
    private struct Outcome: Encodable {
        let transactionID: Bytes32
        let trackingCode: String
        let height: UInt64?
        let index: UInt64?
        let promised: Bool
        let finalityMilliseconds: Int64
        let receipt: String
        let logSize: UInt64
        let cosigners: [String]
    }

    private func cast(
        _ ballot: PreparedBallot, _ home: VoterHome, genesis: Genesis, client: NodeClient
    ) async throws -> Outcome {
        let start = ContinuousClock.now
        let answer = try await client.submit(ballot.transaction)
        let promised = try keepPromise(answer, of: ballot, home, genesis: genesis)
        let status = try await client.waitUntilFinal(
            ballot.transaction, timeout: .seconds(180))
        let finality = ContinuousClock.now - start
        let receipt = try await client.waitForReceipt(ballot.record.transactionID)
        let checked = try ReceiptCheck(
            genesis: genesis.canonicalBytes, verifier: Ed25519Verifier()
        ).check(
            receipt: receipt, transaction: ballot.transaction,
            credentialKey: ballot.record.credentialKey)
        try LocalFile.write(receipt, to: home.receiptFile, mode: .secret, replacing: true)
        return Outcome(
            transactionID: ballot.record.transactionID, trackingCode: ballot.record.trackingCode,
            height: status.height, index: status.index, promised: promised,
            finalityMilliseconds: finality.milliseconds, receipt: home.receiptFile,
            logSize: checked.logSize, cosigners: checked.cosigners.map(\.name))
    }

    /// Keeps the validator's promise, after it was found to be signed, and about this ballot.
    private func keepPromise(
        _ answer: SubmissionAnswer, of ballot: PreparedBallot, _ home: VoterHome, genesis: Genesis
    ) throws -> Bool {
        guard let text = answer.promise else { return false }
        guard let bytes = Hexadecimal.decode(text),
            let promise = try? SignedPromise(canonicalBytes: bytes),
            promise.isValid(
                in: genesis.domain, validators: genesis.validators, verifier: Ed25519Verifier()),
            case .ballot(let sent)? = try? Transaction(canonicalBytes: ballot.transaction),
            let outline = try? BallotOutline(sent.wire), promise.covers(outline)
        else {
            note(
                "The node's promise is not a validator's promise of this ballot; it is not kept. The"
                    + " ballot goes on.")
            return false
        }
        try LocalFile.write(bytes, to: home.promiseFile, mode: .secret, replacing: true)
        return true
    }

    private func show(_ outcome: Outcome) throws {
        if json {
            // One line, so that many voters' answers can be gathered in one file.
            let text = try JSONDocument.encode(outcome).filter { $0 != 0x0A }
            print(String(decoding: text, as: UTF8.self))
            return
        }
        print("Your ballot is in the log.")
        print("  tracking code  \(outcome.trackingCode)")
        if let index = outcome.index, let height = outcome.height {
            print("  entry          \(index), in block \(height)")
        }
        print(
            "  receipt        \(outcome.receipt), vouched for by"
                + " \(outcome.cosigners.joined(separator: ", "))")
        print(
            "Check it at any time, offline: veche check --genesis \(chain.genesis) --home \(home)")
        print("The receipt does not show how you voted.")
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
