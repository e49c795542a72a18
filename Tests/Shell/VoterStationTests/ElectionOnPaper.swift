import BallotCryptography
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Hashing
import Ledger
import Ristretto
import Testing
import Verification
import VoterStation

func signer(_ name: String) -> Ed25519SigningKey {
    Ed25519SigningKey(seed: SHA256.digest([UInt8](name.utf8)))
}

/// An election whose keys are made, as the files that trace it back to genesis: no chain runs.
struct ElectionOnPaper {
    let genesis: Genesis
    let file: ElectionFile
    let trusted: TrustedElection
    let issuingKey: BlindIssuingKey

    /// Making keys takes a while: all tests share one election.
    static let shared = Result { try ElectionOnPaper() }

    private static let arithmetic = SodiumArithmetic()
    private static let trustees = ["Trustee 1", "Trustee 2", "Trustee 3"]

    private static func texts(_ text: String) -> [LocalizedText] {
        [LocalizedText(language: "en", text: text)]
    }

    private static func member(_ name: String) -> Member {
        Member(name: name, key: signer(name).publicKey)
    }

    private init() throws {
        self.issuingKey = try BlindIssuingKey.generate()
        let genesis = Genesis(
            kind: .training, name: "paper", time: Timestamp(milliseconds: 1_800_000_000_000),
            origin: "paper.example/1", logKey: signer("log").publicKey,
            validators: ValidatorSet(
                (1...4).map {
                    Validator(
                        name: "validator-\($0)",
                        consensusKey: signer("consensus \($0)").publicKey,
                        cosigningKey: signer("cosigning \($0)").publicKey,
                        nodeKey: signer("node \($0)").publicKey)
                }),
            commission: Commission(members: ["Anna", "Boris"].map(Self.member), threshold: 2),
            parameters: Parameters())
        self.genesis = genesis
        let document = Self.document(genesis, modulus: self.issuingKey.modulus)
        let domain = genesis.domain
        let body = CreateElection(document: document)
        let message = Transaction.signedMessage(tag: .createElection, body: body, in: domain)
        let approved = try #require(
            Approved(
                chainID: genesis.chainID, body: body,
                approvals: ["Anna", "Boris"].enumerated().map {
                    Approval(member: UInt16($0), signature: signer($1).sign(message))
                }))
        let ceremony = try Self.ceremony(document, domain: domain)
        self.file = ElectionFile(
            chainID: genesis.chainID,
            creation: Transaction.createElection(approved).canonicalBytes, ceremony: 1,
            trustees: [1, 2, 3], qualified: [1, 2, 3], keys: ceremony.keys.canonicalBytes,
            electionID: ceremony.electionID, confirmations: ceremony.confirmations)
        self.trusted = try TrustedElection(checking: self.file, genesis: genesis)
    }

    private static func document(_ genesis: Genesis, modulus: [UInt8]) -> ElectionDocument {
        func minutes(_ count: UInt64) -> Timestamp {
            genesis.time.adding(milliseconds: count * 60_000)
        }
        func contest(_ id: String, _ options: [String], _ maximum: UInt32) -> Contest {
            Contest(
                id: id, question: texts("Which \(id)?"),
                options: options.map { ElectionOption(id: $0, name: texts($0)) }, minimum: 1,
                maximum: maximum, countedBlank: maximum == 1)
        }
        return ElectionDocument(
            chainID: genesis.chainID, kind: .training, name: "choice", title: texts("A choice"),
            contests: [
                contest("project", ["tram", "bridge", "clinic"], 1),
                contest("parks", ["north", "south", "east"], 2),
            ],
            styles: [
                BallotStyle(
                    number: 1, name: texts("all"), region: "here", tallyUnit: 1,
                    contests: [0, 1], timeZone: "UTC", startOfIssuing: minutes(20),
                    opens: minutes(20), closes: minutes(40),
                    opensLocal: "2027-01-15T08:20:00", closesLocal: "2027-01-15T08:40:00",
                    issuingKey: modulus)
            ],
            graceMilliseconds: 1000, ballotsPerVoter: 1,
            tallyUnits: [TallyUnit(number: 1, name: texts("all"), mergesInto: nil)],
            minimumTallyUnit: 1, trustees: trustees.map(member), threshold: 2, confirmations: 3,
            complaintPolicy: .restart,
            deadlines: CeremonyDeadlines(
                registration: minutes(4), commitment: minutes(8), dealing: minutes(12),
                confirmation: minutes(16)),
            commission: Commission(members: ["Anna", "Boris"].map(member), threshold: 2),
            registrar: member("Registrar"))
    }

    /// What a key ceremony leaves.
    private struct Ceremony {
        let keys: ElectionKeys
        let electionID: Bytes32
        let confirmations: [[UInt8]]
    }

    private static func ceremony(
        _ document: ElectionDocument, domain: SigningDomain
    ) throws -> Ceremony {
        var random = SystemRandom()
        let parameters = try CeremonyParameters(
            setupID: ElectionIdentity.setupID(
                chainID: document.chainID, ceremony: 1,
                trusteeKeys: document.trustees.map(\.key), threshold: document.threshold,
                keyCount: UInt32(document.keyCount)),
            trusteeCount: 3, threshold: document.threshold, keyCount: UInt32(document.keyCount))
        let secrets = trustees.map { TrusteeSecret(seed: SHA256.digest([UInt8]($0.utf8))) }
        let numbered = Array(zip(UInt32(1)...3, secrets))
        let communicationKeys = numbered.map { trustee, secret in
            secret.registration(
                trustee: trustee, parameters: parameters, arithmetic: arithmetic, random: &random
            ).communicationKey
        }
        let dealings = try numbered.map { trustee, secret in
            QualifiedDealing(
                dealer: trustee,
                dealing: try secret.dealer(trustee: trustee, parameters: parameters).dealing(
                    dealer: trustee, parameters: parameters,
                    communicationKeys: communicationKeys, arithmetic: arithmetic,
                    encryption: ChaCha20Poly1305.self, random: &random))
        }
        let keys = try KeyCeremony.keys(of: dealings, parameters: parameters)
        let confirmations = try numbered.map { trustee, secret in
            let share = try secret.keyShare(
                of: dealings, trustee: trustee, parameters: parameters, arithmetic: arithmetic,
                encryption: ChaCha20Poly1305.self, random: &random)
            let message = CeremonyMessage(
                election: document.hash, ceremony: 1, trustee: trustee,
                payload: try share.confirmation(
                    qualified: [1, 2, 3], keys: keys, arithmetic: arithmetic, random: &random
                ).canonicalBytes)
            let signature = signer(trustees[Int(trustee) - 1]).sign(
                Transaction.signedMessage(tag: .confirmation, body: message, in: domain))
            return Transaction.ceremony(
                .confirmation,
                Signed(chainID: document.chainID, body: message, signature: signature)
            ).canonicalBytes
        }
        return Ceremony(
            keys: keys,
            electionID: ElectionIdentity.electionID(
                manifest: document.canonicalBytes + parameters.setupID.bytes, keys: keys),
            confirmations: confirmations)
    }

    // MARK: - A voter of it

    /// A voter's credential.
    struct Voter {
        let key: CredentialKey
        let certificate: [UInt8]
    }

    func voter(_ number: UInt8 = 1) throws -> Voter {
        let request = try CredentialRequest(
            seed: SHA256.digest([number]), electionID: self.trusted.electionID, style: 1,
            modulus: self.issuingKey.modulus, arithmetic: Self.arithmetic)
        return Voter(
            key: request.key,
            certificate: try request.finalize(
                self.issuingKey.blindSign(request.blindedMessage),
                verifier: CredentialVerifier()))
    }

    func encrypt(_ selection: Selection, _ voter: Voter) throws -> EncryptedBallot {
        let style = try #require(self.trusted.document.style(numbered: 1))
        var random = SystemRandom()
        return try EncryptedBallot(
            try selection.choices(for: style, of: self.trusted.document),
            rules: try self.trusted.rules(style: 1), credential: voter.key, sequence: 1,
            previous: .zero, arithmetic: Self.arithmetic, random: &random)
    }

    /// A challenge in a home, and its opening file.
    func challenge(
        _ selection: Selection, in home: VoterHome, voter: Voter? = nil
    ) throws -> (challenge: Challenge, opening: OpeningFile) {
        let voter = try voter ?? self.voter()
        let challenge = try home.challenge(
            try self.encrypt(selection, voter), credential: voter.key,
            certificate: voter.certificate, style: 1, election: self.trusted,
            chainID: self.genesis.chainID)
        return (
            challenge, try JSONDocument.read(at: home.openingFile(challenge.number))
        )
    }
}

/// A home directory that is gone when the test ends.
func withHome(_ body: (VoterHome) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.path + "/veche-voter-\(UUID().uuidString)"
    try LocalFile.makePrivateDirectory(path)
    defer {
        // What the system cleans anyway.
        try? FileManager.default.removeItem(atPath: path)
    }
    try body(VoterHome(path: path))
}
