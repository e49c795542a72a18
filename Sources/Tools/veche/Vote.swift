import APISchema
import ArgumentParser
import BallotCryptography
import Codec
import CommandOptions
import Console
import Cryptography
import DocumentFiles
import Ledger
import LedgerClient
import VoterStation

struct Vote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fetch your credential, encrypt your choices, cast or challenge them.",
        discussion: """
            Everything is kept in --home as it comes to be. If the command is cut off, run it again with the \
            same --home: it goes on where it was, and the ballot counts once. Choices leave this machine only \
            encrypted; what is kept of a cast ballot does not show them.

            The tracking code of your encrypted choices is shown first; then you decide. `cast` sends the \
            ballot. `challenge` opens it instead: the file that is written shows on any other machine, with \
            `veche open`, whether it holds what you chose. What was challenged can never be cast; your choices \
            are then encrypted anew. Challenge when you like, up to 8 times: a machine that cheats cannot \
            know when. Challenge with other choices than your own if nobody may see yours.

            Selections: --select CONTEST=OPTION, CONTEST=OPTION+OPTION, CONTEST=blank, CONTEST=none;
            @blank and @none where an option has that id.

            """ + ExitStatus.help)

    @Option(help: "The election: its short name, its document's hash or its election id.")
    var election: String

    @Option(help: "The registrar's address, as in https://registrar.example. Several may be given.")
    var registrar: [String]

    @Flag(
        help: """
            Send your access code over plain http:// to another machine, too: everybody on the way can \
            read it.
            """)
    var insecureRegistrar = false

    @Option(help: "Your reference in the voters' register.")
    var voter: String

    @Option(help: "A file (mode 0600) that holds your access code; without it, you are asked.")
    var codeFile: String?

    @Option(help: "A choice, once for each contest of your ballot.")
    var select: [String] = []

    @Option(help: "A directory for your credential, ballot and receipt.")
    var home: String

    @Flag(name: .shortAndLong, help: "Cast without asking.")
    var yes = false

    @Flag(help: "Without asking, challenge one encryption of the choices, and cast nothing.")
    var challenge = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var chain: ChainOptions
    @OptionGroup var passphrase: PassphraseOptions

    func validate() throws {
        guard !(self.yes && self.challenge) else {
            throw ValidationError("--yes casts and --challenge does not: give one of them.")
        }
        guard !self.insecureRegistrar else { return }
        do throws(ClientError) {
            try RegistrarClient.checkSecrecy(of: self.registrar)
        } catch {
            throw ValidationError(
                "\(error); or, on a network that you alone use, give --insecure-registrar.")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let genesis = try self.chain.loadGenesis()
            let selection = try Selection(self.select)
            let home = VoterHome(path: self.home)
            // Two runs at once would overwrite each other's ballot.
            try HomeLock.holdUntilExit(directory: self.home)
            let isOwn = try home.requireOwner(
                voter: self.voter, election: self.election, chainID: genesis.chainID)
            try await self.chain.withClient { client in
                let challenges = ChallengeRegistration(
                    home: home, genesis: genesis, client: client)
                try await challenges.registerPending()
                guard
                    let ballot = try await self.ballot(
                        home, selection, genesis: genesis, client: client, isNew: !isOwn,
                        challenges: challenges)
                else { return }
                let casting = Casting(home: home, genesis: genesis, client: client)
                try self.show(try await casting.cast(ballot))
            }
        }
    }

    // MARK: - Making the ballot

    /// The ballot to cast; nil where the voter wanted a challenge and no more.
    private func ballot(
        _ home: VoterHome, _ selection: Selection, genesis: Genesis, client: NodeClient,
        isNew: Bool, challenges: ChallengeRegistration
    ) async throws -> KeptBallot? {
        if let kept = try home.ballot(of: self.election, chainID: genesis.chainID) {
            guard !self.challenge else {
                throw CommandFailure(
                    "\(home.path) holds a ballot that was cast or is on its way. Challenges come"
                        + " before casting.")
            }
            note("Sending the ballot that is kept in \(home.path); selections are not read again.")
            return kept
        }
        let trusted = try await client.trustedElection(self.election, genesis: genesis)
        if isNew {
            try home.claim(
                for: HomeOwner(
                    chainID: genesis.chainID, document: trusted.document.hash,
                    electionID: trusted.electionID, election: trusted.document.name,
                    voter: self.voter))
        }
        let credential = try await self.credential(home, trusted)
        guard let style = trusted.document.style(numbered: credential.entry.style) else {
            throw CommandFailure(
                "The registrar names ballot style \(credential.entry.style), which the election does"
                    + " not have.")
        }
        let choices = try selection.choices(for: style, of: trusted.document)
        let rules = try trusted.rules(style: style.number)
        while true {
            var random = SystemRandom()
            let encrypted = try EncryptedBallot(
                choices, rules: rules, credential: credential.key, sequence: 1, previous: .zero,
                arithmetic: SodiumArithmetic(), random: &random)
            switch try self.decide(on: encrypted.tracker, home, trusted) {
            case .cast:
                return try self.keep(encrypted, credential, trusted, home, genesis: genesis)
            case .challenge:
                let code = TrackingCode(tracker: encrypted.tracker).text
                let challenge = try home.challenge(
                    encrypted, credential: credential.key, certificate: credential.certificate,
                    style: style.number, election: trusted, chainID: genesis.chainID)
                let place = try await challenges.register(challenge)
                try self.show(challenge, code: code, place, home)
                if self.challenge { return nil }
            case .stop:
                throw CommandFailure("Nothing was cast.")
            }
        }
    }

    private func credential(
        _ home: VoterHome, _ trusted: TrustedElection
    ) async throws -> Credential {
        let seed = try home.seed(
            passphrase: try self.passphrase.read(
                for: "your credential", isNew: !LocalFile.exists(home.credentialFile)))
        let code = try self.accessCode()
        return try await CredentialFetch(
            home: home, election: trusted, registrars: self.registrar,
            sendsCodesInClear: self.insecureRegistrar,
            identity: VoterIdentity(voter: self.voter, code: code.text)
        ).run(seed: seed)
    }

    /// An access code is handled like a passphrase: from a private file or the terminal.
    private func accessCode() throws -> AccessCode {
        let typed = try Passphrase.read(
            file: self.codeFile, subject: "voter \(self.voter) (access code)")
        guard let code = typed.withBytes({ AccessCode(bytes: $0) }) else {
            throw CommandFailure(
                "The access code is not text: save the file as plain text (UTF-8). Nothing was sent."
            )
        }
        guard code.isLongEnough else {
            throw CommandFailure(
                "An access code has at least \(AccessCode.leastCharacters) characters, and this one has"
                    + " \(code.text.count). Nothing was sent; read it from the letter again.")
        }
        return code
    }

    /// Shows the tracking code, and only then asks what is to become of the encryption: what is
    /// challenged was encrypted before the machine could know.
    private func decide(
        on tracker: Bytes32, _ home: VoterHome, _ trusted: TrustedElection
    ) throws -> Decision {
        // Standard output is for the result where a program reads it.
        let write: (String) -> Void = { text in
            if self.json {
                note(text)
            } else {
                say(text)
            }
        }
        write("Tracking code of your encrypted choices: \(TrackingCode(tracker: tracker).text)")
        if self.challenge { return .challenge }
        if self.yes { return .cast }
        write(
            "Write it down. In '\(trusted.document.name)' a cast ballot cannot be taken back; a"
                + " challenged one is never counted.")
        let made = try home.challenges().count
        return Decision.ask(canChallenge: made < VoterHome.challengeLimit, write: write)
    }

    private func keep(
        _ encrypted: consuming EncryptedBallot, _ credential: Credential,
        _ trusted: TrustedElection, _ home: VoterHome, genesis: Genesis
    ) throws -> KeptBallot {
        let code = TrackingCode(tracker: encrypted.tracker)
        var random = SystemRandom()
        let wire = encrypted.cast(arithmetic: SodiumArithmetic(), random: &random)
        let transaction = Transaction.ballot(
            BallotTransaction(wire: wire, certificate: credential.certificate)
        ).canonicalBytes
        let ballot = KeptBallot(
            transaction: transaction,
            record: VoteRecord(
                chainID: genesis.chainID, electionID: trusted.electionID,
                document: trusted.document.hash, election: trusted.document.name,
                style: credential.entry.style, credentialKey: credential.key.publicKey,
                transactionID: Transaction.id(of: transaction), trackingCode: code.text,
                rollLeaf: credential.entry.leaf, rollSalt: credential.entry.salt))
        try home.keep(ballot)
        return ballot
    }

    // MARK: - Output

    private func show(_ outcome: CastOutcome) throws {
        if self.json {
            try printLine(outcome)
            return
        }
        say("Your ballot is in the log.")
        say("  tracking code  \(outcome.trackingCode)")
        if let height = outcome.height { say("  block          \(height)") }
        say("  receipt        \(outcome.receipt)")
        say(
            "  the log with \(outcome.logSize) entries is vouched for by"
                + " \(outcome.cosigners.joined(separator: ", "))")
        say(
            "Check it at any time, offline: veche check --genesis \(self.chain.genesis) --home"
                + " \(self.home)")
        say("The receipt does not show how you voted.")
    }

    private func show(
        _ challenge: Challenge, code: String, _ place: TransactionPlace, _ home: VoterHome
    ) throws {
        let file = home.openingFile(challenge.number)
        if self.json {
            try printLine(
                ChallengeOutcome(
                    challenge: challenge.number, trackingCode: code, opening: file,
                    spoilTransactionID: Transaction.id(of: challenge.transaction),
                    height: place.height, index: place.index))
            return
        }
        say("Challenged: this encryption can never be cast, which the log now says.")
        say("  opening        \(file)")
        say(
            "Take it to another machine and compare what it shows with your choices: veche open"
                + " \(file) --tracking-code \(code) --genesis \(self.chain.genesis) --node ADDRESS")
    }

    /// One line of JSON, so that many voters' answers can be gathered in one file.
    private func printLine(_ value: some Encodable) throws {
        let text = try JSONDocument.encode(value).filter { $0 != 0x0A }
        say(String(decoding: text, as: UTF8.self))
    }
}
