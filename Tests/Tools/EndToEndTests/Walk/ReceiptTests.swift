import Codec
import DocumentFiles
import Foundation
import Ledger
import ProcessHarness
import Testing

/// Receipts, checked by programs that know no network.
extension EndToEnd.ReceiptTests {
    private func check(
        _ arguments: [String], genesis: String? = nil
    ) async throws -> Outcome {
        let network = try await walk.network
        return try await run(
            .veche, ["check", "--genesis", genesis ?? network.genesisFile] + arguments,
            in: network.directory)
    }

    private func receipt(of voter: Voter) async throws -> String {
        let path = try await walk.home(voter.name) + "/receipt.tlog-proof"
        return String(decoding: try LocalFile.read(path, limit: 64 << 10), as: UTF8.self)
    }

    /// Checks a changed receipt with the voter's own ballot.
    private func check(changed text: String, of voter: Voter) async throws -> Outcome {
        let network = try await walk.network
        let file = try network.directory.write(text, to: "changed.tlog-proof")
        return try await check([
            "--receipt", file, "--ballot", try await walk.home(voter.name) + "/ballot.transaction",
        ])
    }

    @Test func receiptOfEveryVoterHoldsOffline() async throws {
        try await walk.reach(.cast)
        let chainID = try await walk.network.genesis().chainID
        var codes: Set<String> = []
        for voter in Voter.casting {
            let outcome = try await check([
                "--home", try await walk.home(voter.name), "--chain-id", "\(chainID)", "--json",
            ])
            #expect(outcome.status == 0, outcome.comment)
            struct Report: Decodable {
                let included: Bool
                let ownBallot: Bool
                let trackingCode: String
                let cosigners: [String]
                let quorum: Int
            }
            let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
            #expect(report.included && report.ownBallot)
            #expect(report.cosigners.count >= report.quorum && report.quorum == 3)
            codes.insert(report.trackingCode)
        }
        #expect(codes.count == Voter.casting.count)
        let text = try await check(["--home", try await walk.home(Voter.casting[0].name)])
        #expect(text.output.contains("The ballot is in the log."))
        #expect(text.output.contains("does not show how you voted"))
    }

    @Test func receiptWithAnyLineChangedIsRefused() async throws {
        try await walk.reach(.cast)
        let voter = Voter.casting[0]
        let lines = try await receipt(of: voter).components(separatedBy: "\n")
        for (number, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("—") {
            var changed = lines
            let place = line.index(line.startIndex, offsetBy: line.count / 2)
            changed[number] = line.replacingCharacters(
                in: place...place, with: line[place] == "1" ? "2" : "1")
            let outcome = try await check(
                changed: changed.joined(separator: "\n"), of: voter)
            #expect(outcome.status == 1, "line \(number): \(outcome.testDescription)")
            #expect(outcome.errors.hasPrefix("Error: "), outcome.comment)
            #expect(!outcome.output.contains("in the log"), outcome.comment)
        }
    }

    @Test func receiptWithoutAQuorumOfCosignersIsRefused() async throws {
        try await walk.reach(.cast)
        let voter = Voter.casting[0]
        let lines = try await receipt(of: voter).components(separatedBy: "\n")
        let origin = try await walk.network.genesis().origin
        func kept(_ count: Int) -> String {
            var left = count
            return lines.filter { line in
                guard line.hasPrefix("— \(origin)/") else { return true }
                left -= 1
                return left >= 0
            }.joined(separator: "\n")
        }
        #expect(try await check(changed: kept(3), of: voter).status == 0)
        let outcome = try await check(changed: kept(2), of: voter)
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("receipt"), outcome.comment)
    }

    @Test func damagedReceiptFilesAreRefused() async throws {
        try await walk.reach(.cast)
        let voter = Voter.casting[0]
        let text = try await receipt(of: voter)
        for damaged in [
            "", "\n", String(text.prefix(40)), String(text.prefix(text.count / 2)), text + text,
            String(text.dropFirst()), "\u{FEFF}" + text,
        ] {
            let outcome = try await check(changed: damaged, of: voter)
            #expect(outcome.status == 1, outcome.comment)
            #expect(outcome.errors.hasPrefix("Error: "), outcome.comment)
        }
    }

    @Test func receiptOfAnotherBallotIsRefused() async throws {
        try await walk.reach(.cast)
        let outcome = try await check([
            "--receipt", try await walk.home(Voter.casting[0].name) + "/receipt.tlog-proof",
            "--ballot", try await walk.home(Voter.casting[1].name) + "/ballot.transaction",
        ])
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("receipt"), outcome.comment)
    }

    @Test func receiptOfAnotherVoterInOnesOwnHomeIsRefused() async throws {
        try await walk.reach(.cast)
        // What a cheating site would do: two voters get the receipt of one ballot.
        let network = try await walk.network
        let home = network.directory.path + "/voters/clash"
        let manager = FileManager.default
        try manager.copyItem(
            atPath: try await walk.home(Voter.casting[0].name), toPath: home)
        for file in ["receipt.tlog-proof", "ballot.transaction"] {
            try manager.removeItem(atPath: home + "/" + file)
            try manager.copyItem(
                atPath: try await walk.home(Voter.casting[1].name) + "/" + file,
                toPath: home + "/" + file)
        }
        let outcome = try await check(["--home", home])
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("not yours"), outcome.comment)
    }

    @Test func ballotFileWithAFlippedBitIsRefused() async throws {
        try await walk.reach(.cast)
        let network = try await walk.network
        let home = try await walk.home(Voter.casting[0].name)
        let ballot = try LocalFile.read(home + "/ballot.transaction", limit: 1 << 20)
        for position in [0, 1, 5, 40, 200, ballot.count / 2, ballot.count - 1] {
            let file = try network.directory.file("changed.transaction")
            try LocalFile.write(
                ballot.replacing(at: position, with: [ballot[position] ^ 4]), to: file,
                mode: .document, replacing: true)
            let outcome = try await check([
                "--receipt", home + "/receipt.tlog-proof", "--ballot", file,
            ])
            #expect(outcome.status == 1, "byte \(position): \(outcome.testDescription)")
        }
    }

    @Test func genesisOfAnotherChainIsRefused() async throws {
        try await walk.reach(.cast)
        let network = try await walk.network
        let home = try await walk.home(Voter.casting[0].name)
        let text = String(
            decoding: try LocalFile.read(network.genesisFile, limit: 1 << 20), as: UTF8.self)
        // The same validators on a chain of another name: the quorum signed for another origin.
        let other = try network.directory.write(
            text.replacingOccurrences(
                of: "walk.veche.example/1", with: "walk.veche.example/2"), to: "other-genesis.json")
        let outcome = try await check(["--home", home], genesis: other)
        #expect(outcome.status == 1, outcome.comment)
        let unexpected = try await check([
            "--home", home, "--chain-id", String(repeating: "0", count: 64),
        ])
        #expect(unexpected.status == 1, unexpected.comment)
        #expect(unexpected.errors.contains("chain"), unexpected.comment)
    }
}
