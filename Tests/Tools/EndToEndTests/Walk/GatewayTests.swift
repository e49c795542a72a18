import APISchema
import Codec
import DocumentFiles
import Foundation
import Ledger
import ProcessHarness
import Synchronization
import Testing

/// Voters whose registrar or node lies to them.
extension EndToEnd.GatewayTests {
    /// Runs `veche vote` against these addresses.
    private func vote(
        _ voter: Voter, registrar: String, nodes: [String], limit: Duration = .seconds(120)
    ) async throws -> Outcome {
        let network = try await walk.network
        let directory = network.directory
        let code = try directory.write(voter.code + "\n", to: "codes/\(voter.name)")
        return try await run(
            .veche,
            [
                "vote", "--election", "walk", "--registrar", registrar, "--voter", voter.name,
                "--code-file", code, "--home", try await walk.home(voter.name), "--yes",
                "--genesis", network.genesisFile,
            ] + nodes.flatMap { ["--node", $0] } + voter.selections
                + Walk.passphrase(directory), in: directory, atMost: limit)
    }

    private func forward(
        _ request: StubNode.Request, to address: String
    ) async throws -> StubNode.Answer {
        let answer = try await HTTP.send(
            request.method, address + request.path,
            body: request.body.isEmpty ? nil : request.body,
            type: request.body.isEmpty ? nil : request.type)
        return StubNode.Answer(answer.body, status: answer.status)
    }

