import CeremonyStation
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import Testing

/// A commission's template filled with a chain, keys and times.
@Suite struct TemplateTests {
    let chain = genesis()
    let start = Timestamp(milliseconds: 1_800_000_000_000)

    /// The template of the demonstration, with texts of it replaced.
    private func template(_ changes: [(String, String)] = []) throws -> ElectionTemplate {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Genesis/demo/election.json")
        var text = String(decoding: try Data(contentsOf: path), as: UTF8.self)
        for (old, new) in changes {
            #expect(text.contains(old))
            text = text.replacingOccurrences(of: old, with: new)
        }
        return try JSONDocument.decode(ElectionTemplate.self, from: [UInt8](text.utf8))
    }

    private var startOfIssuing: Timestamp { start.adding(milliseconds: 5_000_000) }
    private var opens: Timestamp { start.adding(milliseconds: 6_000_000) }

    private func schedule() -> ElectionSchedule {
        ElectionSchedule(
            now: start, startOfIssuing: startOfIssuing, opens: opens,
            closes: start.adding(milliseconds: 9_000_000),
            ceremonyEnds: start.adding(milliseconds: 4_000_000))
    }

    private func issuingKeys() throws -> [UInt32: [UInt8]] {
        let modulus = try IssuingKey.load().modulus
        return Dictionary(
            uniqueKeysWithValues: (1...3).map { number in
                // Three different numbers of 3072 bits; only their form is looked at here.
                (UInt32(number), modulus.dropLast(3) + [UInt8(number), 0, 1])
            })
    }

    private func fill(
        _ template: ElectionTemplate, trustees: Int = 5, schedule: ElectionSchedule? = nil,
        keys: [UInt32: [UInt8]]? = nil
    ) throws -> ElectionDocument {
        try template.document(
            genesis: chain, schedule: schedule ?? self.schedule(),
            trustees: (1...trustees).map { member("Trustee \($0)") },
            registrar: member("Registrar"), issuingKeys: try keys ?? issuingKeys())
    }

    @Test func filledTemplateOfTheDemonstrationBreaksNoRule() throws {
        // Four of its members sign, which this chain's commission of three cannot.
        let document = try fill(
            try template([("\"commissionThreshold\": 4", "\"commissionThreshold\": 2")]))
        #expect(document.faults.isEmpty)
        #expect(WallTime.faults(in: document).isEmpty)
        #expect(document.chainID == chain.chainID)
        #expect(document.kind == .training)
        #expect(document.keyCount == 7)
        #expect(document.styles.map(\.opens) == Array(repeating: opens, count: 3))
        #expect(
            document.styles.map(\.opensLocal) == [
                "2027-01-15T11:40:00", "2027-01-15T12:40:00", "2027-01-15T19:40:00",
            ])
    }

    @Test func moreSignersThanTheCommissionHasIsAFault() throws {
        let paths = try fill(try template()).faults.map(\.path)
        #expect(paths == ["commission.threshold"])
    }

    @Test(arguments: [4, 6])
    func anotherNumberOfTrusteesIsRefusedWithBothNumbers(count: Int) throws {
        #expect { try fill(try template(), trustees: count) } throws: { error in
            (error as? DocumentFault)?.path == "trusteeCount"
                && "\(error)".contains("wants 5 trustees, \(count) are given")
        }
    }

    @Test func styleWithoutAnIssuingKeyIsRefusedByNumber() throws {
        var keys = try issuingKeys()
        keys[2] = nil
        #expect { try fill(try template(), keys: keys) } throws: { error in
            (error as? DocumentFault)?.path == "styles" && "\(error)".contains("style 2")
        }
    }

    @Test func zoneThatThisMachineDoesNotKnowIsRefusedByName() throws {
        let template = try template([("Asia/Vladivostok", "Asia/Wladiwostok")])
        #expect { try fill(template) } throws: { error in
            (error as? DocumentFault)?.path == "styles[2].timeZone"
                && "\(error)".contains("Asia/Wladiwostok")
        }
    }

    @Test func fixedOffsetOfATemplateIsRefused() throws {
        let template = try template([("Asia/Vladivostok", "GMT+3")])
        #expect { try fill(template) } throws: { error in "\(error)".contains("GMT+3 is not") }
    }

    @Test func windowOfAStyleGoesBeforeTheCommonOne() throws {
        let template = try template([
            (
                "\"timeZone\": \"Europe/Moscow\"",
                """
                "timeZone": "Europe/Moscow", "opens": "2027-03-01T05:00:00Z",
                "closes": "2027-03-01T17:00:00Z"
                """
            )
        ])
        let style = try #require(try fill(template).style(numbered: 2))
        #expect(style.opensLocal == "2027-03-01T08:00:00")
        #expect(style.closesLocal == "2027-03-01T20:00:00")
        #expect(style.startOfIssuing == startOfIssuing)
    }

    @Test func closeBeforeTheOpeningIsAFaultOfItsStyle() throws {
        let template = try template([
            (
                "\"timeZone\": \"Asia/Vladivostok\"",
                "\"timeZone\": \"Asia/Vladivostok\", \"closes\": \"2026-01-01T00:00:00Z\""
            ), ("\"commissionThreshold\": 4", "\"commissionThreshold\": 2"),
        ])
        #expect(try fill(template).faults.map(\.path) == ["styles[2].closes"])
    }

    @Test func stepsOfTheKeyCeremonyHaveEqualTime() throws {
        let deadlines = try fill(try template()).deadlines
        let ends = [
            deadlines.registration, deadlines.commitment, deadlines.dealing,
            deadlines.confirmation,
        ]
        #expect(
            ends.map { $0.milliseconds - start.milliseconds } == [
                1_000_000, 2_000_000, 3_000_000, 4_000_000,
            ])
    }

    @Test func endOfTheKeyCeremonyInThePastStillGivesRisingSteps() throws {
        let schedule = ElectionSchedule(
            now: start, startOfIssuing: start, opens: start,
            closes: start.adding(milliseconds: 1000),
            ceremonyEnds: Timestamp(milliseconds: start.milliseconds - 5))
        let deadlines = try fill(try template(), schedule: schedule).deadlines
        #expect(deadlines.registration < deadlines.commitment)
        #expect(deadlines.commitment < deadlines.dealing)
        #expect(deadlines.dealing < deadlines.confirmation)
    }

    @Test func unknownKeyOfATemplateIsRefusedWithItsLine() throws {
        #expect {
            try template([("\"region\": \"77\"", "\"region\": \"77\", \"regoin\": \"77\"")])
        } throws: { error in
            "\(error)".contains("regoin") && "\(error)".contains("line ")
        }
    }
}

