import CeremonyStation
import Codec
import Cryptography
import Elections
import Foundation
import Ledger
import Testing

/// What members see before they sign, and what nobody gets to sign.
@Suite struct ReviewTests {
    let chain = genesis()

    /// A document that a template could have made, with parts of it changed.
    private func document(_ change: (inout Parts) throws -> Void = { _ in }) throws
        -> ElectionDocument
    {
        var parts = Parts(try StationWorld.document(chain))
        try change(&parts)
        return parts.document
    }

    private func review(
        _ document: ElectionDocument, at now: Timestamp? = nil, state: MemoryState? = nil
    ) throws -> ProposalReview {
        var fresh = MemoryState()
        fresh.apply(GenesisState.execute(ChainContext(genesis: chain)).changes)
        return try ProposalReview(
            of: CommissionProposal(creating: document), genesis: chain, state: state ?? fresh,
            now: now ?? chain.time.adding(milliseconds: 1000))
    }

    private func refusals(_ change: (inout Parts) throws -> Void) throws -> [String] {
        try review(try document(change)).refusals
    }

    // MARK: - Shown

    @Test func everyNameQuestionKeyAndTimeIsShown() throws {
        let review = try review(
            try document { parts in
                parts.title.append(LocalizedText(language: "ru", text: "Выбор"))
                parts.contests = [
                    Contest(
                        id: "head",
                        question: [
                            LocalizedText(language: "en", text: "Shall the budget\nbe approved?"),
                            LocalizedText(language: "ru", text: "Утвердить бюджет?"),
                        ],
                        options: [
                            ElectionOption(id: "a", name: texts("Option A: approve the budget")),
                            ElectionOption(id: "b", name: texts("Option B: reject it")),
                        ], minimum: 1, maximum: 1, countedBlank: true)
                ]
                parts.graceMilliseconds = 7007
                parts.ballotsPerVoter = 3
                parts.minimumTallyUnit = 17
            })
        #expect(review.refusals == [])
        #expect(review.warnings == [])
        let shown = review.lines.joined(separator: "\n")
        let document = try StationWorld.document(chain)
        let members = document.trustees + document.commission.members + [document.registrar]
        for part in [
            "training election 'choice'", "A choice", "(ru): Выбор",
            "1 to 1 of a, b, or a counted blank",
            "Shall the budget⏎be approved?", "(ru): Утвердить бюджет?",
            "Option A: approve the budget",
            "Option B: reject it", "region 'here'",
            "2027-01-15T11:20:00+03:00 to 2027-01-15T11:40:00+03:00",
            "\(document.styles[0].opens) to \(document.styles[0].closes)", "7007 ms",
            "up to 3; the last",
            "fewer than 17 ballots", "3 of 5 decrypt; 4 must confirm", "begins again",
            "\(document.deadlines.registration)", "\(document.deadlines.commitment)",
            "\(document.deadlines.dealing)", "\(document.deadlines.confirmation)",
            "2 of 3 extend or abort", "\(chain.chainID)",
        ] + members.flatMap({ [$0.name, "\($0.key)"] }) {
            #expect(shown.contains(part), "the review must say: \(part)")
        }
        #expect(!review.lines.contains { $0.contains("\n") })
    }

