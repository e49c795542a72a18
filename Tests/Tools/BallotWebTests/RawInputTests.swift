import BallotCryptography
import BallotWeb
import Codec
import Cryptography
import Ristretto
import Testing

/// The exports by their raw inputs, whole, cut short, longer and bent: the module in a host and the
/// same Swift compiled natively answer alike, byte for byte, and nothing stops the instance.
@Suite struct RawInputTests {
    private struct Script {
        let name: String
        let steps: [(function: String, input: [UInt8])]
    }

    private static let random: [UInt8] = {
        var random = SeededRandom(77)
        return random.bytes(60_000)
    }()

    /// A valid input of each function.
    private static func inputs() throws -> [(function: WebFunction, input: [UInt8])] {
        var random = SeededRandom(21)
        let file = try vectorFile("ballot.json")
        let keys = try TestElection.vectorKeys(file)
        let vote = TestVote(
            rules: TestRules(
                electionID: try file["ballot"]["electionId"].bytes32, style: 1,
                contests: [
                    BallotContest(
                        index: 0,
                        shape: try ContestShape(options: 4, min: 1, max: 1, countsBlank: false))
                ], keys: keys),
            seed: Bytes32(random.bytes(32)[...]), sequence: 1, previous: .zero,
            choices: [.options([2])])
        let wire = try file["ballot"]["accept"].list[0]["wire"].hexadecimal
        let unseeded: [UInt8] = vote.rules.electionID.bytes + [0, 0, 0, 1]
        let credential = vote.seed.bytes + unseeded
        var modulus = random.bytes(384)
        modulus[0] |= 0x80
        modulus[383] |= 1
        let opening = try EncryptedBallot(
            vote.choices, rules: try vote.rules.rules, credential: vote.credential, sequence: 1,
            previous: .zero, arithmetic: SodiumArithmetic(), random: &random
        ).open().canonicalBytes
        let chain = try vectorFile("chain.json")
        let receipt = try chain["receipts"].list[0]
        let policy = [UInt8](try chain["policy"].text.utf8)
        let proof = [UInt8](try receipt["receipt"].text.utf8)
        let transaction = try receipt["transaction"].hexadecimal
        let genesis = try chain["genesis"].hexadecimal
        return [
            (.makeCredential, [0] + unseeded),
            (.makeCredential, [1] + credential),
            (.blind, credential + modulus),
            (.unblind, credential + modulus + random.bytes(384)),
            (.verifyCertificate, unseeded + vote.seed.bytes + modulus + modulus),
            (.encrypt, vote.encoded), (.encryptProveSign, vote.encoded),
            (.spoil, credential + vote.seed.bytes),
            (.verifyBallot, vote.rules.encoded + u32(wire.count) + wire),
            (.verifyOpening, vote.rules.encoded + opening),
            (.trustPolicy, try chain["chainId"].hexadecimal + u32(genesis.count) + genesis),
            (
                .verifyReceipt,
                u32(policy.count) + policy + u32(proof.count) + proof + u32(transaction.count)
                    + transaction + [0]
            ),
            (.verifyTally, try tally(file, keys)),
            (.cast, u32(1)), (.challenge, u32(1)), (.discard, u32(1)),
        ]
    }

    private static func u32(_ value: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt32(value))
        return writer.bytes
    }

    private static func tally(_ file: HostAnswer, _ keys: ElectionKeys) throws -> [UInt8] {
        let tally = try file["tally"]
        let shape = try ContestShape(options: 4, min: 1, max: 1, countsBlank: false)
        var bytes = try file["ballot"]["electionId"].hexadecimal + u32(1)
        bytes += TestRules.encoded(shape) + u32(4) + (try tally["A"].hexadecimal) + u32(4)
        for c in try tally["C"].list { bytes += try c.hexadecimal }
        bytes += keys.canonicalBytes + u32(2)
        for trustee in [1, 3] {
            let share = try tally["shares"]["\(trustee)"]
            var reader = ByteReader(try share["proof"].hexadecimal)
            let decryption = PartialDecryption(
                shares: try share["M"].list.map { try $0.bytes32 },
                proof: try EqualityProof(from: &reader))
            bytes += u32(trustee) + decryption.canonicalBytes
        }
        return bytes + [0]
    }

    private static func scripts() throws -> [Script] {
        let inputs = try Self.inputs()
        var scripts: [Script] = []
        for (number, (function, input)) in inputs.enumerated() {
            let name = function.rawValue
            scripts.append(Script(name: "\(name) \(number)", steps: [(name, input)]))
            scripts.append(Script(name: "longer \(name) \(number)", steps: [(name, input + [0])]))
            scripts.append(Script(name: "empty \(name) \(number)", steps: [(name, [])]))
            var damage = SeededRandom(UInt64(number))
            var steps: [(function: String, input: [UInt8])] = []
            for _ in 0..<6 {
                steps.append((name, [UInt8](input.prefix(damage.below(input.count)))))
                var bent = input
                bent[damage.below(bent.count)] ^= UInt8(1 << damage.below(8))
                steps.append((name, bent))
                // Lengths and counts stand at every place: the largest of them anywhere.
                var huge = input
                let start = damage.below(huge.count)
                for index in start..<min(start + 4, huge.count) { huge[index] = 0xFF }
                steps.append((name, huge))
            }
            scripts.append(Script(name: "damaged \(name) \(number)", steps: steps))
        }
        let encrypt = try #require(inputs.first { $0.function == .encrypt }).input
        scripts.append(
            Script(
                name: "encryptions in turn",
                steps: [
                    ("encrypt", encrypt), ("encrypt", encrypt), ("challenge", u32(2)),
                    ("cast", u32(2)), ("cast", u32(1)), ("challenge", u32(1)),
                    ("encrypt", encrypt), ("discard", u32(3)), ("cast", u32(3)),
                    ("discard", u32(0)),
                ]))
        return scripts
    }

    static func cases() throws -> [HostCase] {
        try scripts().map { HostCase("raw \($0.name)", steps: $0.steps, random: random) }
    }

    @Test(arguments: Host.allCases)
    func anyInputHasTheAnswerOfNativeCode(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        for script in try Self.scripts() {
            var session = WebSession(random: RecordedRandom(Self.random))
            let answers = try results["raw \(script.name)"].list
            try #require(answers.count == script.steps.count)
            for (step, answer) in zip(script.steps, answers) {
                let function = try #require(WebFunction(rawValue: step.function))
                let status: Int
                let output: [UInt8]
                do throws(WebRefusal) {
                    output = try session.answer(function, to: step.input)
                    status = 0
                } catch {
                    output = [UInt8](error.name.utf8)
                    status = 1
                }
                #expect(try answer["status"].number == status, "\(script.name)")
                #expect(try answer["output"].hexadecimal == output, "\(script.name)")
            }
        }
    }

    @Test(arguments: Host.allCases)
    func aValidInputIsAnsweredAndALongerOrEmptyOneIsNot(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let refused: Set<WebFunction> = [.unblind, .verifyCertificate, .cast, .challenge, .discard]
        for (number, (function, _)) in try Self.inputs().enumerated() {
            let name = function.rawValue
            let expected = refused.contains(function) ? 1 : 0
            let status = try results["raw \(name) \(number)"].list[0]["status"].number
            #expect(status == expected, "\(name)")
            for way in ["longer", "empty"] {
                let answer = try results["raw \(way) \(name) \(number)"].list[0]
                #expect(try answer["status"].number == 1, "\(way) \(name)")
                #expect(try answer["output"].hexadecimal == [UInt8]("E_INPUT".utf8))
            }
        }
    }
}
