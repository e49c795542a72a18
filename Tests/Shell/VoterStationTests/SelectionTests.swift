import BallotCryptography
import Codec
import Ledger
import Testing
import VoterStation

/// What a voter types is what is voted, whatever the options are called.
@Suite struct SelectionTests {
    private func contest(
        _ id: String, _ options: [String], _ range: ClosedRange<UInt32>, blank: Bool = false
    ) -> Contest {
        func texts(_ text: String) -> [LocalizedText] {
            [LocalizedText(language: "en", text: text)]
        }
        return Contest(
            id: id, question: texts("?"),
            options: options.map { ElectionOption(id: $0, name: texts($0)) },
            minimum: range.lowerBound, maximum: range.upperBound, countedBlank: blank)
    }

    private func choices(_ typed: [String], _ contests: Contest...) throws -> [ContestChoice] {
        let paper = try ElectionOnPaper.shared.get().trusted.document
        let style = paper.styles[0].with(contests: contests.indices.map { UInt32($0) })
        return try Selection(typed).choices(
            for: style, of: paper.with(contests: contests, styles: [style]))
    }

    private func refusal(_ typed: String, _ contest: Contest) -> String {
        do {
            return "taken as \(try choices([typed], contest))"
        } catch {
            return "\(error)"
        }
    }

    @Test func anOptionCalledNoneOrBlankIsVotedFor() throws {
        #expect(
            try choices(
                ["assent=none", "three=none"], contest("assent", ["all", "none"], 0...1),
                contest("three", ["a", "none"], 1...1)) == [.options([1]), .options([1])])
        let both = contest("c", ["blank", "none", "a"], 0...2, blank: true)
        #expect(try choices(["c=blank"], both) == [.options([0])])
        #expect(try choices(["c=none+a"], both) == [.options([1, 2])])
    }

    @Test func wordsThatAreNoIdsMeanBlankAndNothingEverywhere() throws {
        let both = contest("c", ["blank", "none"], 0...1, blank: true)
        #expect(try choices(["c=@blank"], both) == [.blank])
        #expect(try choices(["c=@none"], both) == [.options([])])
        let plain = contest("c", ["a"], 0...1, blank: true)
        #expect(try choices(["c=@blank"], plain) == [.blank])
        #expect(try choices(["c=blank"], plain) == [.blank])
        #expect(try choices(["c=none"], plain) == [.options([])])
    }

    /// The offer names the word that works in this contest.
    @Test func aRefusalSaysWhichWordIsMeant() throws {
        let both = contest("c", ["blank", "none"], 0...1, blank: true)
        #expect(refusal("c=x", both).contains("0 to 1 of blank, none, @blank, or @none."))
        let plain = contest("c", ["a", "b"], 0...1, blank: true)
        #expect(refusal("c=x", plain).contains("0 to 1 of a, b, blank, or none."))
        #expect(refusal("c=x", contest("c", ["a", "b"], 1...1)).hasSuffix("1 of a, b."))
    }

    /// A script's variable that was never set is no empty ballot.
    @Test(arguments: ["c=", "c=a+", "c=+a", "c=a++b"])
    func anEmptyNameIsRefused(typed: String) {
        let contest = contest("c", ["a", "b"], 0...2)
        #expect(refusal(typed, contest).contains("names no option"))
    }

    @Test(arguments: [
        ("c=none", "0 options are selected"), ("c=a+b", "2 options are selected"),
        ("c=blank", "has no blank vote"), ("c=a+a", "is selected twice"),
        ("c=blank+a", "has no option 'blank'"), ("c=a+none", "has no option 'none'"),
        ("c=@nothing", "has no option '@nothing'"), ("d=a", "Nothing is selected"),
    ])
    func whatTheContestDoesNotOfferIsRefused(typed: String, reason: String) {
        #expect(refusal(typed, contest("c", ["a", "b"], 1...1)).contains(reason))
    }
}

extension BallotStyle {
    fileprivate func with(contests: [UInt32]) -> BallotStyle {
        BallotStyle(
            number: number, name: name, region: region, tallyUnit: tallyUnit, contests: contests,
            timeZone: timeZone, startOfIssuing: startOfIssuing, opens: opens, closes: closes,
            opensLocal: opensLocal, closesLocal: closesLocal, issuingKey: issuingKey)
    }
}

extension ElectionDocument {
    fileprivate func with(contests: [Contest], styles: [BallotStyle]) -> ElectionDocument {
        ElectionDocument(
            chainID: chainID, kind: kind, name: name, title: title, contests: contests,
            styles: styles, graceMilliseconds: graceMilliseconds, ballotsPerVoter: ballotsPerVoter,
            tallyUnits: tallyUnits, minimumTallyUnit: minimumTallyUnit, trustees: trustees,
            threshold: threshold, confirmations: confirmations, complaintPolicy: complaintPolicy,
            deadlines: deadlines, commission: commission, registrar: registrar)
    }
}