    /// Each field changes what is shown: nothing is signed unseen.
    @Test func noFieldCanChangeWithoutBeingSeen() throws {
        let before = try review(try document()).lines.filter { !$0.hasPrefix("  document ") }
        let changes: [(inout Parts) -> Void] = [
            { $0.name = "other" }, { $0.title = texts("x") }, { $0.graceMilliseconds += 1 },
            { $0.ballotsPerVoter = 2 }, { $0.minimumTallyUnit += 1 },
            {
                $0.threshold = 4
                $0.confirmations = 5
            },
            { $0.confirmations = 5 }, { $0.complaintPolicy = .proceed },
            { $0.tallyUnits = [TallyUnit(number: 1, name: texts("Unit"), mergesInto: nil)] },
            { $0.registrar = member("Another") }, { $0.trustees[4] = member("Trustee 6") },
            { $0.commission = Commission(members: $0.commission.members, threshold: 3) },
            {
                $0.contests[0] = Contest(
                    id: "main", question: texts("Whom?"), options: $0.contests[0].options,
                    minimum: 1, maximum: 1, countedBlank: true)
            },
            {
                $0.contests[0] = Contest(
                    id: "main", question: $0.contests[0].question, options: $0.contests[0].options,
                    minimum: 0, maximum: 1, countedBlank: true)
            },
            {
                $0.contests[0] = Contest(
                    id: "main", question: $0.contests[0].question, options: $0.contests[0].options,
                    minimum: 1, maximum: 1, countedBlank: false)
            },
            {
                $0.deadlines = CeremonyDeadlines(
                    registration: $0.deadlines.registration, commitment: $0.deadlines.commitment,
                    dealing: $0.deadlines.dealing,
                    confirmation: $0.deadlines.confirmation.adding(milliseconds: 1))
            },
        ]
        for (number, change) in changes.enumerated() {
            let review = try review(try document(change))
            #expect(review.refusals == [], "change \(number)")
            #expect(
                review.lines.filter { !$0.hasPrefix("  document ") } != before, "change \(number)")
        }
    }

    @Test func anExtensionShowsTheCloseAsItIsAndAsItBecomes() throws {
        var world = try StationWorld()
        try world.holdCeremony()
        let closes = world.document.styles[0].closes
        let later = closes.adding(milliseconds: 60_000)
        func review(_ extend: ExtendWindow) throws -> ProposalReview {
            try ProposalReview(
                of: CommissionProposal(extending: extend), genesis: world.chain.genesis,
                state: world.state, now: world.head.time)
        }
        let good = try review(
            ExtendWindow(
                election: world.election, styles: [1], closes: later, reason: "rain\nand snow"))
        #expect(good.refusals == [])
        let shown = good.lines.joined(separator: "\n")
        for part in [
            "'choice'", "A choice", "now closes at 2027-01-15T11:40:00+03:00", "\(closes)",
            "then at 2027-01-15T11:41:00+03:00", "\(later)",
        ] {
            #expect(shown.contains(part), "the review must say: \(part)")
        }
        #expect(good.lines.contains("  reason: rain⏎and snow"))
        for (extend, reason) in [
            (
                ExtendWindow(election: world.election, styles: [1], closes: closes, reason: "rain"),
                "only a later time is new"
            ),
            (
                ExtendWindow(election: world.election, styles: [7], closes: later, reason: "rain"),
                "has no style 7"
            ),
            (
                ExtendWindow(election: world.election, styles: [1], closes: later, reason: " "),
                "spaces alone"
            ),
            (
                ExtendWindow(election: world.election, styles: [], closes: later, reason: "rain"),
                "must be given"
            ),
        ] {
            let bad = try review(extend)
            #expect(bad.refusals.count == 1 && bad.lines.isEmpty)
            #expect(bad.refusals.joined().contains(reason), "\(bad.refusals)")
        }
        #expect {
            try review(ExtendWindow(election: .zero, styles: [1], closes: later, reason: "rain"))
        } throws: { "\($0)".contains("no election with the document") }
    }

    @Test func anAbortShowsWhatEndsAndIsRefusedTheSecondTime() throws {
        var world = try StationWorld()
        func review() throws -> ProposalReview {
            try ProposalReview(
                of: CommissionProposal(
                    aborting: AbortElection(election: world.election, reason: "a key was lost")),
                genesis: world.chain.genesis, state: world.state, now: world.head.time)
        }
        let good = try review()
        #expect(good.lines.contains("  now: announced, 0 ballots cast"))
        #expect(good.lines.contains("  then: aborted, for good and without a result"))
        #expect(good.lines.contains("  reason: a key was lost"))
        var proposal = CommissionProposal(
            aborting: AbortElection(election: world.election, reason: "a key was lost"))
        for name in ["Anna", "Clara"] {
            try proposal.sign(
                with: signer(name), commission: world.document.commission,
                domain: world.chain.domain)
        }
        try world.add([try proposal.transaction(chainID: world.chain.chainID)])
        #expect(try review().refusals.joined().contains("already aborted"))
    }

    @Test func aChangeOfValidatorsShowsBothSetsWithTheirKeys() throws {
        var state = MemoryState()
        state.apply(GenesisState.execute(ChainContext(genesis: chain)).changes)
        let present = chain.validators.validators
        func newcomer(_ name: String, _ seed: String = "new") -> Validator {
            Validator(
                name: name, consensusKey: signer("\(seed) consensus").publicKey,
                cosigningKey: signer("\(seed) cosigning").publicKey,
                nodeKey: signer("\(seed) node").publicKey)
        }
        func review(_ set: [Validator], number: UInt32 = 1) throws -> ProposalReview {
            try ProposalReview(
                of: CommissionProposal(
                    changing: ChangeValidators(number: number, validators: ValidatorSet(set))),
                genesis: chain, state: state, now: chain.time)
        }
        let good = try review(present.dropLast() + [newcomer("newcomer")])
        #expect(good.refusals == [])
        let shown = good.lines.joined(separator: "\n")
        for part in [
            "change 1", "joins:  newcomer", "leaves: validator-4", "now:  3 of 4", "then: 3 of 4",
        ] {
            #expect(shown.contains(part), "the review must say: \(part)")
        }
        for validator in present + [newcomer("newcomer")] {
            for key in [validator.consensusKey, validator.cosigningKey, validator.nodeKey] {
                #expect(shown.contains("\(key)"))
            }
        }
        #expect(
            try review(present.dropLast() + [newcomer("n")], number: 2).refusals.joined().contains(
                "changes of the validators"))
        #expect(try review(Array(present.prefix(3))).refusals.joined().contains("4 to 31"))
        #expect(
            try review(present + [newcomer("Validator-1")]).refusals.joined().contains(
                "cannot be told apart"))
    }

    // MARK: - Judged by the chain's own rules

    @Test func whatTheChainWouldRefuseIsRefusedBeforeAnybodySigns() throws {
        let world = try StationWorld()
        let taken = try review(
            try StationWorld.document(chain), at: world.head.time, state: world.state)
        #expect(taken.refusals.joined().contains("an election named choice exists"))
        let document = try document()
        let late = try review(document, at: document.deadlines.registration)
        #expect(late.refusals.joined().contains("deadline of registration has passed"))
        let opened = try self.document { parts in
            parts.deadlines = CeremonyDeadlines(
                registration: parts.styles[0].closes,
                commitment: parts.styles[0].closes.adding(milliseconds: 1),
                dealing: parts.styles[0].closes.adding(milliseconds: 2),
                confirmation: parts.styles[0].closes.adding(milliseconds: 3))
        }
        #expect(
            try review(opened, at: document.styles[0].opens).refusals.joined().contains(
                "style 1 would have opened at"))
    }

    @Test func ballotsThatAreTooLargeForTheChainAreRefused() throws {
        let refusals = try refusals { parts in
            parts.contests = (0..<16).map { contest in
                Contest(
                    id: "c\(contest)", question: texts("Q"),
                    options: (0..<16).map { ElectionOption(id: "o\($0)", name: texts("N\($0)")) },
                    minimum: 0, maximum: 8, countedBlank: false)
            }
            parts.styles[0] = parts.styles[0].with(contests: (0..<16).map { UInt32($0) })
        }
        #expect(refusals.joined().contains("ballots of style 1 would be too large"), "\(refusals)")
    }

    @Test func aChangedFileIsRefusedWithTheNamesOfThoseWhoSignedIt() throws {
        var proposal = CommissionProposal(creating: try document())
        try proposal.sign(
            with: signer("Anna"), commission: chain.commission, domain: genesis("other").domain)
        var state = MemoryState()
        state.apply(GenesisState.execute(ChainContext(genesis: chain)).changes)
        let review = try ProposalReview(of: proposal, genesis: chain, state: state, now: chain.time)
        #expect(review.refusals.joined().contains("signatures that do not verify, of Anna"))
    }

    @Test func aClockThatIsNotTheChainsIsSaid() throws {
        let document = try document()
        #expect(
            try review(document, at: Timestamp(milliseconds: chain.time.milliseconds - 120_000))
                .warnings.joined().contains("this machine's clock says"))
        #expect(try review(document).warnings.isEmpty)
    }

    // MARK: - Names and times for people

    @Test func namesThatCannotBeToldApartAreRefusedWithBothPlaces() throws {
        for (first, second) in [
            ("Ivanov I. I.", "Ivanov I. I."), ("H\u{E9}l\u{E8}ne", "He\u{301}le\u{300}ne"),
            ("Сорос", "Copoc"),
        ] {
            let refusals = try refusals { parts in
                parts.contests[0] = parts.contests[0].with(names: [first, second])
            }
            #expect(refusals.count == 1)
            #expect(refusals[0].contains("contests[0].options[0].name"))
            #expect(refusals[0].contains("contests[0].options[1].name"))
            #expect(refusals[0].contains("in the language en"))
        }
        #expect(
            try refusals { $0.trustees[1] = Member(name: "trustee  1", key: $0.trustees[1].key) }
                .joined().contains("trustees[1].name"))
        #expect(
            try refusals { $0.contests[0] = $0.contests[0].with(names: ["(Blank)", "b"]) }.joined()
                .contains("the blank vote"))
    }

    /// One text in two languages is no pair.
    @Test func namesAreComparedWithinALanguage() throws {
        let refusals = try refusals { parts in
            parts.contests[0] = Contest(
                id: "main", question: texts("?"),
                options: [
                    ElectionOption(id: "a", name: [LocalizedText(language: "en", text: "Gift")]),
                    ElectionOption(id: "b", name: [LocalizedText(language: "de", text: "Gift")]),
                ], minimum: 1, maximum: 1, countedBlank: false)
        }
        #expect(refusals == [])
    }

    @Test func anHourThatComesTwiceIsShownWithItsOffsetAndWarnedOf() throws {
        var shown: [[String]] = []
        for closes in ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"] {
            let time = try #require(Timestamp(closes))
            let review = try review(
                try document { parts in
                    parts.styles[0] = parts.styles[0].with(
                        zone: "Europe/Berlin", opensLocal: "2027-01-15T09:20:00", closes: time,
                        closesLocal: "2027-10-31T02:30:00")
                })
            #expect(review.refusals == [])
            #expect(review.warnings.count == 1)
            #expect(review.warnings.joined().contains("which the clocks there show twice"))
            shown.append(review.lines.filter { $0.contains(" local,") })
        }
        #expect(shown[0].joined().contains("02:30:00+02:00"))
        #expect(shown[1].joined().contains("02:30:00+01:00"))
        #expect(shown[0] != shown[1])
    }
}