    /// R05, R06, R17: a blind signature that is none of the key in the document over this request.
    @Test(arguments: [
        "a byte changed", "an honest answer to another", "too short", "no hexadecimal",
    ])
    func wrongBlindSignatureIsRefusedAndKeptAsEvidence(what: String) async throws {
        try await walk.require(.open)
        let voter = Voter.misled
        let registrar = try await walk.registrarURL
        let node = try await walk.network.url("validator-1")
        let other = try await Device(.spoiler, walk)
        let outcome = try await StubNode.withRequests(
            { request in
                let honest = try await forward(request, to: registrar)
                guard request.path.hasSuffix("/credential"), honest.status == 200 else {
                    return honest
                }
                let answer = try JSONDecoder().decode(
                    CredentialAnswer.self, from: Data(honest.body))
                let signature =
                    switch what {
                    case "a byte changed":
                        (answer.blindSignature.hasPrefix("0") ? "1" : "0")
                            + answer.blindSignature.dropFirst()
                    case "an honest answer to another": Hexadecimal.encode(other.certificate)
                    case "too short": String(answer.blindSignature.dropLast(2))
                    default: "no signature"
                    }
                return StubNode.Answer(
                    [UInt8](
                        try JSONEncoder().encode(
                            CredentialAnswer(style: answer.style, blindSignature: signature))))
            },
            { try await vote(voter, registrar: $0, nodes: [node]) })
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("A_KEY_MISMATCH"), outcome.comment)
        let home = try await walk.home(voter.name)
        #expect(LocalFile.exists(home + "/registrar-answer.json"))
        #expect(!LocalFile.exists(home + "/credential.certificate"))
        #expect(!LocalFile.exists(home + "/ballot.transaction"))
    }

    /// R04: the registrar says nothing. The request is kept, and the same one is answered later. R16:
    /// the seed that it follows from is on disk before it is sent.
    @Test func silentRegistrarIsNamedAndTheRequestIsKept() async throws {
        try await walk.require(.open)
        let voter = Voter.misled
        let registrar = try await walk.registrarURL
        let node = try await walk.network.url("validator-1")
        let asked = Mutex<[[UInt8]]>([])
        let silent = try await StubNode.withRequests(
            { request in
                if request.path.hasSuffix("/credential") {
                    asked.withLock { $0.append(request.body) }
                    return StubNode.Answer([], status: 503)
                }
                return try await forward(request, to: registrar)
            }, { try await vote(voter, registrar: $0, nodes: [node]) })
        #expect(silent.status == 69, silent.comment)
        #expect(silent.errors.contains("Your request is kept"), silent.comment)
        #expect(silent.errors.contains("roll entry stays unissued"), silent.comment)
        let again = Mutex<[[UInt8]]>([])
        let answered = try await StubNode.withRequests(
            { request in
                if request.path.hasSuffix("/credential") {
                    again.withLock { $0.append(request.body) }
                }
                return try await forward(request, to: registrar)
            }, { try await vote(voter, registrar: $0, nodes: [node]) })
        #expect(answered.status == 0, answered.comment)
        await walk.count(voter)
        func messages(_ bodies: [[UInt8]]) throws -> Set<String> {
            Set(
                try bodies.map {
                    try JSONDecoder().decode(CredentialRequestMessage.self, from: Data($0))
                        .blindedMessage
                })
        }
        let first = try messages(asked.withLock { $0 })
        #expect(first.count == 1)
        #expect(try messages(again.withLock { $0 }) == first)
    }

    /// R16: killed when the registrar has answered and the answer is not yet unblinded. W01: a node
    /// that says "accepted" and drops the ballot is no success; with an honest one beside it, the
    /// ballot is cast.
    @Test func ballotThatANodeDropsIsNoSuccessUntilAnotherTakesIt() async throws {
        try await walk.require(.open)
        let voter = Voter.dropped
        let network = try await walk.network
        let registrar = try await walk.registrarURL
        let honest = network.url("validator-2")
        let home = try await walk.home(voter.name)
        let code = try network.directory.write(voter.code + "\n", to: "codes/\(voter.name)")
        let answers = Mutex<[[UInt8]]>([])
        // The first device dies with the answer in hand.
        try await StubNode.withRequests(
            { request in
                let answer = try await forward(request, to: registrar)
                if request.path.hasSuffix("/credential") {
                    answers.withLock { $0.append(answer.body) }
                    try await Task.sleep(for: .seconds(60))
                }
                return answer
            },
            { address in
                let process = try LocalProcess(
                    .veche,
                    [
                        "vote", "--election", "walk", "--registrar", address, "--voter",
                        voter.name, "--code-file", code, "--home", home, "--yes",
                        "--genesis", network.genesisFile, "--node", honest,
                    ] + voter.selections + Walk.passphrase(network.directory),
                    name: network.directory.freshName("killed"),
                    directory: network.directory.logs)
                try await eventually("the registrar has answered") {
                    !answers.withLock { $0.isEmpty } || process.status != nil
                }
                try await process.kill()
            })
        #expect(!LocalFile.exists(home + "/credential.certificate"))
        // A node that takes the ballot and drops it, and never shows it.
        let taken = Mutex(0)
        let outcome = try await StubNode.withRequests(
            { request in
                if request.method == "POST", request.path == "/v1/transactions" {
                    taken.withLock { $0 += 1 }
                    let id = Transaction.id(of: request.body)
                    return StubNode.Answer(
                        [UInt8](
                            try JSONEncoder().encode(
                                SubmissionAnswer(transactionID: id, status: "accepted"))),
                        status: 202)
                }
                if request.path.hasPrefix("/v1/transactions/"),
                    !request.path.hasSuffix("/bytes")
                {
                    return StubNode.Answer(
                        [UInt8](#"{"code": "NOT_FOUND", "message": "no"}"#.utf8), status: 404)
                }
                return try await forward(request, to: honest)
            }, { try await vote(voter, registrar: registrar, nodes: [$0, honest]) })
        #expect(taken.withLock { $0 } > 0)
        #expect(outcome.status == 0, outcome.comment)
        #expect(outcome.output.contains("vouched for by"), outcome.comment)
        await walk.count(voter)
        let record = try JSONDecoder().decode(
            [String: JSONValue].self,
            from: Data(try LocalFile.read(home + "/vote.json", limit: 1 << 16)))
        guard case .text(let id)? = record["transactionID"] else {
            Issue.record("no transaction id")
            return
        }
        try await walk.waitUntilFinal(try #require(Bytes32(hexadecimal: id)))
    }

    /// What painted a false success on the screen of a voter.
    private static let paint =
        #"{"code": "E_PHASE", "message": "\u001b[2J\u001b[1;1HYour ballot is in the log.\r\n  tracking code  AAAA"}"#

    /// One that lies in every way about one voter's ballot, with an honest node after it.
    private func liar(
        _ kind: String, before honest: String
    ) -> @Sendable (StubNode.Request) async throws -> StubNode.Answer {
        { request in
            let isSubmission = request.method == "POST" && request.path == "/v1/transactions"
            let isStatus =
                request.path.hasPrefix("/v1/transactions/")
                && request.path.split(separator: "/").count == 3
            let id = Transaction.id(of: request.body)
            switch kind {
            case "says final of what it dropped" where isSubmission:
                let answer = SubmissionAnswer(transactionID: id, status: "accepted")
                return StubNode.Answer([UInt8](try JSONEncoder().encode(answer)), status: 202)
            case "says final of what it dropped" where isStatus:
                guard let asked = request.path.split(separator: "/").last,
                    let id = Bytes32(hexadecimal: String(asked))
                else { return StubNode.Answer([], status: 400) }
                let status = TransactionStatus(
                    transactionID: id, status: "final", height: 5, index: 9)
                return StubNode.Answer([UInt8](try JSONEncoder().encode(status)))
            case "refuses with escapes" where isSubmission,
                "refuses everything with escapes":
                return StubNode.Answer([UInt8](Self.paint.utf8), status: 422)
            case "garbage for a receipt" where request.path.hasSuffix("/receipt"):
                return StubNode.Answer([UInt8]("not a receipt\n".utf8))
            case "garbage for the succession" where request.path.contains("succession"):
                return StubNode.Answer([0, 0, 0, 1] + [UInt8]("garbage".utf8))
            case "hangs at the submission" where isSubmission:
                try await Task.sleep(for: .seconds(600))
                return StubNode.Answer([], status: 500)
            case "hangs at everything":
                try await Task.sleep(for: .seconds(600))
                return StubNode.Answer([], status: 500)
            case "gives another election" where request.path.hasSuffix("/document"):
                return StubNode.Answer([UInt8]("another".utf8))
            default: return try await forward(request, to: honest)
            }
        }
    }

    /// A liar first, an honest node second: the ballot is cast, the screen holds nothing of the liar's.
    @Test(arguments: [
        "says final of what it dropped", "refuses with escapes", "refuses everything with escapes",
        "garbage for a receipt", "garbage for the succession", "hangs at the submission",
        "gives another election", "hangs at everything",
    ])
    func aLiarBeforeAnHonestNodeStopsNoBallot(kind: String) async throws {
        try await walk.require(.open)
        // The first kind casts the ballot; the others are met by who sends it again.
        let voter = Voter.deceived
        let network = try await walk.network
        let honest = network.url("validator-2")
        let registrar = try await walk.registrarURL
        let isFirst = !LocalFile.exists(try await walk.home(voter.name) + "/vote.json")
        let outcome = try await StubNode.withRequests(
            liar(kind, before: honest),
            {
                try await vote(
                    voter, registrar: registrar, nodes: [$0, honest], limit: .seconds(240))
            })
        #expect(outcome.status == 0, outcome.comment)
        #expect(outcome.output.hasPrefix("Tracking code") || !isFirst, outcome.comment)
        #expect(outcome.output.contains("vouched for by"), outcome.comment)
        #expect(!outcome.text.contains("\u{1B}"), outcome.comment)
        #expect(!outcome.text.contains("AAAA\n"), outcome.comment)
        if isFirst { await walk.count(voter) }
    }

    /// Nothing of a liar who is the only one asked reaches the screen as a line of its own.
    @Test func escapesOfALiarAreShownAsOneLine() async throws {
        try await walk.require(.open)
        let registrar = try await walk.registrarURL
        let outcome = try await StubNode.withRequests(
            liar("refuses everything with escapes", before: ""),
            { try await vote(.afterwards, registrar: registrar, nodes: [$0]) })
        #expect(outcome.status == 1, outcome.comment)
        #expect(!outcome.text.contains("\u{1B}"), outcome.comment)
        #expect(outcome.errors.contains("⏎  tracking code"), outcome.comment)
        let lines = outcome.text.split(separator: "\n")
        #expect(!lines.contains { $0.hasPrefix("Your ballot") }, outcome.comment)
    }

    /// A home belongs to one voter and one election.
    @Test func aHomeOfAnotherVoterIsRefusedByName() async throws {
        try await walk.require(.open)
        let network = try await walk.network
        let owner = Voter.deceived
        let other = Voter.afterwards
        let home = try await walk.home(owner.name)
        let honest = network.url("validator-2")
        if !LocalFile.exists(home + "/vote.json") {
            let cast = try await vote(
                owner, registrar: try await walk.registrarURL, nodes: [honest])
            #expect(cast.status == 0, cast.comment)
            await walk.count(owner)
        }
        let code = try network.directory.write(other.code + "\n", to: "codes/\(other.name)")
        func run(as voter: Voter, election: String) async throws -> Outcome {
            try await ProcessHarness.run(
                .veche,
                [
                    "vote", "--election", election, "--registrar", try await walk.registrarURL,
                    "--voter", voter.name, "--code-file", code, "--home", home, "--yes",
                    "--genesis", network.genesisFile, "--node", honest,
                ] + voter.selections + Walk.passphrase(network.directory), in: network.directory,
                atMost: .seconds(60))
        }
        let another = try await run(as: other, election: "walk")
        #expect(another.status == 1, another.comment)
        #expect(another.errors.contains("belongs to the voter 'deceived'"), another.comment)
        #expect(!another.text.contains("in the log"), another.comment)
        let elsewhere = try await run(as: owner, election: "another")
        #expect(elsewhere.status == 1, elsewhere.comment)
        #expect(elsewhere.errors.contains("belongs to the election 'walk'"), elsewhere.comment)
        // A credential without a ballot, and without a word on whose it is, is not used.
        try FileManager.default.moveItem(atPath: home + "/home.json", toPath: home + "/owner")
        let unknown = try await run(as: owner, election: "walk")
        try FileManager.default.moveItem(atPath: home + "/owner", toPath: home + "/home.json")
        #expect(unknown.status == 1, unknown.comment)
        #expect(unknown.errors.contains("does not say whose it is"), unknown.comment)
    }

    /// Two runs in one home: the second says who runs, and touches nothing.
    @Test func theSecondRunInOneHomeSaysWhoRuns() async throws {
        try await walk.require(.open)
        let network = try await walk.network
        let home = network.directory.path + "/home-of-two"
        let lock = try HomeLock(directory: home)
        let code = try network.directory.write(
            Voter.afterwards.code + "\n", to: "codes/\(Voter.afterwards.name)")
        let outcome = try await ProcessHarness.run(
            .veche,
            [
                "vote", "--election", "walk", "--registrar", try await walk.registrarURL, "--voter",
                Voter.afterwards.name, "--code-file", code, "--home", home, "--yes", "--genesis",
                network.genesisFile, "--node", network.url("validator-1"),
            ] + Voter.afterwards.selections + Walk.passphrase(network.directory),
            in: network.directory, atMost: .seconds(60))
        withExtendedLifetime(lock) {}
        #expect(outcome.status == 75, outcome.comment)
        #expect(
            outcome.errors.contains(
                "Process \(ProcessInfo.processInfo.processIdentifier) works in"),
            outcome.comment)
        #expect(!LocalFile.exists(home + "/home.json"))
    }

    /// A member of a JSON object, as far as these tests read it.
    private enum JSONValue: Decodable {
        case text(String)
        case other

        init(from decoder: any Decoder) throws {
            // Whatever is no text is not looked at.
            self =
                (try? decoder.singleValueContainer().decode(String.self)).map(Self.text) ?? .other
        }
    }
}