/// Wall times in zones.
@Suite struct WallTimeTests {
    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test(arguments: [
        ("2026-01-15T12:00:00Z", "Europe/Moscow", "2026-01-15T15:00:00"),
        ("2026-07-15T12:00:00Z", "Europe/Moscow", "2026-07-15T15:00:00"),
        ("2026-07-15T22:00:00Z", "Asia/Vladivostok", "2026-07-16T08:00:00"),
        ("2026-07-15T12:00:00Z", "Asia/Kolkata", "2026-07-15T17:30:00"),
        ("2026-07-15T12:00:00Z", "Asia/Kathmandu", "2026-07-15T17:45:00"),
        ("2026-12-31T12:00:00Z", "Pacific/Kiritimati", "2027-01-01T02:00:00"),
        ("2028-02-28T23:30:00Z", "Europe/Berlin", "2028-02-29T00:30:00"),
        ("2026-07-15T12:00:00Z", "UTC", "2026-07-15T12:00:00"),
    ])
    func zoneGivesItsWallTime(utc: String, zone: String, local: String) throws {
        #expect(try WallTime.text(of: try time(utc), in: zone) == local)
    }

    /// The hour that daylight saving leaves out, and the one that it doubles.
    @Test(arguments: [
        ("2026-03-29T00:59:59Z", "Europe/Berlin", "2026-03-29T01:59:59"),
        ("2026-03-29T01:00:00Z", "Europe/Berlin", "2026-03-29T03:00:00"),
        ("2026-10-25T00:30:00Z", "Europe/Berlin", "2026-10-25T02:30:00"),
        ("2026-10-25T01:30:00Z", "Europe/Berlin", "2026-10-25T02:30:00"),
        ("2026-10-25T02:00:00Z", "Europe/Berlin", "2026-10-25T03:00:00"),
        ("2026-11-01T05:30:00Z", "America/New_York", "2026-11-01T01:30:00"),
        ("2026-11-01T06:30:00Z", "America/New_York", "2026-11-01T01:30:00"),
        ("2026-10-03T16:00:00Z", "Australia/Sydney", "2026-10-04T03:00:00"),
    ])
    func daylightSavingIsThatOfTheDay(utc: String, zone: String, local: String) throws {
        #expect(try WallTime.text(of: try time(utc), in: zone) == local)
    }

    @Test func partsOfASecondAreLeftOut() throws {
        let time = try time("2026-01-15T12:00:00Z").adding(milliseconds: 999)
        #expect(try WallTime.text(of: time, in: "UTC") == "2026-01-15T12:00:00")
    }

