import APISchema
import BallotCryptography
import Codec
import Cryptography
import Foundation
import Ledger
import NetworkAddresses
import Registrar
import Synchronization
import Testing

@Suite struct IssuingTests {
    private func expectRefusal(
        _ refusal: IssuingRefusal, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        await #expect(throws: refusal, sourceLocation: sourceLocation) { try await body() }
    }

    @Test func issuedCredentialVerifiesUnderTheStylesKey() async throws {
        let office = try await Office()
        let request = try Fixture.request(1)
        let answer = try await office.credential(0, seed: 1)
        #expect(answer.style == 1)
        let signature = try #require(Hexadecimal.decode(answer.blindSignature))
        let certificate = try request.finalize(signature, verifier: CredentialVerifier())
        let modulus = try #require(Fixture.secrets.issuingKeys[1]?.modulus)
        #expect(
            CredentialVerifier().isValid(certificate, of: request.message, modulus: modulus))
        // R05: a wrong answer is the client's evidence.
        var corrupt = signature
        corrupt[100] ^= 1
        #expect(throws: RefusalCode.blindSignature) {
            try request.finalize(corrupt, verifier: CredentialVerifier())
        }
    }

    @Test func entryOpensTheVotersRollLeaf() async throws {
        let office = try await Office()
        for number in 0..<5 {
            let entry = try await office.issuer.entry(
                Fixture.identity(number), from: AddressGroup("192.0.2.1"), election: "probe",
                chain: try await office.chain.snapshot())
            #expect(entry.style == (number == 4 ? 2 : 1))
            #expect(entry.electionID == Fixture.electionID)
            let roll = office.chain.state.withLock { $0.rolls[entry.style] ?? [] }
            let leaf = try #require(roll.dropFirst(Int(entry.leaf)).first)
            #expect(
                leaf.commitment
                    == RollPart.leaf(
                        chainID: Fixture.chainID, salt: entry.salt, voter: "v\(number)"))
        }
    }

    @Test func sameRequestGetsTheSameAnswerAlsoAfterARestartAndAfterTheClose() async throws {
        let office = try await Office()
        let first = try await office.credential(0, seed: 1)
        #expect(try await office.credential(0, seed: 1) == first)
        let again = try office.another()
        office.chain.state.withLock { $0.time = Fixture.closes }
        let message = Fixture.message(try Fixture.request(1), from: Fixture.identity(0))
        #expect(
            try await again.issuer.credential(
                message, from: AddressGroup("192.0.2.1"), election: "probe",
                chain: try await office.chain.snapshot()) == first)
        #expect(try await office.database.totals().map(\.issued) == [1, 0])
    }

    @Test func anotherRequestOfOneVoterIsRefused() async throws {
        let office = try await Office()
        _ = try await office.credential(0, seed: 1)
        await expectRefusal(.issued) { _ = try await office.credential(0, seed: 2) }
        #expect(try await office.database.totals().map(\.issued) == [1, 0])
    }

    @Test func raceOfTwoFrontEndsEndsInOneCredentialPerVoter() async throws {
        let office = try await Office(voters: 9)
        let other = try office.another()
        let chain = try await office.chain.snapshot()
        let answers = try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
            for number in 0..<8 {
                for (seed, issuer) in [(UInt8(1), office.issuer), (2, other.issuer)] {
                    group.addTask {
                        let message = Fixture.message(
                            try Fixture.request(seed + 2 * UInt8(number)),
                            from: Fixture.identity(number))
                        do {
                            _ = try await issuer.credential(
                                message, from: AddressGroup("192.0.2.1"), election: "probe",
                                chain: chain)
                            return (number, true)
                        } catch IssuingRefusal.issued {
                            return (number, false)
                        }
                    }
                }
            }
            var answers: [Int: [Bool]] = [:]
            for try await (number, isIssued) in group {
                answers[number, default: []].append(isIssued)
            }
            return answers
        }
        for number in 0..<8 {
            #expect(answers[number]?.count { $0 } == 1)
            #expect(answers[number]?.count == 2)
        }
        #expect(try await other.database.totals().map(\.issued) == [8, 0])
    }

    @Test func voterWhoIsNotListedIsRefused() async throws {
        let office = try await Office()
        await expectRefusal(.wrongIdentity) {
            _ = try await office.issuer.entry(
                VoterIdentity(voter: "v5", code: "passcode-5"), from: AddressGroup("192.0.2.1"),
                election: "probe",
                chain: try await office.chain.snapshot())
        }
    }

    @Test func electionIsNamedByNameHashOrID() async throws {
        let office = try await Office()
        let chain = try await office.chain.snapshot()
        for name in ["probe", office.document.hash.description, Fixture.electionID.description] {
            _ = try await office.issuer.entry(
                Fixture.identity(0), from: AddressGroup("192.0.2.1"), election: name, chain: chain)
        }
        await expectRefusal(.unknownElection) {
            _ = try await office.issuer.entry(
                Fixture.identity(0), from: AddressGroup("192.0.2.1"), election: "other",
                chain: chain)
        }
    }

    @Test func credentialsAreIssuedFromTheirStartToTheCloseByChainTime() async throws {
        let office = try await Office()
        office.chain.state.withLock { $0.time = Fixture.start.subtracting(milliseconds: 1) }
        await expectRefusal(.beforeIssuing(Fixture.start)) {
            _ = try await office.credential(0, seed: 1)
        }
        office.chain.state.withLock { $0.time = Fixture.start }
        _ = try await office.credential(0, seed: 1)
        office.chain.state.withLock { $0.time = Fixture.closes.subtracting(milliseconds: 1) }
        _ = try await office.credential(1, seed: 2)
        office.chain.state.withLock { $0.time = Fixture.closes }
        await expectRefusal(.afterClose(Fixture.closes)) {
            _ = try await office.credential(2, seed: 3)
        }
        #expect(try await office.database.totals().map(\.issued) == [2, 0])
    }

    @Test(arguments: [
        "announced", "keyCeremony", "closed", "decrypting", "tallied", "aborted",
    ])
    func otherPhasesIssueNothing(phase: String) async throws {
        let office = try await Office()
        office.chain.state.withLock { $0.phase = phase }
        let error = await #expect(throws: IssuingRefusal.self) {
            _ = try await office.credential(0, seed: 1)
        }
        #expect(error?.failure.code == "E_PHASE")
        #expect(try await office.database.totals().map(\.issued) == [0, 0])
    }

    @Test func nothingIsIssuedBeforeTheKeysAreMade() async throws {
        let office = try await Office()
        office.chain.state.withLock { $0.electionID = nil }
        let error = await #expect(throws: IssuingRefusal.self) {
            _ = try await office.credential(0, seed: 1)
        }
        #expect(error?.failure.code == "E_PHASE")
        await #expect(throws: IssuingRefusal.self) {
            _ = try await office.issuer.entry(
                Fixture.identity(0), from: AddressGroup("192.0.2.1"), election: "probe",
                chain: try await office.chain.snapshot())
        }
    }

    @Test(arguments: ["", "00", "zz", String(repeating: "00", count: 384)])
    func malformedBlindedMessageDoesNotUseUpTheRequest(text: String) async throws {
        let office = try await Office()
        await expectRefusal(.blindedMessage) {
            _ = try await office.issuer.credential(
                CredentialRequestMessage(identity: Fixture.identity(0), blindedMessage: text),
                from: AddressGroup("192.0.2.1"), election: "probe",
                chain: try await office.chain.snapshot())
        }
        _ = try await office.credential(0, seed: 1)
    }

    @Test func leafThatIsNoLongerCountedGetsNoCredential() async throws {
        let office = try await Office()
        let chain = try await office.chain.snapshot()
        let entry = try await office.issuer.entry(
            Fixture.identity(0), from: AddressGroup("192.0.2.1"), election: "probe", chain: chain)
        office.chain.state.withLock { state in
            let old = state.rolls[1]?[Int(entry.leaf)]
            state.rolls[1]?[Int(entry.leaf)] = RollLeafStatus(
                commitment: old?.commitment ?? .zero, status: "withdrawn", issued: false)
        }
        let watch = ChainWatch(
            document: office.document, chain: office.chain, database: office.database,
            logger: Fixture.logger)
        await watch.refresh()
        _ = try watch.snapshot()
        await expectRefusal(.notCounted) { _ = try await office.credential(0, seed: 1) }
        _ = try await office.credential(1, seed: 1)
    }

    @Test func databaseHoldsNoVoterAndNoCodeInClear() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("registrar.sqlite")
        let database = try RegistrarDatabase(path: path, secrets: Fixture.secrets)
        let register = try Register(
            [UInt8]("voter,code,style\nIVANOVA-MARIA,SESAME-OPEN,1\nx,12345678,2\n".utf8),
            styles: [1, 2])
        try await database.makeRoll(of: Fixture.document(), register: register)
        try database.close()
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            let content = try Data(contentsOf: URL(fileURLWithPath: directory.file(name)))
            #expect(content.range(of: Data("IVANOVA".utf8)) == nil)
            #expect(content.range(of: Data("SESAME".utf8)) == nil)
        }
    }

    @Test func databaseOfAnotherKeyFileIsNotUsed() async throws {
        let office = try await Office()
        let foreign = try RegistrarSecrets.generate(styles: [])
        let database = try RegistrarDatabase(
            path: office.directory.file("registrar.sqlite"), secrets: foreign)
        let issuer = try Office.issuer(
            office.document, database, office.configuration, office.wallTime)
        // Its lookup names differ, so that it lists nobody.
        await expectRefusal(.wrongIdentity) {
            _ = try await issuer.entry(
                Fixture.identity(0), from: AddressGroup("192.0.2.1"), election: "probe",
                chain: try await office.chain.snapshot())
        }
    }
}

@Suite struct BlindedMessageTests {
    private static func number(_ small: UInt8) -> [UInt8] {
        [UInt8](repeating: 0, count: 383) + [small]
    }

    @Test func valuesWhoseSignaturesAreKnownOrThatAreOutOfRangeAreRefused() throws {
        let modulus = try #require(Fixture.secrets.issuingKeys[1]?.modulus)
        func plus(_ offset: Int) -> [UInt8] {
            var value = modulus
            // The last byte of this modulus may need a carry: it is odd, and offsets are small.
            var carry = offset
            for index in value.indices.reversed() {
                let sum = Int(value[index]) + carry
                value[index] = UInt8(truncatingIfNeeded: sum)
                carry = sum >> 8
            }
            return value
        }
        let largest = [UInt8](repeating: 0xFF, count: 384)
        for refused in [
            Self.number(0), Self.number(1), plus(-1), plus(0), plus(1), largest, [],
            [UInt8](Self.number(2).dropFirst()), [0] + Self.number(2),
        ] {
            #expect(BlindedMessage(refused, modulus: modulus) == nil)
        }
        for accepted in [Self.number(2), plus(-2)] {
            #expect(BlindedMessage(accepted, modulus: modulus)?.bytes == accepted)
        }
    }
}
