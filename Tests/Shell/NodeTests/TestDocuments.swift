import Codec
import Cryptography
import DocumentFiles
import Ledger

/// Transactions that a chain takes right after its beginning.
struct TestCommission {
    let domain: SigningDomain
    let keys: [Ed25519SigningKey]

    /// Opens the commission's keys of a network on this machine.
    init(directory: String, genesis: Genesis) throws {
        domain = genesis.domain
        let passphrase = try Passphrase.read(
            file: directory + "/commission/passphrase", subject: "the commission")
        keys = try (1...genesis.commission.members.count).map { number in
            try KeyFile.openSigningKey(
                at: directory + "/commission/member-\(number).key", purpose: .commission,
                passphrase: passphrase)
        }
    }

    /// Creates an election of the name, signed by `signers` of the members.
    func creation(named name: String, signers: Int = 4) throws -> [UInt8] {
        let body = CreateElection(document: document(named: name))
        return Transaction.createElection(
            try approved(body, tag: .createElection, by: Array(keys.prefix(signers)))
        ).canonicalBytes
    }

    /// Aborts the election of the name.
    func abortion(named name: String, reason: String) throws -> [UInt8] {
        let body = AbortElection(election: document(named: name).hash, reason: reason)
        return Transaction.abortElection(
            try approved(body, tag: .abortElection, by: (1...2).map { Self.key("member \($0)") })
        ).canonicalBytes
    }

    private func approved<Body: CanonicalCodable & Hashable & Sendable>(
        _ body: Body, tag: EntryTag, by keys: [Ed25519SigningKey]
    ) throws -> Approved<Body> {
        let message = Transaction.signedMessage(tag: tag, body: body, in: domain)
        let approvals = keys.enumerated().map { index, key in
            Approval(member: UInt16(index), signature: key.sign(message))
        }
        guard
            let approved = Approved(
                chainID: domain.chainID, body: body, approvals: approvals)
        else { throw TestFailure("members rise") }
        return approved
    }

    /// The key of a member of the election.
    private static func key(_ name: String) -> Ed25519SigningKey {
        Ed25519SigningKey(
            seed: Bytes32(exactly: Array((name + padding).utf8.prefix(32))) ?? .zero)
    }

    private func document(named name: String) -> ElectionDocument {
        func time(_ minutes: UInt64) -> Timestamp {
            Timestamp(milliseconds: 4_000_000_000_000 + minutes * 60_000)
        }
        func texts(_ text: String) -> [LocalizedText] {
            [LocalizedText(language: "en", text: text)]
        }
        func member(_ name: String) -> Member {
            Member(name: name, key: Self.key(name).publicKey)
        }
        let style = BallotStyle(
            number: 1, name: texts("All"), region: "North", tallyUnit: 1, contests: [0],
            timeZone: "Europe/Moscow", startOfIssuing: time(50), opens: time(60),
            closes: time(100), opensLocal: "2096-10-02T11:06:40",
            closesLocal: "2096-10-02T11:46:40",
            issuingKey: Hexadecimal.decode(Self.modulus.filter { $0 != "\n" }) ?? [])
        return ElectionDocument(
            chainID: domain.chainID, kind: .training, name: name, title: texts("Test"),
            contests: [
                Contest(
                    id: "mayor", question: texts("Who?"),
                    options: ["anna", "boris"].map { ElectionOption(id: $0, name: texts($0)) },
                    minimum: 1, maximum: 1, countedBlank: true)
            ],
            styles: [style], graceMilliseconds: 10_000, ballotsPerVoter: 1,
            tallyUnits: [TallyUnit(number: 1, name: texts("North"), mergesInto: nil)],
            minimumTallyUnit: 1, trustees: (1...3).map { member("trustee \($0)") }, threshold: 2,
            confirmations: 3, complaintPolicy: .restart,
            deadlines: CeremonyDeadlines(
                registration: time(10), commitment: time(20), dealing: time(30),
                confirmation: time(40)),
            commission: Commission(
                members: (1...3).map { member("member \($0)") }, threshold: 2),
            registrar: member("registrar"))
    }

    private static let padding = String(repeating: ".", count: 32)

    /// An RSA-3072 modulus of a test key.
    private static let modulus = """
        aaefedb4830fb2624e81afc1d70b1228c32fb00801027dc071bb702cfe21024c0adf486e15bc1a8ae07dac60
        0c2adb0ba64827fe98d267a5b18cb34728d72c9364a9b6505989a47fef4da607fd8e6a4fd184b833929b7d43
        f6deade2d4e7e119af9a3120d0258755c997aefa9e7ca6b97ed582ab312a272129a96e53ff2fd486597fa14e
        78603b803e4904b6dbe9c30701129d9d14b080f8e3a77f93f6c1a06b77e9224077ad55247ac9ce4ff37a068a
        37f7f0fd7ecd7cc345d7e8228dfa373a7093967c2fdb40b38e81e582f7a6cdd99c298a5f3d5ee29e9e2ff127
        14178447e302e36e126295bb4bb924e5a25808db7ad398a68c2d20bde0c9cf6ddb1fdec5463c166e86caace0
        09e7424ee4949531f21a67c7dc317a70289918194660dfa2410eaacfb96f700e364a8af237718bc68cd99749
        6a33d63aa2f19e7c5ff2659b8b5ece7b613f24dc5ffa913541fbb046b88061d52e1c2ebaa20500128dd4de80
        fa861bed754d7721736b92101a72668dcd57463cf2d910070dea0ab2651d998d
        """
}

/// Why a test cannot go on.
struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
