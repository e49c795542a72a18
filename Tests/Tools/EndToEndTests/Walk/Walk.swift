import APISchema
import Codec
import DocumentFiles
import Foundation
import Ledger
import ProcessHarness

/// The one election of this suite, walked role by role with the built programs. A test names the
/// stage that it needs; what leads there is done once, in this order, whoever asks first.
actor Walk {
    static let shared = Walk()

    enum Stage: Int, CaseIterable, Comparable, Sendable {
        /// Four validators vote, an observer follows.
        case network
        /// Five trustees and the registrar have made their keys.
        case keys
        /// Four of seven members have created the election.
        case created
        /// All steps of the key ceremony are done, with the rehearsal.
        case keyCeremony
        /// The roll is in the log, the registrar serves and issues; no style is open.
        case issuing
        /// Styles 1 and 2 are open, the window is extended; style 3 opens later.
        case open
        /// Every voter has voted; a validator was killed meanwhile and is back.
        case cast
        /// No ballot is taken any more.
        case closed
        /// Three trustees have decrypted.
        case tallied
        /// Four members have signed the protocol.
        case final

        static func < (lhs: Stage, rhs: Stage) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    private var reached: Stage?
    private var failure: HarnessFailure?
    private var made: TestNetwork?
    private var tempo = 1.0
    private var registrarProcess: LocalProcess?
    private(set) var opensLate = Timestamp(milliseconds: 0)
    private var counted: [Voter] = []

    /// Walks up to a stage.
    ///
    /// - Throws: what ended the walk, every time from then on.
    func reach(_ stage: Stage) async throws {
        for next in Stage.allCases where next <= stage && (reached.map { $0 < next } ?? true) {
            if let failure { throw failure }
            do {
                try await take(next)
                reached = next
            } catch {
                failure = HarnessFailure("The walk ended before the stage '\(next)': \(error)")
                throw failure ?? error
            }
        }
    }

    /// Whether the walk has gone beyond a stage: what a stage forbids cannot be shown any more.
    func isBeyond(_ stage: Stage) -> Bool { reached.map { $0 > stage } ?? false }

    var network: TestNetwork {
        get throws {
            guard let made else { throw HarnessFailure("The network does not run.") }
            return made
        }
    }

    /// Notes a ballot that a test cast and that the tally must hold.
    func count(_ voter: Voter) { counted.append(voter) }

    private func take(_ stage: Stage) async throws {
        switch stage {
        case .network: try await startNetwork()
        case .keys: try await makeKeys()
        case .created: try await createElection()
        case .keyCeremony: try await holdKeyCeremony()
        case .issuing: try await publishRoll()
        case .open: try await open()
        case .cast: try await cast()
        case .closed: try await close()
        case .tallied: try await decrypt()
        case .final: try await sign()
        }
    }

    // MARK: - Network and keys

    private func startNetwork() async throws {
        let directory = try TestDirectory("walk")
        let network = try await TestNetwork(
            in: directory,
            extra: [
                "--chain-name", "walk", "--origin", "walk.veche.example/1", "--epoch-length", "64",
            ])
        made = network
        try await network.start(network.allNames)
        try await network.waitUntilVoting()
        try await eventually("the observer follows", within: .seconds(60)) {
            await network.status(TestNetwork.observer) != nil
        }
        try directory.write("a passphrase of the tests\n", to: "passphrase")
    }

    private func makeKeys() async throws {
        let directory = try network.directory
        let start = ContinuousClock.now
        try await each(Array(1...5)) { trustee in
            try await succeed(
                .ceremony,
                [
                    "trustee", "init", "--home", directory.path + "/trustee-\(trustee)", "--name",
                    "Trustee \(trustee)", "--cost", "interactive",
                ] + Self.passphrase(directory), in: directory)
        }
        // Opening and making keys is the same work everywhere: it tells how loaded the machine is.
        let took = ContinuousClock.now - start
        tempo = min(4, max(1, Double(took.components.seconds + 1) / 4))
        try directory.write(try Self.template(opensLate: Timestamp.now), to: "election.json")
        try await succeed(
            .registrar,
            [
                "init", "--home", directory.path + "/registrar", "--name", "Registrar",
                "--template", directory.path + "/election.json",
            ] + Self.passphrase(directory), in: directory, atMost: .seconds(120))
    }

    static func passphrase(_ directory: TestDirectory) -> [String] {
        ["--passphrase-file", directory.path + "/passphrase"]
    }

    // MARK: - Creation and key ceremony

    /// The demonstration's template with a short grace, small tally units, and a third style that
    /// opens later than the others.
    static func template(opensLate: Timestamp, name: String = "walk") throws -> String {
        let file = Program.top.appendingPathComponent("Genesis/demo/election.json")
        var text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let zone = "\"timeZone\": \"Asia/Vladivostok\""
        for (old, new) in [
            ("\"name\": \"demo\"", "\"name\": \"\(name)\""),
            ("\"graceMilliseconds\": 10000", "\"graceMilliseconds\": 3000"),
            ("\"minimumTallyUnit\": 10", "\"minimumTallyUnit\": 4"),
            (zone, zone + ", \"opens\": \"\(opensLate)\""),
        ] {
            guard text.contains(old) else {
                throw HarnessFailure("\(file.path) has no \(old) any more.")
            }
            text = text.replacingOccurrences(of: old, with: new)
        }
        return text
    }

    private func after(_ seconds: Double) -> Timestamp {
        Timestamp.now.adding(milliseconds: UInt64(seconds * tempo) * 1000)
    }

    private func createElection() async throws {
        let network = try network
        let directory = network.directory
        opensLate = after(75)
        try directory.write(try Self.template(opensLate: opensLate), to: "election.json")
        try await succeed(
            .ceremony,
            ["commission", "create", "--template", directory.path + "/election.json"]
                + network.chain()
                + (1...5).flatMap {
                    ["--trustee", directory.path + "/trustee-\($0)/trustee.public.json"]
                } + [
                    "--registrar", directory.path + "/registrar/registrar.public.json",
                    "--issuing", "\(Timestamp.now.wholeSeconds)", "--opens",
                    "\(after(40).wholeSeconds)", "--closes", "\(after(100).wholeSeconds)",
                    "--ceremony-ends", "\(after(600).wholeSeconds)", "--output",
                    directory.path + "/create.json",
                ] + network.memberKey(1), in: directory)
        for member in [2, 3] { try await signProposal("create.json", member) }
        try await signProposal("create.json", 4, "--submit")
    }

    /// A member signs a proposal of the walk's directory.
    private func signProposal(_ file: String, _ member: Int, _ extra: String...) async throws {
        let network = try network
        try await succeed(
            .ceremony,
            ["commission", "sign", network.directory.path + "/" + file, "--yes"] + extra
                + network.chain() + network.memberKey(member), in: network.directory)
    }

    /// A step of trustees, each a process of its own, all at once.
    private func step(_ name: String, _ trustees: [Int]) async throws {
        let network = try network
        try await each(trustees) { trustee in
            try await succeed(.ceremony, Self.step(name, trustee, network), in: network.directory)
        }
    }

    static func step(_ name: String, _ trustee: Int, _ network: TestNetwork) -> [String] {
        [
            "trustee", name, "--home", network.directory.path + "/trustee-\(trustee)",
            "--election", "walk",
        ] + network.chain() + passphrase(network.directory)
    }

    private func holdKeyCeremony() async throws {
        for name in ["register", "commit", "deal", "check", "confirm", "rehearse"] {
            try await step(name, [1, 2, 3, 4, 5])
        }
    }

    // MARK: - Roll and window

    private func publishRoll() async throws {
        let network = try network
        let directory = network.directory
        try directory.write(Voter.register, to: "voters.csv")
        let common =
            ["--home", directory.path + "/registrar", "--election", "walk"] + network.chain()
            + Self.passphrase(directory)
        try await succeed(
            .registrar, ["roll", "--register", directory.path + "/voters.csv"] + common,
            in: directory)
        registrarProcess = try LocalProcess(
            .registrar, ["serve", "--listen", "127.0.0.1:\(network.registrarPort)"] + common,
            name: "registrar", directory: directory.logs)
        try await eventually("the registrar is ready") {
            // Until it listens there is no answer.
            let status = try? await HTTP.get(registrarURL + "/v1/status")
                .json(RegistrarStatus.self)
            return status?.ready == true
        }
    }

    var registrarURL: String {
        get throws { "http://127.0.0.1:\(try network.registrarPort)" }
    }

    var electionURL: String {
        get throws { try network.url(TestNetwork.observer) + "/v1/elections/walk" }
    }

    func electionStatus() async throws -> ElectionStatus {
        let url = try electionURL
        // The observer has each block a little later than the node that took the transaction.
        try await eventually("the observer knows the election") {
            try await HTTP.get(url).status == 200
        }
        return try await HTTP.get(url).json(ElectionStatus.self)
    }

    private func wait(for phases: String..., within limit: Duration) async throws {
        try await eventually("the phase \(phases)", within: limit) {
            phases.contains(try await electionStatus().summary.phase)
        }
    }

    private func open() async throws {
        try await wait(for: "open", within: .seconds(200))
        try await extend(to: after(115))
    }

    private func extend(to time: Timestamp) async throws {
        let network = try network
        let file = network.directory.freshName("extend.json")
        try await succeed(
            .ceremony,
            [
                "commission", "extend", "--election", "walk", "--closes", "\(time.wholeSeconds)",
                "--reason", "heavy snow", "--output", network.directory.path + "/" + file,
            ] + network.chain() + network.memberKey(5), in: network.directory)
        for member in [6, 7] { try await signProposal(file, member) }
        try await signProposal(file, 1, "--submit")
        try await eventually("the window is extended") {
            try await electionStatus().styles.allSatisfy { $0.closes == time.wholeSeconds }
        }
    }

    // MARK: - Casting

    /// Runs `veche vote` for a voter, asking the named nodes.
    func vote(
        _ voter: Voter, through nodes: [String], code: String? = nil, home: String? = nil
    ) async throws -> Outcome {
        let network = try network
        let directory = network.directory
        let file = try directory.write((code ?? voter.code) + "\n", to: "codes/\(voter.name)")
        return try await run(
            .veche,
            [
                "vote", "--election", "walk", "--registrar", try registrarURL, "--voter",
                voter.name, "--code-file", file, "--home", try self.home(home ?? voter.name),
                "--yes", "--json", "--genesis", network.genesisFile,
            ] + nodes.flatMap { ["--node", network.url($0)] } + voter.selections
                + Self.passphrase(directory), in: directory, atMost: .seconds(120))
    }

    func home(_ voter: String) throws -> String { try network.directory.file("voters/" + voter) }

    private func mustVote(_ voter: Voter, through nodes: [String]) async throws {
        let outcome = try await vote(voter, through: nodes)
        guard outcome.status == 0 else {
            throw HarnessFailure("\(voter.name) must vote: \(outcome.testDescription)")
        }
    }

    private func cast() async throws {
        let network = try network
        let ready = Voter.casting.filter { $0.style != 3 }
        let half = ready.count / 2
        try await castAll(Array(ready.prefix(half)), on: network.allNames)
        try await network.kill("validator-2")
        let left = network.allNames.filter { $0 != "validator-2" }
        try await castAll(Array(ready.dropFirst(half)), on: left)
        // Back with what it missed, it votes on.
        try await network.start(["validator-2"])
        try await eventually("style 3 opens", within: .seconds(200)) {
            try await network.requireStatus(TestNetwork.observer).time >= opensLate
        }
        try await castAll(Voter.casting.filter { $0.style == 3 }, on: network.allNames)
        try await network.waitUntilVoting(["validator-2"])
        let height = try await network.requireStatus(TestNetwork.observer).height
        try await network.wait(for: "validator-2", height: height)
    }

    /// Casts the ballots of voters, each beginning with another node, four at a time.
    private func castAll(_ voters: [Voter], on nodes: [String]) async throws {
        for start in stride(from: 0, to: voters.count, by: 4) {
            let group = Array(voters[start..<min(start + 4, voters.count)])
            try await each(Array(group.enumerated())) { place, voter in
                let first = (start + place) % nodes.count
                try await self.mustVote(
                    voter, through: Array(nodes[first...] + nodes[..<first]))
            }
        }
        counted += voters
    }

    // MARK: - Closing

    private func close() async throws {
        // A node that must say so at once stands for chain time.
        try await wait(for: "closed", within: .seconds(240))
    }

    private func decrypt() async throws {
        try await step("decrypt", [1, 2, 3])
        try await wait(for: "tallied", within: .seconds(30))
        // The block after the counts fixes the protocol, at the latest the next heartbeat.
        try await eventually("the result protocol is fixed") {
            try await HTTP.get(try electionURL + "/protocol").status == 200
        }
    }

    private func sign() async throws {
        let network = try network
        for member in 1...4 {
            try await succeed(
                .ceremony,
                [
                    "commission", "sign", "--protocol", "--election", "walk", "--yes", "--save",
                    network.directory.path + "/protocol.json",
                ] + network.chain() + network.memberKey(member), in: network.directory)
        }
        try await wait(for: "final", within: .seconds(30))
    }

    /// What the tally must be: votes by contest and option, over all units.
    var expectedVotes: [String: Int] {
        var votes: [String: Int] = [:]
        for voter in counted {
            votes["project,\(voter.project)", default: 0] += 1
            for park in voter.parks { votes["parks,\(park)", default: 0] += 1 }
        }
        return votes
    }

    var countedVoters: [Voter] { counted }

    private var recorded: Recording?

    /// The chain as the observer served it at one moment after the end of the election.
    func recording() async throws -> Recording {
        if let recorded { return recorded }
        let recording = try await Recording.make(from: network.url(TestNetwork.observer))
        recorded = recording
        return recording
    }

    // MARK: - The end

    /// Ends everything; the exit statuses by name.
    func end() async throws -> [String: Int32] {
        var statuses: [String: Int32] = [:]
        if let registrarProcess { statuses["registrar"] = try await registrarProcess.stop() }
        registrarProcess = nil
        if let made { statuses.merge(try await made.stopAll()) { $1 } }
        return statuses
    }
}

/// Runs `body` for all elements at once.
func each<Element: Sendable>(
    _ elements: [Element], _ body: @escaping @Sendable (Element) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for element in elements { group.addTask { try await body(element) } }
        try await group.waitForAll()
    }
}

extension Timestamp {
    static var now: Timestamp {
        Timestamp(milliseconds: UInt64(Date().timeIntervalSince1970 * 1000))
    }

    /// As command lines write it.
    var wholeSeconds: Timestamp { Timestamp(milliseconds: milliseconds / 1000 * 1000) }
}
