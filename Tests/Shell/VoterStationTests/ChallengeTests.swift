import BallotCryptography
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Hashing
import Ledger
import Ristretto
import Testing
import VoterStation

/// Challenges: made on one device, checked on another.
@Suite struct ChallengeTests {
    private static let choices = ["project=bridge", "parks=north+east"]

    private func rejection(
        _ file: OpeningFile, shown: TrackingCode? = nil, expected: Selection? = nil,
        in election: ElectionOnPaper
    ) -> OpeningRejection? {
        #expect(throws: OpeningRejection.self) {
            try OpenedBallot(
                checking: file, in: election.trusted, genesis: election.genesis, shown: shown,
                expected: expected)
        }
    }

    @Test func openingShowsOnAnotherDeviceWhatWasChosen() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let selection = try Selection(Self.choices)
            let (_, opening) = try election.challenge(selection, in: home)
            let shown = try #require(TrackingCode(opening.trackingCode))
            let opened = try OpenedBallot(
                checking: opening, in: election.trusted, genesis: election.genesis,
                shown: shown, expected: selection)
            #expect(opened.trackingCode == shown)
            #expect(opened.choices.map(\.contest.id) == ["project", "parks"])
            #expect(opened.choices.map(\.ids) == [["bridge"], ["north", "east"]])
            #expect(opened.sequence == 1)
        }
    }

    @Test func blankIsShownAsBlank() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let (_, opening) = try election.challenge(
                try Selection(["project=blank", "parks=south"]), in: home)
            let opened = try OpenedBallot(
                checking: opening, in: election.trusted, genesis: election.genesis)
            #expect(opened.choices.map(\.ids) == [["blank"], ["south"]])
        }
    }

    /// C01: a device that encrypts another option than the voter chose.
    @Test func deviceThatFlipsTheVoteIsFoundOut() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let wanted = try Selection(Self.choices)
            let (_, opening) = try election.challenge(
                try Selection(["project=tram", "parks=north+east"]), in: home)
            #expect(rejection(opening, expected: wanted, in: election) == .otherChoices)
            // Without saying what was wanted, the person sees it.
            let opened = try OpenedBallot(
                checking: opening, in: election.trusted, genesis: election.genesis)
            #expect(opened.choices[0].ids == ["tram"])
        }
    }

    /// A device that shows one encryption's code and opens another.
    @Test func openingOfAnotherEncryptionThanTheOneShownIsRefused() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let selection = try Selection(Self.choices)
            let (_, first) = try election.challenge(selection, in: home)
            let (_, second) = try election.challenge(selection, in: home)
            #expect(first.trackingCode != second.trackingCode)
            let shown = try #require(TrackingCode(first.trackingCode))
            #expect(
                rejection(second, shown: shown, in: election)
                    == .otherTrackingCode(found: second.trackingCode))
        }
    }

    @Test func everyFieldOfAnOpeningIsHeld() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let selection = try Selection(Self.choices)
            let (_, opening) = try election.challenge(selection, in: home)
            let (_, other) = try election.challenge(selection, in: home)
            let (_, stranger) = try election.challenge(
                selection, in: home, voter: try election.voter(2))
            let zeros = Bytes32.zero.description
            let text = String(decoding: try JSONDocument.encode(opening), as: UTF8.self)
            func changed(_ old: String, _ new: String) throws -> OpeningRejection? {
                try #require(text.contains(old))
                let file: OpeningFile = try JSONDocument.decode(
                    from: [UInt8](text.replacingOccurrences(of: old, with: new).utf8))
                return rejection(file, in: election)
            }
            #expect(
                try changed("veche-opening-1", "veche-opening-2")
                    == .unknownForm("veche-opening-2"))
            #expect(try changed(opening.chainID.description, zeros) == .otherChain(.zero))
            #expect(try changed("\"choice\"", "\"choise\"") == .otherElection("choise"))
            #expect(try changed(opening.document.description, zeros) == .otherElection("choice"))
            #expect(
                try changed(
                    "\"electionID\" : \"\(opening.electionID)\"",
                    "\"electionID\" : \"\(zeros)\"") == .otherElection("choice"))
            #expect(
                try changed(opening.trackingCode, other.trackingCode)
                    == .otherTrackingCode(found: opening.trackingCode))
            #expect(try changed(opening.opening, "00") == .notAnOpening)
            #expect(try changed(opening.opening, opening.opening + "00") == .notAnOpening)
            #expect(
                try changed(opening.opening, other.opening)
                    == .otherTrackingCode(found: other.trackingCode))
            for spoil in ["", "00", other.spoil, stranger.spoil] {
                #expect(try changed(opening.spoil, spoil) == .notSpoiling)
            }
        }
    }

    @Test func everyBitOfTheOpenedBytesIsHeld() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let (_, opening) = try election.challenge(try Selection(Self.choices), in: home)
            let bytes = try #require(Hexadecimal.decode(opening.opening))
            let text = String(decoding: try JSONDocument.encode(opening), as: UTF8.self)
            for position in bytes.indices {
                var flipped = bytes
                flipped[position] ^= 1 << (position % 8)
                let file: OpeningFile = try JSONDocument.decode(
                    from: [UInt8](
                        text.replacingOccurrences(
                            of: opening.opening, with: Hexadecimal.encode(flipped)
                        ).utf8))
                #expect(rejection(file, in: election) != nil, "byte \(position)")
            }
        }
    }

    @Test func bitsOfTheSpoilTransactionAreHeld() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let (_, opening) = try election.challenge(try Selection(Self.choices), in: home)
            let bytes = try #require(Hexadecimal.decode(opening.spoil))
            let text = String(decoding: try JSONDocument.encode(opening), as: UTF8.self)
            for position in stride(from: 0, to: bytes.count, by: 5) {
                var flipped = bytes
                flipped[position] ^= 1 << (position % 8)
                let file: OpeningFile = try JSONDocument.decode(
                    from: [UInt8](
                        text.replacingOccurrences(
                            of: opening.spoil, with: Hexadecimal.encode(flipped)
                        ).utf8))
                #expect(rejection(file, in: election) == .notSpoiling, "byte \(position)")
            }
        }
    }

    @Test func unknownKeysOfAnOpeningAreRefused() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let (_, opening) = try election.challenge(try Selection(Self.choices), in: home)
            let text = String(decoding: try JSONDocument.encode(opening), as: UTF8.self)
            let changed = text.replacingOccurrences(
                of: "\"form\"", with: "\"secret\" : \"x\", \"form\"")
            #expect(throws: JSONFailure.self) {
                let _: OpeningFile = try JSONDocument.decode(from: [UInt8](changed.utf8))
            }
        }
    }

    /// C05: an opening has room for r and the cells of each contest, and for nothing else.
    @Test func openingHoldsNothingBesideRandomnessAndChoices() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let voter = try election.voter()
            let (_, opening) = try election.challenge(
                try Selection(Self.choices), in: home, voter: voter)
            let bytes = try #require(Hexadecimal.decode(opening.opening))
            let rules = try election.trusted.rules(style: 1)
            let contests = rules.contests.map { 32 + 4 + $0.shape.cellCount }.reduce(0, +)
            #expect(bytes.count == 1 + 32 + 4 + 32 + 4 + 32 + 4 + 4 + contests)
            let text = try LocalFile.read(home.openingFile(1), limit: 1 << 20)
            let keys = try #require(
                try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any]
            ).keys.sorted()
            #expect(
                keys == [
                    "chainID", "document", "election", "electionID", "form", "opening", "spoil",
                    "trackingCode",
                ])
            // The credential's seed, which everything secret of it derives from.
            let seed = SHA256.digest([1])
            #expect(!String(decoding: text, as: UTF8.self).contains(seed.description))
        }
    }

    @Test func ninthChallengeOpensNothing() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let selection = try Selection(Self.choices)
            for number in 1...8 {
                #expect(try election.challenge(selection, in: home).challenge.number == number)
            }
            let failure = #expect(throws: VoterHomeFailure.self) {
                try election.challenge(selection, in: home)
            }
            #expect(failure?.description.contains("E_RATE") == true)
            #expect(try home.challenges().count == 8)
            #expect(!LocalFile.exists(home.openingFile(9)))
        }
    }

    @Test func challengeIsPendingUntilItsReceiptIsKept() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let (challenge, _) = try election.challenge(try Selection(Self.choices), in: home)
            #expect(try home.challenges() == [challenge])
            #expect(!challenge.isRegistered)
            try home.keep(receipt: [1], of: challenge)
            #expect(try home.challenges().map(\.isRegistered) == [true])
            #expect(try home.challenges().map(\.transaction) == [challenge.transaction])
        }
    }

    /// What a power failure can leave of a challenge: its files in order, each whole or absent.
    @Test func whereverAChallengeIsCutOffNothingThatCouldBeCastIsOnDisk() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let (challenge, opening) = try election.challenge(
                try Selection(Self.choices), in: home)
            let names = try FileManager.default.contentsOfDirectory(atPath: home.path).sorted()
            #expect(names == ["challenge-1.opening.json", "challenge-1.transaction"])
            #expect(try home.ballot(of: "choice", chainID: election.genesis.chainID) == nil)
            // Cut off before the opening: the spoil is sent all the same.
            try FileManager.default.removeItem(atPath: home.openingFile(1))
            #expect(try home.challenges().map(\.transaction) == [challenge.transaction])
            let (second, _) = try election.challenge(try Selection(Self.choices), in: home)
            #expect(second.number == 2)
            guard case .spoil(let spoil) = try Transaction(canonicalBytes: challenge.transaction)
            else {
                Issue.record("not a spoil transaction")
                return
            }
            #expect(Hexadecimal.encode(challenge.transaction) == opening.spoil)
            #expect(spoil.style == 1)
        }
    }

    @Test func filesOfAChallengeAreTheOwnersAlone() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            _ = try election.challenge(try Selection(Self.choices), in: home)
            for file in [home.openingFile(1), home.spoilFile(1)] {
                let attributes = try FileManager.default.attributesOfItem(atPath: file)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            }
        }
    }
}
