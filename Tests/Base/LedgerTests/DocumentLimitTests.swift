import Codec
import Ledger
import Testing

/// A document beyond a limit has no encoding; its faults say where, and never trap.
struct DocumentLimitTests {
    private func paths(_ change: (inout DocumentParts) -> Void) -> [String] {
        var parts = DocumentParts()
        change(&parts)
        return parts.document.faults.map(\.path)
    }

    private static func long(_ count: Int) -> String { String(repeating: "x", count: count) }

    private static func style(
        region: String = "Region", zone: String = "Europe/Moscow", opens: String = "",
        closes: String = "", contests: [UInt32] = [0]
    ) -> BallotStyle {
        let old = DocumentParts.style(2, unit: 2)
        return BallotStyle(
            number: old.number, name: old.name, region: region, tallyUnit: old.tallyUnit,
            contests: contests, timeZone: zone, startOfIssuing: old.startOfIssuing,
            opens: old.opens, closes: old.closes, opensLocal: opens, closesLocal: closes,
            issuingKey: old.issuingKey)
    }

    @Test func textsAndNamesHaveALargestSize() {
        #expect(self.paths { $0.title = DocumentParts.text(Self.long(4096)) } == [])
        #expect(self.paths { $0.title = DocumentParts.text(Self.long(4097)) } == ["title"])
        // Bytes count, not characters.
        let cyrillic = String(repeating: "я", count: 2049)
        #expect(self.paths { $0.title = DocumentParts.text(cyrillic) } == ["title"])
        #expect(
            self.paths { parts in
                parts.title = (0..<9).map { index in
                    LocalizedText(
                        language: "a" + ["a", "b", "c"][index / 3]
                            + ["a", "b", "c"][index % 3], text: "x")
                }
            } == ["title"])
        #expect(
            self.paths { $0.registrar = Member(name: Self.long(257), key: $0.registrar.key) }
                == ["registrar.name"])
        #expect(
            self.paths { $0.trustees[3] = Member(name: Self.long(257), key: digest("t")) }
                == ["trustees[3].name"])
        #expect(
            self.paths {
                var members = $0.commission.members
                members[1] = Member(name: Self.long(257), key: digest("q"))
                $0.commission = Commission(members: members, threshold: 2)
            } == ["commission.members[1].name"])
    }

    @Test func fieldsOfAStyleHaveALargestSize() {
        func style(_ style: BallotStyle) -> [String] { self.paths { $0.styles[1] = style } }
        #expect(style(Self.style()) == [])
        #expect(style(Self.style(region: Self.long(257))) == ["styles[1].region"])
        #expect(style(Self.style(zone: Self.long(97))) == ["styles[1].timeZone"])
        #expect(style(Self.style(opens: Self.long(97))) == ["styles[1].opensLocal"])
        #expect(style(Self.style(closes: Self.long(97))) == ["styles[1].closesLocal"])
        let many = Self.style(contests: (0..<17).map { $0 })
        #expect(style(many).contains("styles[1].contests"))
        #expect(style(DocumentParts.style(2, unit: 2, keySize: 385)) == ["styles[1].issuingKey"])
    }

    @Test func listsHaveALargestCount() {
        #expect(
            self.paths { parts in
                parts.contests = (0..<65).map { number in
                    Contest(
                        id: "c\(number)", question: DocumentParts.text("?"),
                        options: parts.contests[0].options, minimum: 0, maximum: 1,
                        countedBlank: false)
                }
            } == ["contests"])
        #expect(
            self.paths { parts in
                parts.contests[1] = Contest(
                    id: "c", question: DocumentParts.text("?"),
                    options: (0..<64).map {
                        ElectionOption(id: "o\($0)", name: DocumentParts.text("x"))
                    }, minimum: 0, maximum: 1, countedBlank: false)
            } == ["contests[1].options"])
        #expect(
            self.paths { parts in
                parts.styles = (0..<129).map { number in
                    var key = [UInt8](repeating: 0x80, count: 384)
                    key[383] = UInt8(number)
                    let old = DocumentParts.style(1, unit: 1)
                    return BallotStyle(
                        number: UInt32(number), name: old.name, region: "",
                        tallyUnit: UInt32(number), contests: [0], timeZone: "UTC",
                        startOfIssuing: old.startOfIssuing, opens: old.opens, closes: old.closes,
                        opensLocal: "", closesLocal: "", issuingKey: key)
                }
                parts.tallyUnits = (0..<129).map {
                    TallyUnit(
                        number: UInt32($0), name: DocumentParts.text("U"), mergesInto: nil)
                }
            } == ["styles", "tallyUnits"])
        #expect(
            self.paths { parts in
                parts.trustees = (0..<32).map { Member(name: "t", key: digest("t\($0)")) }
                parts.threshold = 17
                parts.confirmations = 18
            } == ["trustees"])
        #expect(
            self.paths { parts in
                parts.commission = Commission(
                    members: (0..<65).map { Member(name: "m", key: digest("m\($0)")) },
                    threshold: 40)
            } == ["commission.members"])
    }

    @Test func numbersAtTheirEndsAreFaultsToo() {
        #expect(
            self.paths { parts in
                parts.threshold = .max
                parts.confirmations = .max
            }.contains("threshold"))
        #expect(
            self.paths {
                $0.trustees = []
                $0.threshold = .max
            }.contains("trustees"))
        #expect(
            self.paths {
                $0.commission = Commission(members: [], threshold: .max)
            } == ["commission.members", "commission.threshold"])
        #expect(
            self.paths { $0.styles = [DocumentParts.style(.max, unit: .max, contests: [.max])] }
                .contains("styles[0].contests"))
    }

    @Test func documentOfTheLargestSizeHasNoFault() {
        func size(_ extra: Int) -> [String] {
            self.paths { parts in
                let texts = ["aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh"].map {
                    LocalizedText(language: $0, text: Self.long(4096))
                }
                parts.title = texts
                let rest = Limits.documentBytes - DocumentLimitTests.bytes(of: parts)
                // Two texts of the question fill what is left.
                let old = parts.contests[0]
                parts.contests[0] = Contest(
                    id: old.id,
                    question: old.question
                        + ["aa", "bb", "cc", "dd"].enumerated().map { place, language in
                            LocalizedText(
                                language: language,
                                text: Self.long(
                                    (rest - 40) / 4 + (place == 0 ? (rest - 40) % 4 + extra : 0)))
                        },
                    options: old.options, minimum: old.minimum, maximum: old.maximum,
                    countedBlank: old.countedBlank)
            }
        }
        #expect(size(0) == [])
        #expect(size(1) == [""])
    }

    private static func bytes(of parts: DocumentParts) -> Int {
        parts.document.canonicalBytes.count
    }

    @Test(arguments: [
        "\u{0}", "\u{1B}[2J", "\t", "\r", "\u{7F}", "\u{85}", "\u{9B}", "\u{2028}",
        "\u{202E}", "\u{2066}",
    ])
    func textsThatDoNotShowAsTheyReadAreFaults(control: String) {
        let text = "a" + control + "b"
        #expect(self.paths { $0.title = DocumentParts.text(text) } == ["title"])
        #expect(
            self.paths { $0.registrar = Member(name: text, key: $0.registrar.key) }
                == ["registrar.name"])
        #expect(
            self.paths { $0.styles[1] = Self.style(region: text) } == ["styles[1].region"])
        #expect(
            self.paths { $0.styles[1] = Self.style(zone: text) } == ["styles[1].timeZone"])
        #expect(Samples.genesis { $0.name = text }.faults.map(\.path) == ["name"])
        #expect(DocumentFault.faults(ofReason: text, at: "reason").map(\.path) == ["reason"])
    }

    @Test func onlyQuestionsAndReasonsMayHaveLines() {
        #expect(self.paths { $0.title = DocumentParts.text("a\nb") } == ["title"])
        #expect(DocumentFault.faults(ofReason: "a\nb", at: "reason").isEmpty)
        #expect(
            self.paths { $0.trustees[0] = Member(name: "a\nb", key: digest("t")) }
                == ["trustees[0].name"])
    }

    @Test func reasonIsFrom1To4096Bytes() {
        #expect(DocumentFault.faults(ofReason: Self.long(4096), at: "reason").isEmpty)
        #expect(!DocumentFault.faults(ofReason: Self.long(4097), at: "reason").isEmpty)
        #expect(!DocumentFault.faults(ofReason: "", at: "reason").isEmpty)
    }

    @Test func genesisBeyondALimitNamesThePlace() {
        func paths(_ change: (inout GenesisParts) -> Void) -> [String] {
            Samples.genesis(change).faults.map(\.path)
        }
        #expect(paths { $0.name = Self.long(256) } == [])
        #expect(paths { $0.name = Self.long(257) } == ["name"])
        #expect(paths { $0.origin = Self.long(96) } == [])
        #expect(paths { $0.origin = Self.long(97) } == ["origin"])
        #expect(paths { $0.origin = "" } == ["origin"])
        func validator(_ name: String) -> [String] {
            paths { parts in
                var list = parts.validators.validators
                list[3] = Validator(
                    name: name, consensusKey: digest("q"), cosigningKey: digest("r"),
                    nodeKey: digest("s"))
                parts.validators = ValidatorSet(list)
            }
        }
        #expect(validator("validator-moscow") == [])
        #expect(validator("validator-moscow1") == ["validators[3].name"])
        #expect(validator("") == ["validators[3].name"])
        #expect(
            paths { parts in
                parts.validators = ValidatorSet(
                    (0..<32).map {
                        Validator(
                            name: "v\($0)", consensusKey: digest("a\($0)"),
                            cosigningKey: digest("b\($0)"), nodeKey: digest("d\($0)"))
                    })
            } == ["validators"])
        #expect(
            paths { parts in
                let members = (0..<65).map { Member(name: "m", key: digest("m\($0)")) }
                parts.commission = Commission(members: members, threshold: 40)
            } == ["commission.members"])
        #expect(
            paths {
                $0.commission = Commission(
                    members: [Member(name: Self.long(257), key: digest("m"))], threshold: 1)
            } == ["commission.members[0].name"])
    }
}
