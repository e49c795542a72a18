import APISchema
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Hashing
import Ledger
import ProcessHarness

/// One network without elections, for what operators do. It starts with validator 1 alone, whose
/// mempool is tiny.
actor OperatorSite {
    static let shared = OperatorSite()

    private var made: TestNetwork?
    private var failure: (any Error)?
    private var isRunning = false

    /// The network, with nothing running at first.
    func network() async throws -> TestNetwork {
        if let made { return made }
        if let failure { throw failure }
        do {
            let network = try await TestNetwork(
                in: try TestDirectory("operators"), extra: ["--heartbeat", "1000"])
            try network.edit("node.json", of: "validator-1") {
                $0.replacingFirst("{", with: "{ \"limits\": { \"mempoolCount\": 2 },")
            }
            made = network
            return network
        } catch {
            failure = error
            throw error
        }
    }

    /// The network with all its nodes at work.
    func running() async throws -> TestNetwork {
        let network = try await network()
        if !isRunning {
            try await network.startMissing()
            try await network.waitUntilVoting()
            try await eventually("the observer follows", within: .seconds(60)) {
                await network.status(TestNetwork.observer) != nil
            }
            isRunning = true
        }
        return network
    }

    /// The network with nothing running.
    func stopped() async throws -> TestNetwork {
        let network = try await network()
        _ = try await network.stopAll()
        isRunning = false
        return network
    }
}

extension TestNetwork {
    func startMissing() throws { try start(allNames.filter { !isStarted($0) }) }

    /// Changes a text file in a node's directory.
    nonisolated func edit(
        _ file: String, of name: String, _ change: (String) throws -> String
    ) throws {
        let path = home(name) + "/" + file
        let text = String(decoding: try LocalFile.read(path, limit: 1 << 20), as: UTF8.self)
        let changed = try change(text)
        guard changed != text else { throw HarnessFailure("\(path) was not changed.") }
        try LocalFile.write([UInt8](changed.utf8), to: path, mode: .document, replacing: true)
    }

    /// A copy of a node's directory, without data, for what must not start.
    nonisolated func copy(of name: String, as copy: String, withData: Bool = false) throws -> String
    {
        let path = directory.path + "/copies/" + copy
        let manager = FileManager.default
        try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        for item in try manager.contentsOfDirectory(atPath: home(name))
        where withData || item != "data" {
            try manager.copyItem(atPath: home(name) + "/" + item, toPath: path + "/" + item)
        }
        return path
    }

    /// A transaction that creates an election, signed by four members; `number` names it.
    nonisolated func creation(_ number: Int, issuingKey: [UInt8]) throws -> [UInt8] {
        let genesis = try genesis()
        func text(_ text: String) -> [LocalizedText] { [LocalizedText(language: "en", text: text)] }
        func member(_ name: String) -> Member {
            Member(
                name: name,
                key: Ed25519SigningKey(seed: SHA256.digest([UInt8](name.utf8))).publicKey)
        }
        let now = Timestamp.now.wholeSeconds
        func minutes(_ count: UInt64) -> Timestamp { now.adding(milliseconds: count * 60_000) }
        let document = ElectionDocument(
            chainID: genesis.chainID, kind: genesis.kind, name: "election-\(number)",
            title: text("Election \(number)"),
            contests: [
                Contest(
                    id: "main", question: text("Which?"),
                    options: ["a", "b"].map { ElectionOption(id: $0, name: text($0)) },
                    minimum: 1, maximum: 1, countedBlank: false)
            ],
            styles: [
                BallotStyle(
                    number: 1, name: text("all"), region: "here", tallyUnit: 1, contests: [0],
                    timeZone: "UTC", startOfIssuing: minutes(50), opens: minutes(50),
                    closes: minutes(60),
                    opensLocal: "\(minutes(50))".replacingOccurrences(
                        of: "Z", with: ""),
                    closesLocal: "\(minutes(60))".replacingOccurrences(of: "Z", with: ""),
                    issuingKey: issuingKey)
            ],
            graceMilliseconds: 1000, ballotsPerVoter: 1,
            tallyUnits: [TallyUnit(number: 1, name: text("all"), mergesInto: nil)],
            minimumTallyUnit: 1, trustees: (1...5).map { member("Trustee \($0)") }, threshold: 3,
            confirmations: 4, complaintPolicy: .restart,
            deadlines: CeremonyDeadlines(
                registration: minutes(10), commitment: minutes(20), dealing: minutes(30),
                confirmation: minutes(40)),
            commission: genesis.commission, registrar: member("Registrar"))
        let body = CreateElection(document: document)
        let message = Transaction.signedMessage(
            tag: .createElection, body: body, in: genesis.domain)
        let approvals = try (1...4).map { number in
            Approval(
                member: UInt16(number - 1),
                signature: try signingKey(ofMember: number).sign(message))
        }
        guard
            let approved = Approved(chainID: genesis.chainID, body: body, approvals: approvals)
        else { throw HarnessFailure("The members' order is wrong.") }
        return Transaction.createElection(approved).canonicalBytes
    }
}

extension String {
    /// The text with the first occurrence replaced.
    func replacingFirst(_ old: String, with new: String) -> String {
        guard let place = range(of: old) else { return self }
        return replacingCharacters(in: place, with: new)
    }
}
