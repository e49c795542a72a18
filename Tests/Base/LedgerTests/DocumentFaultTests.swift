import Codec
import Foundation
import Ledger
import Testing

/// Each rule of a document names the place where it is broken.
struct DocumentFaultTests {
    private func paths(_ change: (inout DocumentParts) -> Void) -> [String] {
        var parts = DocumentParts()
        change(&parts)
        return parts.document.faults.map(\.path)
    }

    @Test func usableDocumentHasNoFault() {
        #expect(DocumentParts().document.faults.isEmpty)
        #expect(Samples.genesis().faults.isEmpty)
    }

    @Test func namesAndTextsAreNeeded() {
        for name in ["", "Demo", "a b", String(repeating: "a", count: 33), "é"] {
            #expect(self.paths { $0.name = name } == ["name"])
        }
        #expect(self.paths { $0.title = [] } == ["title"])
        #expect(
            self.paths { $0.title = [LocalizedText(language: "R", text: "x")] } == ["title"])
        #expect(self.paths { $0.title += $0.title } == ["title"])
    }

    /// What could print rows of its own, or nothing, is no name.
    @Test(arguments: [
        "A bridge   3   75.00 %\n  A clinic", "a\rb", "\u{1B}[2J", "a\u{200B}b", "\u{202E}a", "   ",
        "\u{A0}\u{3000}", "", "\u{336}a",
    ])
    func namesArePlainLinesThatShowSomething(name: String) {
        let text = DocumentParts.text(name)
        let faults: [[String]] = [
            self.paths { $0.title = text },
            self.paths { $0.contests[0] = $0.contests[0].with(option: text) },
            self.paths { parts in
                let style = parts.styles[1]
                parts.styles[1] = BallotStyle(
                    number: style.number, name: text, region: style.region,
                    tallyUnit: style.tallyUnit, contests: style.contests,
                    timeZone: style.timeZone, startOfIssuing: style.startOfIssuing,
                    opens: style.opens, closes: style.closes, opensLocal: style.opensLocal,
                    closesLocal: style.closesLocal, issuingKey: style.issuingKey)
            },
            self.paths { $0.tallyUnits[1] = TallyUnit(number: 2, name: text, mergesInto: nil) },
            self.paths { $0.trustees[1] = Member(name: name, key: $0.trustees[1].key) },
            self.paths { $0.registrar = Member(name: name, key: $0.registrar.key) },
            self.paths { parts in
                var members = parts.commission.members
                members[2] = Member(name: name, key: members[2].key)
                parts.commission = Commission(members: members, threshold: 2)
            },
        ]
        let places = [
            "title", "contests[0].options[1].name", "styles[1].name", "tallyUnits[1].name",
            "trustees[1].name", "registrar.name", "commission.members[2].name",
        ]
        for (found, place) in zip(faults, places) {
            #expect(found.allSatisfy { $0 == place } && !found.isEmpty, "\(place)")
        }
        #expect(Samples.genesis { $0.name = name }.faults.first?.path == "name")
    }

    @Test func questionsAndReasonsHaveLinesEachOfThemPlain() {
        func question(_ text: String) -> [String] {
            self.paths { $0.contests[0] = $0.contests[0].with(question: DocumentParts.text(text)) }
        }
        for text in ["One?\nOr two?", "One\n\nTwo\n"] {
            #expect(question(text) == [])
            #expect(DocumentFault.faults(ofReason: text, at: "reason").isEmpty)
        }
        for text in ["One?\r\nTwo?", "a\n\u{202E}b", "\n \n", "a\u{200D}\nb"] {
            #expect(question(text) == ["contests[0].question"])
            #expect(DocumentFault.faults(ofReason: text, at: "reason").map(\.path) == ["reason"])
        }
    }

    @Test func aFaultOfATextNamesTheCharacterAndItsPlace() {
        var parts = DocumentParts()
        parts.title = DocumentParts.text("ab\u{200B}c")
        #expect("\(parts.document.faults)".contains("U+200B"))
        #expect("\(parts.document.faults)".contains("character 3"))
    }

    @Test func contestsMustBeVotable() {
        func contest(
            _ change: (inout (id: String, options: [String], minimum: UInt32, maximum: UInt32))
                -> Void
        ) -> [String] {
            var parts = (id: "c", options: ["a", "b"], minimum: UInt32(0), maximum: UInt32(1))
            change(&parts)
            return self.paths {
                $0.contests[1] = Contest(
                    id: parts.id, question: DocumentParts.text("?"),
                    options: parts.options.map {
                        ElectionOption(id: $0, name: DocumentParts.text("x"))
                    }, minimum: parts.minimum, maximum: parts.maximum, countedBlank: false)
            }
        }
        #expect(contest { _ in } == [])
        #expect(contest { $0.id = "mayor" } == ["contests"])
        #expect(contest { $0.id = "C" } == ["contests[1].id"])
        #expect(contest { $0.options = ["a", "a"] } == ["contests[1].options"])
        #expect(contest { $0.options = ["a", "B"] } == ["contests[1].options[1].id"])
        #expect(contest { $0.minimum = 2 } == ["contests[1].maximum"])
        #expect(contest { $0.maximum = 3 } == ["contests[1].maximum"])
        #expect(contest { $0.maximum = 0 } == ["contests[1].maximum"])
        #expect(contest { $0.options = [] }.contains("contests[1].options"))
    }

    @Test func stylesMustBeConsistent() {
        func style(_ style: BallotStyle) -> [String] { self.paths { $0.styles[1] = style } }
        #expect(style(DocumentParts.style(1, unit: 2, key: 0xF1)) == ["styles"])
        #expect(style(DocumentParts.style(2, unit: 2, key: 0x81)) == ["styles"])
        #expect(style(DocumentParts.style(2, unit: 9)).contains("styles[1].tallyUnit"))
        #expect(
            style(DocumentParts.style(2, unit: 2, contests: [2])) == ["styles[1].contests"])
        #expect(
            style(DocumentParts.style(2, unit: 2, contests: [1, 0])) == ["styles[1].contests"])
        #expect(
            style(DocumentParts.style(2, unit: 2, contests: [])) == ["styles[1].contests"])
        #expect(
            style(DocumentParts.style(2, unit: 2, start: 2_001)) == ["styles[1].startOfIssuing"])
        #expect(
            style(DocumentParts.style(2, unit: 2, closes: 2_000)) == ["styles[1].closes"])
        #expect(style(DocumentParts.style(2, unit: 2, zone: "")) == ["styles[1].timeZone"])
        #expect(
            style(DocumentParts.style(2, unit: 2, keySize: 256)) == ["styles[1].issuingKey"])
        #expect(
            style(DocumentParts.style(2, unit: 2, key: 0x7F)) == ["styles[1].issuingKey"])
    }

    @Test func tallyUnitsMergeIntoUnitsWithTheSameContests() {
        #expect(
            self.paths { parts in
                parts.tallyUnits[1] = TallyUnit(
                    number: 2, name: DocumentParts.text("S"), mergesInto: 1)
            } == ["tallyUnits[1].mergesInto"])
        #expect(
            self.paths { parts in
                parts.styles[1] = DocumentParts.style(2, unit: 2, contests: [0, 1])
                parts.tallyUnits[1] = TallyUnit(
                    number: 2, name: DocumentParts.text("S"), mergesInto: 1)
            } == [])
        #expect(
            self.paths { parts in
                parts.tallyUnits[1] = TallyUnit(
                    number: 2, name: DocumentParts.text("S"), mergesInto: 2)
            } == ["tallyUnits[1].mergesInto"])
        #expect(
            self.paths { parts in
                parts.tallyUnits.append(
                    TallyUnit(number: 3, name: DocumentParts.text("S"), mergesInto: nil))
            } == ["tallyUnits[2]"])
    }

    @Test func trusteesAndThresholdFitTogether() {
        #expect(self.paths { $0.threshold = 2 }.contains("threshold"))
        #expect(self.paths { $0.threshold = 6 }.contains("threshold"))
        #expect(self.paths { $0.confirmations = 3 } == ["confirmations"])
        #expect(self.paths { $0.confirmations = 6 } == ["confirmations"])
        #expect(self.paths { $0.trustees[1] = $0.trustees[0] } == ["trustees"])
        #expect(
            self.paths { parts in
                parts.trustees = [parts.trustees[0]]
                parts.threshold = 1
                parts.confirmations = 1
            }.contains("trustees"))
        #expect(
            self.paths {
                $0.deadlines = CeremonyDeadlines(
                    registration: $0.deadlines.registration,
                    commitment: $0.deadlines.registration, dealing: $0.deadlines.dealing,
                    confirmation: $0.deadlines.confirmation)
            } == ["deadlines"])
    }

    @Test func otherNumbersAreBounded() {
        #expect(self.paths { $0.graceMilliseconds = 3_600_001 } == ["graceMilliseconds"])
        #expect(self.paths { $0.ballotsPerVoter = 0 } == ["ballotsPerVoter"])
        #expect(self.paths { $0.ballotsPerVoter = 9 } == ["ballotsPerVoter"])
        #expect(
            self.paths { $0.registrar = $0.trustees[0] } == ["registrar.key"])
        #expect(
            self.paths {
                $0.commission = Commission(members: $0.commission.members, threshold: 4)
            } == ["commission.threshold"])
    }

    @Test func documentThatFillsAnEntryIsRefused() {
        #expect(
            self.paths { parts in
                parts.title = ["aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh"].map {
                    LocalizedText(language: $0, text: String(repeating: "x", count: 4096))
                }
                parts.contests += (0..<4).map { number in
                    Contest(
                        id: "c\(number)", question: parts.title, options: parts.contests[0].options,
                        minimum: 0, maximum: 1, countedBlank: false)
                }
            }.last == "")
    }

    @Test func genesisRulesNameTheirPlace() {
        func paths(_ change: (inout GenesisParts) -> Void) -> [String] {
            Samples.genesis(change).faults.map(\.path)
        }
        #expect(paths { $0.name = "" } == ["name"])
        #expect(paths { $0.origin = "a b" } == ["origin"])
        #expect(
            paths { $0.validators = ValidatorSet([Validator]($0.validators.validators.prefix(3))) }
                == ["validators"])
        #expect(paths { $0.logKey = digest("c0") } == ["validators"])
        #expect(
            paths { parts in
                var list = parts.validators.validators
                list[3] = Validator(
                    name: "v+", consensusKey: digest("q"), cosigningKey: digest("r"),
                    nodeKey: digest("s"))
                parts.validators = ValidatorSet(list)
            } == ["validators[3].name"])
        #expect(
            paths { $0.parameters = Parameters(epochLength: 3) } == ["parameters.epochLength"])
        #expect(
            paths { $0.parameters = Parameters(heartbeatMilliseconds: 1) }
                == ["parameters.heartbeatMilliseconds"])
        #expect(
            paths { $0.parameters = Parameters(maximumBodyBytes: 100) }
                == ["parameters.maximumBodyBytes"])
        #expect(
            paths { $0.parameters = Parameters(maximumTransactions: 0) }
                == ["parameters.maximumTransactions"])
    }

    @Test func documentsComeBackFromTheirJSON() throws {
        let genesis = Samples.genesis()
        let document = DocumentParts().document
        let encoder = JSONEncoder()
        let decoder = JSONDecoder()
        #expect(
            try decoder.decode(Genesis.self, from: encoder.encode(genesis)).chainID
                == genesis.chainID)
        #expect(
            try decoder.decode(ElectionDocument.self, from: encoder.encode(document)).hash
                == document.hash)
    }

    @Test func chainIDCoversEveryField() {
        let changes: [(inout GenesisParts) -> Void] = [
            { $0.name = "x" }, { $0.origin = "x" }, { $0.logKey = digest("x") },
            { $0.parameters = Parameters(epochLength: 65) },
            { $0.commission = Commission(members: $0.commission.members, threshold: 3) },
            { $0.validators = ValidatorSet($0.validators.validators.reversed()) },
        ]
        var ids = Set(changes.map { Samples.genesis($0).chainID })
        ids.insert(Samples.genesis().chainID)
        #expect(ids.count == changes.count + 1)
    }

    @Test func rollLeafBindsChainSaltAndVoter() {
        let leaf = RollPart.leaf(chainID: digest("c"), salt: digest("s"), voter: "1")
        #expect(leaf != RollPart.leaf(chainID: digest("d"), salt: digest("s"), voter: "1"))
        #expect(leaf != RollPart.leaf(chainID: digest("c"), salt: digest("t"), voter: "1"))
        #expect(leaf != RollPart.leaf(chainID: digest("c"), salt: digest("s"), voter: "2"))
    }
}

extension Contest {
    fileprivate func with(question: [LocalizedText]) -> Contest {
        Contest(
            id: id, question: question, options: options, minimum: minimum, maximum: maximum,
            countedBlank: countedBlank)
    }

    /// With another name of the second option.
    fileprivate func with(option name: [LocalizedText]) -> Contest {
        var options = options
        options[1] = ElectionOption(id: options[1].id, name: name)
        return Contest(
            id: id, question: question, options: options, minimum: minimum, maximum: maximum,
            countedBlank: countedBlank)
    }
}