/// The parts of a document that tests change.
struct Parts {
    var name: String
    var title: [LocalizedText]
    var contests: [Contest]
    var styles: [BallotStyle]
    var graceMilliseconds: UInt32
    var ballotsPerVoter: UInt32
    var tallyUnits: [TallyUnit]
    var minimumTallyUnit: UInt32
    var trustees: [Member]
    var threshold: UInt32
    var confirmations: UInt32
    var complaintPolicy: ComplaintPolicy
    var deadlines: CeremonyDeadlines
    var commission: Commission
    var registrar: Member
    private let old: ElectionDocument

    init(_ old: ElectionDocument) {
        self.old = old
        name = old.name
        title = old.title
        contests = old.contests
        styles = old.styles
        graceMilliseconds = old.graceMilliseconds
        ballotsPerVoter = old.ballotsPerVoter
        tallyUnits = old.tallyUnits
        minimumTallyUnit = old.minimumTallyUnit
        trustees = old.trustees
        threshold = old.threshold
        confirmations = old.confirmations
        complaintPolicy = old.complaintPolicy
        deadlines = old.deadlines
        commission = old.commission
        registrar = old.registrar
    }

    var document: ElectionDocument {
        ElectionDocument(
            chainID: old.chainID, kind: old.kind, name: name, title: title, contests: contests,
            styles: styles, graceMilliseconds: graceMilliseconds, ballotsPerVoter: ballotsPerVoter,
            tallyUnits: tallyUnits, minimumTallyUnit: minimumTallyUnit, trustees: trustees,
            threshold: threshold, confirmations: confirmations, complaintPolicy: complaintPolicy,
            deadlines: deadlines, commission: commission, registrar: registrar)
    }
}

extension Contest {
    fileprivate func with(names: [String]) -> Contest {
        Contest(
            id: id, question: question,
            options: zip(options, names).map { ElectionOption(id: $0.id, name: texts($1)) },
            minimum: minimum, maximum: maximum, countedBlank: countedBlank)
    }
}

extension BallotStyle {
    fileprivate func with(contests: [UInt32]) -> BallotStyle {
        BallotStyle(
            number: number, name: name, region: region, tallyUnit: tallyUnit, contests: contests,
            timeZone: timeZone, startOfIssuing: startOfIssuing, opens: opens, closes: closes,
            opensLocal: opensLocal, closesLocal: closesLocal, issuingKey: issuingKey)
    }

    func with(
        zone: String, opensLocal: String, closes: Timestamp, closesLocal: String
    ) -> BallotStyle {
        BallotStyle(
            number: number, name: name, region: region, tallyUnit: tallyUnit, contests: contests,
            timeZone: zone, startOfIssuing: startOfIssuing, opens: opens, closes: closes,
            opensLocal: opensLocal, closesLocal: closesLocal, issuingKey: issuingKey)
    }
}
