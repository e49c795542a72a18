import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing

/// Creation, extension and abortion of an election.
struct CommissionTests {
    /// What is said to the creation of a changed document.
    private func code(_ change: (inout DocumentParts) -> Void) throws -> RefusalCode? {
        let world = World(change)
        return try world.code(at: Hour.created, try world.creation())
    }

    @Test func electionIsCreatedByTheThresholdOfTheChainsCommission() throws {
        let world = World()
        func code(_ signers: [(UInt16, String)]) throws -> RefusalCode? {
            try world.code(at: Hour.created, try world.creation(signers: signers))
        }
        #expect(try code([(0, "chain 0"), (1, "chain 1")]) == nil)
        #expect(try code([(0, "chain 0")]) == .authorization)
        #expect(try code([(0, "chain 0"), (1, "chain 2")]) == .authorization)
        #expect(try code([(0, "member 0"), (1, "member 1")]) == .authorization)
        #expect(try code([(0, "chain 0"), (9, "chain 1")]) == .authorization)
    }

    @Test func unusableDocumentIsRefused() throws {
        #expect(try self.code { $0.threshold = 2 } == .parameter)
        #expect(try self.code { $0.trustees[1] = $0.trustees[0] } == .parameter)
        #expect(try self.code { $0.kind = .official } == .parameter)
        #expect(
            try self.code { $0.registrar = Member(name: "\u{1B}[8m", key: $0.registrar.key) }
                == .parameter)
    }

    @Test func documentOfAnotherChainIsRefused() throws {
        #expect(try self.code { $0.chainID = seed("elsewhere") } == .election)
    }

    @Test func signaturesOfAnotherChainAreRefused() throws {
        let world = World()
        let approved = try world.approved(
            CreateElection(document: world.document), tag: .createElection,
            by: [(0, "chain 0"), (1, "chain 1")])
        let moved = try #require(
            Approved(
                chainID: seed("elsewhere"), body: approved.body, approvals: approved.approvals))
        #expect(try world.code(at: Hour.created, .createElection(moved)) == .election)
    }

    @Test func nameMustBeNew() throws {
        var world = Stages.created
        world.document = World { $0.ballotsPerVoter = 1 }.document
        #expect(try world.code(at: Hour.created + 1, try world.creation()) == .duplicate)
    }

    @Test func windowsMustLieInTheFuture() throws {
        let late = World()
        #expect(try late.code(at: Hour.registration, try late.creation()) == .phase)
        let code = try self.code { parts in
            parts.registrationDeadline = 11
            parts.styles = [
                DocumentParts.style(1, unit: 1, contests: [0], opens: Hour.opens),
                DocumentParts.style(2, unit: 2, contests: [0], opens: Hour.opens),
                DocumentParts.style(3, unit: 3, contests: [0], opens: Hour.opens),
            ]
        }
        #expect(code == nil)
    }

    @Test func unsoundIssuingKeyIsRefused() throws {
        let code = try self.code { parts in
            var modulus = parts.styles[0].issuingKey
            modulus[383] &= 0xFE
            let old = parts.styles[0]
            parts.styles[0] = BallotStyle(
                number: old.number, name: old.name, region: old.region,
                tallyUnit: old.tallyUnit, contests: old.contests, timeZone: old.timeZone,
                startOfIssuing: old.startOfIssuing, opens: old.opens, closes: old.closes,
                opensLocal: old.opensLocal, closesLocal: old.closesLocal, issuingKey: modulus)
        }
        #expect(code == .parameter)
        #expect(
            try self.code { parts in
                parts.styles[1] = DocumentParts.style(2, unit: 2, contests: [0], key: 0)
            } == .parameter)
    }

    @Test func extensionMovesTheCloseLater() throws {
        var world = Stages.open
        try world.block(
            at: Hour.opens + 1, [try world.extensionOf([1, 3], to: Hour.closes + 50_000)])
        let styles = try world.status.styles
        #expect(
            styles.map(\.closes.milliseconds).map { $0 - Hour.origin }
                == [Hour.closes + 50_000, Hour.closes, Hour.closes + 50_000])
        #expect(try world.status.closesFinally == Hour.time(Hour.after + 50_000))
        let (ballot, _) = try world.ballot(try world.voter("a", style: 3), [.options([0])])
        let (late, _) = try world.ballot(try world.voter("b", style: 2), [.options([0])])
        #expect(try world.code(at: Hour.after, late) == .phase)
        try world.block(at: Hour.after, [ballot])
        #expect(try world.status.phase == .open)
        try world.block(at: Hour.after + 50_000)
        #expect(try world.status.phase == .closed)
    }

    @Test func extensionIsOnlyLaterAndBeforeTheClose() throws {
        let world = Stages.open
        func code(_ transaction: Transaction, at time: UInt64 = Hour.opens + 1) throws
            -> RefusalCode?
        {
            try world.code(at: time, transaction)
        }
        let later = Hour.closes + 1
        #expect(try code(try world.extensionOf([1], to: Hour.closes)) == .phase)
        #expect(try code(try world.extensionOf([1], to: Hour.closes - 1)) == .phase)
        #expect(try code(try world.extensionOf([1], to: later), at: Hour.closes) == .phase)
        #expect(try code(try world.extensionOf([9], to: later)) == .style)
        #expect(try code(try world.extensionOf([], to: later)) == .style)
        #expect(try code(try world.extensionOf([2, 1], to: later)) == .style)
        #expect(try code(try world.extensionOf([1], to: later, reason: "")) == .parameter)
        #expect(
            try code(try world.extensionOf([1], to: later, signers: [(0, "member 0")]))
                == .authorization)
        #expect(
            try code(
                try world.extensionOf([1], to: later, signers: [(0, "chain 0"), (1, "chain 1")]))
                == .authorization)
        #expect(
            try Stages.closed.code(
                at: Hour.after + 1, try world.extensionOf([1], to: Hour.after + 9)) == .phase)
    }

    @Test func abortionEndsTheElectionWithItsReason() throws {
        var world = Stages.open
        #expect(
            try world.code(at: Hour.opens + 1, try world.abortion(signers: [(1, "member 1")]))
                == .authorization)
        #expect(
            try world.code(at: Hour.opens + 1, try world.abortion(reason: "")) == .parameter)
        try world.block(at: Hour.opens + 1, [try world.abortion()])
        #expect(try world.status.phase == .aborted)
        #expect(try world.status.abortReason == "a fire")
        #expect(
            try world.code(at: Hour.opens + 2, try world.abortion(reason: "again")) == .phase)
        try world.block(at: Hour.after)
        #expect(try world.status.phase == .aborted)
    }

    @Test func electionWithAResultCannotBeAborted() throws {
        let world = Stages.resulted
        #expect(try world.code(at: Hour.after + 200, try world.abortion()) == .phase)
    }

    @Test func unknownElectionIsRefused() throws {
        let world = World()
        #expect(try world.code(at: Hour.created, try world.abortion()) == .election)
        #expect(try world.code(at: Hour.created, world.issueCount(1, 1)) == .election)
    }

    @Test func refusedCreationLeavesTheHeadAsItWas() throws {
        var world = World()
        // As many elections under way as may be: table 02 is a list of election and due time.
        var agenda = ByteWriter()
        agenda.write(UInt32(1024))
        for number in 0..<1024 {
            agenda.write(seed("election \(number)"))
            agenda.write(Timestamp.latest.milliseconds)
        }
        world.overwrite(StateKey([0x01, 0x02]), agenda.bytes)
        let creation = try world.creation().canonicalBytes
        var empty = try world.executor(at: Hour.created)
        var refusing = try world.executor(at: Hour.created)
        do throws(ExecutionFailure) {
            try refusing.apply(Entry(creation))
            Issue.record("the agenda is full")
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            #expect(refusal.code == .rate)
        }
        let (block, other) = (try refusing.finish(), try empty.finish())
        #expect(block.stateDigest == other.stateDigest)
        #expect(block.events.isEmpty)
        world.overwrite(StateKey([0x01, 0x02]), [0, 0, 0, 0])
        try world.block(at: Hour.created, [try world.creation()])
        #expect(try world.queries.head().elections == 1)
    }

    @Test(arguments: ["", "clear\u{1B}[2J", "bell\u{7}", "a\u{9B}b", "\u{202E}txt", "tab\t"])
    func reasonsAndDissentsMustShowAsTheyRead(text: String) throws {
        let open = Stages.open
        let extended = try open.extensionOf([1], to: Hour.closes + 1, reason: text)
        #expect(try open.code(at: Hour.opens + 1, extended) == .parameter)
        #expect(try open.code(at: Hour.opens + 1, try open.abortion(reason: text)) == .parameter)
        let resulted = Stages.resulted
        let bytes = try #require(try resulted.queries.resultProtocol(resulted.election))
        let dissent = resulted.protocolSignature(0, over: bytes, dissent: text)
        #expect(try resulted.code(at: Hour.after + 200, dissent) == .parameter)
    }

    @Test func reasonMayHaveSeveralLines() throws {
        let world = Stages.open
        let abortion = try world.abortion(reason: "пожар\nв двух словах: всё сгорело")
        #expect(try world.code(at: Hour.opens + 1, abortion) == nil)
    }

    @Test func malformedTransactionsAreRefusedForTheirForm() throws {
        let world = Stages.open
        let bytes = world.issueCount(1, 4).canonicalBytes
        func code(_ bytes: [UInt8]) throws -> RefusalCode? {
            try world.refusal(at: Hour.opens + 1, bytes: bytes)?.code
        }
        #expect(try code(bytes) == nil)
        #expect(try code([UInt8](bytes.dropLast())) == .length)
        #expect(try code(bytes + [0]) == .length)
        #expect(try code([]) == .length)
        #expect(try code([0x77] + bytes.dropFirst()) == .version)
        #expect(try code([bytes[0], 2] + bytes.dropFirst(2)) == .version)
        #expect(try code([UInt8](repeating: 0, count: 70_000)) == .length)
        #expect(try code(world.chain.genesis.canonicalBytes) == .parameter)
    }

    @Test func blockMustFollowItsParentInHeightAndTime() throws {
        let world = Stages.open
        #expect(throws: StateFault.self) {
            try BlockExecutor(
                chain: world.chain, parent: world.state, catalog: ElectionCatalog(),
                height: world.head.height, time: Hour.time(Hour.opens + 1), parentHash: .zero)
        }
        #expect(throws: StateFault.self) {
            try BlockExecutor(
                chain: world.chain, parent: world.state, catalog: ElectionCatalog(),
                height: world.head.height.next, time: Hour.time(Hour.opens), parentHash: .zero)
        }
    }
}

/// Offices that one key or name must not hold without being noticed.
struct RoleTests {
    private func alarms(_ change: (inout DocumentParts) -> Void) throws -> [String] {
        var world = World(change)
        try world.block(at: Hour.created, [try world.creation()])
        return world.events.compactMap {
            if case .alarm(let alarm) = $0 { alarm.name } else { nil }
        }
    }

    @Test func registrarOrTrusteeThatIsAlsoAValidatorRaisesAnAlarm() throws {
        #expect(try self.alarms { _ in } == [])
        for office in ["consensus", "cosigning", "node"] {
            let key = signer("\(office) 2").publicKey
            #expect(
                try self.alarms { $0.registrar = Member(name: "registrar", key: key) }
                    == ["A_ROLE"])
            #expect(
                try self.alarms { $0.trustees[3] = Member(name: "trustee", key: key) }
                    == ["A_ROLE"])
        }
        let named = Member(name: "v1", key: signer("registrar").publicKey)
        #expect(try self.alarms { $0.registrar = named } == ["A_ROLE"])
    }
}
