import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing

/// No key does what another office's may: every kind of transaction, signed by every other role
/// (Moscow 2021 had service keys that wrote results and changed lists).
struct RoleMatrixTests {
    /// Names that stand for keys, by office.
    static let registrar = ["registrar"]
    static let trustees = ["trustee 1", "trustee 2"]
    static let members = ["member 0", "member 1"]
    static let chainMembers = ["chain 0", "chain 1"]
    static let validators = ["consensus 0", "cosigning 1", "node 2", "log"]

    private static func others(than office: [String]) -> [String] {
        let all = registrar + trustees + members + chainMembers + validators + ["stranger"]
        return all.filter { !office.contains($0) }
    }

    private func resigned<Body>(
        _ world: World, _ signed: Signed<Body>, _ tag: EntryTag, by name: String
    ) -> Signed<Body> {
        world.signed(signed.body, tag: tag, by: name)
    }

    @Test func onlyTheRegistrarSpeaksOfRollAndIssuing() throws {
        let (rehearsed, issued) = (Stages.rehearsed, Stages.issued)
        for name in Self.others(than: Self.registrar) {
            #expect(
                try rehearsed.code(at: Hour.created + 20, rehearsed.roll(1, by: name))
                    == .authorization)
            #expect(
                try issued.code(at: Hour.opens, issued.issueCount(1, 4, by: name))
                    == .authorization)
            guard case .rollChange(let change) = issued.rollChange(1, leaf: 3, .withdrawn),
                case .issuedLeaves(let leaves) = issued.issuedLeaves(1, [0])
            else { throw World.Missing("transaction") }
            #expect(
                try issued.code(
                    at: Hour.opens,
                    .rollChange(self.resigned(issued, change, .rollChange, by: name)))
                    == .authorization)
            #expect(
                try issued.code(
                    at: Hour.opens,
                    .issuedLeaves(self.resigned(issued, leaves, .issuedLeaves, by: name)))
                    == .authorization)
        }
    }

    @Test func onlyTheTrusteeItselfSpeaksInCeremonyAndDecryption() throws {
        let created = Stages.created
        var closed = Stages.closed
        let unit = try #require(
            try closed.queries.units(closed.election).first { $0.needsShares })
        let share = try closed.decryption(1, unit: unit.unit)
        guard case .partialDecryption(let signed) = share else { return }
        #expect(try closed.code(at: Hour.after + 1, share) == nil)
        for name in Self.others(than: ["trustee 1"]) {
            for step in CeremonyStep.allCases {
                let message = CeremonyMessage(
                    election: created.election, ceremony: 1, trustee: 1, payload: [1])
                let forged = created.signed(message, tag: step.tag, by: name)
                #expect(
                    try created.code(at: Hour.created + 1, .ceremony(step, forged))
                        == .authorization)
            }
            let forged = self.resigned(closed, signed, .partialDecryption, by: name)
            #expect(
                try closed.code(at: Hour.after + 1, .partialDecryption(forged)) == .authorization)
        }
    }

    @Test func onlyTheCommissionsDecide() throws {
        let (empty, open, resulted) = (World(), Stages.open, Stages.resulted)
        let bytes = try #require(try resulted.queries.resultProtocol(resulted.election))
        for name in Self.others(than: Self.chainMembers) {
            let pair: [(UInt16, String)] = [(0, "chain 0"), (1, name)]
            #expect(
                try empty.code(at: Hour.created, try empty.creation(signers: pair))
                    == .authorization)
            let change = ChangeValidators(number: 1, validators: empty.chain.genesis.validators)
            let approved = try empty.approved(change, tag: .changeValidators, by: pair)
            #expect(
                try empty.code(at: Hour.created, .changeValidators(approved)) == .authorization)
        }
        for name in Self.others(than: Self.members) {
            let pair: [(UInt16, String)] = [(0, "member 0"), (1, name)]
            #expect(
                try open.code(at: Hour.opens + 1, try open.abortion(signers: pair))
                    == .authorization)
            #expect(
                try open.code(
                    at: Hour.opens + 1,
                    try open.extensionOf([1], to: Hour.closes + 1, signers: pair))
                    == .authorization)
            let signature = resulted.protocolSignature(1, over: bytes, by: name)
            #expect(try resulted.code(at: Hour.after + 200, signature) == .authorization)
        }
    }

    @Test func signatureForOnePurposeIsNoneForAnother() throws {
        let world = Stages.rolled
        // The registrar's signature of an issue count, under the tag of a roll change of the same
        // length, and as a bare message without the domain.
        let body = IssueCount(election: world.election, style: 1, total: 1)
        let message = Transaction.signedMessage(
            tag: .issueCount, body: body, in: world.chain.domain)
        let other = Transaction.signedMessage(
            tag: .issuedLeaves, body: body, in: world.chain.domain)
        let official = SigningDomain(kind: .official, chainID: world.chain.chainID)
        let live = Transaction.signedMessage(tag: .issueCount, body: body, in: official)
        for (bytes, code) in [
            (message, nil), (other, RefusalCode.authorization), (live, .authorization),
            (body.canonicalBytes, .authorization),
        ] {
            let signed = Signed(
                chainID: world.chain.chainID, body: body,
                signature: signer("registrar").sign(bytes))
            #expect(try world.code(at: Hour.issuing, .issueCount(signed)) == code)
        }
    }
}