    @Test func wallTimeThatIsNotTheZonesIsAFaultWithBothTimes() throws {
        let document = try StationWorld.document(genesis())
        let style = document.styles[0]
        let wrong = BallotStyle(
            number: 1, name: style.name, region: style.region, tallyUnit: 1, contests: [0],
            timeZone: style.timeZone, startOfIssuing: style.startOfIssuing, opens: style.opens,
            closes: style.closes, opensLocal: style.opensLocal,
            closesLocal: "2027-01-15T10:40:00", issuingKey: style.issuingKey)
        let faults = WallTime.faults(in: document.with(styles: [wrong]))
        #expect(faults.map(\.path) == ["styles[0].closesLocal"])
        #expect(faults[0].problem.contains("2027-01-15T10:40:00"))
        #expect(faults[0].problem.contains(style.closesLocal))
    }

    @Test func zoneThatIsUnknownIsAFaultOfItsStyle() throws {
        let document = try StationWorld.document(genesis())
        let style = document.styles[0]
        let wrong = style.with(
            zone: "Mars/Olympus", opensLocal: style.opensLocal, closes: style.closes,
            closesLocal: style.closesLocal)
        let faults = WallTime.faults(in: document.with(styles: [wrong]))
        #expect(faults.map(\.path) == ["styles[0].timeZone"])
        #expect(faults.allSatisfy { $0.problem.contains("Mars/Olympus") })
    }

    /// Fixed offsets and old names: other tables read them otherwise, or do not know them.
    @Test(arguments: [
        ("GMT+3", "UTC+03:00"), ("UTC+3", "UTC+03:00"), ("Etc/GMT+3", "UTC-03:00"),
        ("EST", "UTC-05:00"), ("W-SU", "UTC+03:00"), ("Etc/UTC", "UTC+00:00"), ("GMT", "UTC+00:00"),
    ])
    func zoneThatIsNoPlacesIsRefusedWithWhatThisMachineReadsInIt(
        zone: String, reading: String
    ) throws {
        let winter = try time("2026-01-15T12:00:00Z")
        #expect { try WallTime.text(of: winter, in: zone) } throws: { error in
            "\(error)".contains(zone) && "\(error)".contains(reading)
        }
    }

    @Test(arguments: ["UTC", "Europe/Moscow", "America/Argentina/Buenos_Aires", "Asia/Kolkata"])
    func zoneOfAPlaceIsTaken(zone: String) throws {
        _ = try WallTime.text(of: try time("2026-01-15T12:00:00Z"), in: zone)
    }

    @Test(arguments: [
        ("2027-10-31T02:30:00", "Europe/Berlin", ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"]),
        ("2027-03-28T02:30:00", "Europe/Berlin", []),
        ("2027-10-31T03:30:00", "Europe/Berlin", ["2027-10-31T02:30:00Z"]),
        (
            "2026-11-01T01:30:00", "America/New_York",
            ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]
        ),
        (
            "2027-04-04T01:45:00", "Australia/Lord_Howe",
            ["2027-04-03T14:45:00Z", "2027-04-03T15:15:00Z"]
        ),
        ("2027-07-01T12:00:00", "UTC", ["2027-07-01T12:00:00Z"]),
    ])
    func clocksShowALocalTimeOnceTwiceOrNever(
        local: String, zone: String, times: [String]
    ) throws {
        #expect(try WallTime.times(showing: local, in: zone).map(\.description) == times)
    }

    @Test func wallTimeThatNoClockShowsIsSaid() throws {
        let document = try StationWorld.document(genesis())
        let style = document.styles[0]
        let wrong = style.with(
            zone: "Europe/Berlin",
            opensLocal: try WallTime.text(of: style.opens, in: "Europe/Berlin"),
            closes: try time("2027-03-28T01:30:00Z"), closesLocal: "2027-03-28T02:30:00")
        let faults = WallTime.faults(in: document.with(styles: [wrong]))
        #expect(faults.map(\.path) == ["styles[0].closesLocal"])
        #expect(faults.map(\.problem).joined().contains("which the clocks there never show"))
    }
}

extension ElectionDocument {
    fileprivate func with(styles: [BallotStyle]) -> ElectionDocument {
        ElectionDocument(
            chainID: chainID, kind: kind, name: name, title: title, contests: contests,
            styles: styles, graceMilliseconds: graceMilliseconds, ballotsPerVoter: ballotsPerVoter,
            tallyUnits: tallyUnits, minimumTallyUnit: minimumTallyUnit, trustees: trustees,
            threshold: threshold, confirmations: confirmations, complaintPolicy: complaintPolicy,
            deadlines: deadlines, commission: commission, registrar: registrar)
    }
}