/// What the order in a block and the time of a block decide.
struct BlockTimeTests {
    @Test func orderInsideABlockChangesNothingAndBlockTimeDecides() throws {
        var world = Stages.open
        let choices: [ContestChoice] = [.options([0]), .options([1])]
        let ballots = try ["a", "b", "c"].map {
            try world.ballot(try world.voter($0, style: 1), choices).0
        }
        var digests: Set<Bytes32> = []
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            var last = world
            digests.insert(
                try last.block(at: Hour.after - 1, order.map { ballots[$0] }).stateDigest)
        }
        #expect(digests.count == 1)
        for ballot in ballots { #expect(try world.code(at: Hour.after, ballot) == .phase) }
    }

    @Test func oneCredentialsBallotsKeepTheirOrder() throws {
        var world = Stages.open
        let choices: [ContestChoice] = [.options([0]), .options([1])]
        let (first, after) = try world.ballot(try world.voter("a", style: 1), choices)
        let (second, _) = try world.ballot(after, choices)
        #expect(try world.code(at: Hour.opens + 1, second) == .sequence)
        try world.block(at: Hour.opens + 1, [first, second])
        #expect(try world.status.styles[0].cast == 1)
    }

    @Test(arguments: [
        (Hour.issuing - 1, RefusalCode.phase), (Hour.issuing, nil), (Hour.after - 1, nil),
        (Hour.after, .phase),
    ])
    func issueIsCountedFromItsStartUntilCloseAndGrace(
        time: UInt64, expected: RefusalCode?
    ) throws {
        #expect(try Stages.rolled.code(at: time, Stages.rolled.issueCount(1, 1)) == expected)
    }

    @Test(arguments: [(Hour.closes - 1, RefusalCode?.none), (Hour.closes, .phase)])
    func windowIsExtendedBeforeItsClose(time: UInt64, expected: RefusalCode?) throws {
        let world = Stages.open
        let later = try world.extensionOf([1], to: Hour.closes + 60_000)
        #expect(try world.code(at: time, later) == expected)
    }

    @Test(arguments: [(Hour.after - 1, false), (Hour.after, true)])
    func sharesAreTakenFromTheCloseOn(time: UInt64, isClosed: Bool) throws {
        var closed = Stages.closed
        let unit = try #require(
            try closed.queries.units(closed.election).first { $0.needsShares })
        let share = try closed.decryption(1, unit: unit.unit)
        // Before the close there is no sum to decrypt, whoever asks.
        #expect(try Stages.voted.code(at: time, share) == (isClosed ? nil : .phase))
    }
}
