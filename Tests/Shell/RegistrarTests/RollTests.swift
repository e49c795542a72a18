import APISchema
import Codec
import Cryptography
import DocumentFiles
import Ledger
import Registrar
import Synchronization
import Testing

@Suite struct RollTests {
    @Test func rollIsSortedAndSubmittedOnce() async throws {
        let office = try await Office(voters: 40)
        let rolls = office.chain.state.withLock { $0.rolls }
        let commitments = try #require(rolls[1]).map(\.commitment)
        #expect(commitments.count == 39)
        #expect(rolls[2]?.count == 1)
        #expect(commitments == commitments.sorted())
        #expect(Set(commitments).count == 39)
        let submitted = office.chain.state.withLock { $0.submitted.count }
        let styles = try await RollPublication(
            database: office.database,
            transactions: RegistrarTransactions(
                document: office.document, key: Fixture.secrets.signingKey)
        ).publish(on: office.chain) { _, _, _ in }
        #expect(styles.map(\.voters) == [39, 1])
        #expect(office.chain.state.withLock { $0.submitted.count } == submitted)
    }

    @Test func styleWithoutVotersHasACompleteRollAndStopsNobody() async throws {
        let office = try await Office(register: "voter,code,style\nv0,passcode-0,1\n")
        #expect(office.chain.state.withLock { $0.publishedRolls } == [1, 2])
        #expect(office.chain.state.withLock { $0.rolls[2] } == [])
        let watch = ChainWatch(
            document: office.document, chain: office.chain, database: office.database,
            logger: Fixture.logger)
        await watch.refresh()
        _ = try watch.snapshot()
        _ = try await office.credential(0, seed: 1)
    }

    @Test func rollThatIsStillToComeStopsItsOwnStyleAlone() async throws {
        let office = try await Office()
        office.chain.state.withLock {
            $0.rolls[2] = nil
            $0.phase = "rehearsed"
        }
        _ = try await office.credential(0, seed: 1)
        let refusal = await #expect(throws: IssuingRefusal.self) {
            _ = try await office.credential(4, seed: 2, style: 2)
        }
        #expect(refusal?.failure.code == "E_PHASE")
    }

    @Test func largeRollGoesInFullPartsUnderOneRoot() throws {
        let commitments = (0..<4001).map { number in
            RollPart.leaf(chainID: Fixture.chainID, salt: .zero, voter: "\(number)")
        }.sorted()
        let (root, parts) = RegistrarTransactions(
            document: Fixture.document(), key: Fixture.secrets.signingKey
        ).roll(style: 1, commitments: commitments)
        #expect(parts.count == 3)
        var leaves: [Bytes32] = []
        for (index, bytes) in parts.enumerated() {
            #expect(bytes.count <= Limits.entryBytes)
            guard case .roll(let signed) = try Transaction(canonicalBytes: bytes) else {
                Issue.record("not a roll part")
                return
            }
            #expect(signed.body.part == UInt32(index))
            #expect(signed.body.total == 4001)
            #expect(signed.body.root == root)
            leaves += signed.body.leaves
        }
        #expect(leaves == commitments)
    }

    @Test func sameRegisterMayBeGivenAgainAnotherNot() async throws {
        let office = try await Office()
        try await office.database.makeRoll(
            of: office.document, register: try Fixture.register())
        await #expect(throws: RollFailure.otherRegister) {
            try await office.database.makeRoll(
                of: office.document, register: try Fixture.register(6))
        }
        await #expect(throws: RollFailure.otherElection(name: "probe")) {
            try await office.database.makeRoll(
                of: Fixture.document(name: "second"), register: try Fixture.register())
        }
        #expect(try await office.database.election() == office.document)
    }

    @Test func documentWithOtherKeysIsRefused() throws {
        let foreign = try RegistrarSecrets.generate(styles: [])
        #expect(throws: IssuerFailure.otherRegistrar) {
            try Issuer.check(Fixture.document(), against: foreign)
        }
        try Issuer.check(Fixture.document(), against: Fixture.secrets)
    }

    @Test func secretsComeBackFromTheirFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("registrar.key")
        let passphrase = Passphrase([UInt8]("correct horse".utf8))
        try Fixture.secrets.write(to: path, passphrase: passphrase)
        let read = try RegistrarSecrets(at: path, passphrase: passphrase)
        #expect(read.publicKeys(name: "x") == Fixture.secrets.publicKeys(name: "x"))
        #expect(throws: FileFailure.wrongPassphrase(path: path)) {
            try RegistrarSecrets(at: path, passphrase: Passphrase([1]))
        }
    }
}

@Suite struct ChainWatchTests {
    private func watch(_ office: Office) -> ChainWatch {
        ChainWatch(
            document: office.document, chain: office.chain, database: office.database,
            logger: Fixture.logger)
    }

    private func expectUnknown(
        _ watch: ChainWatch, _ part: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: IssuingRefusal.self, sourceLocation: sourceLocation) {
            _ = try watch.snapshot()
        }
        guard case .chainUnknown(let reason) = error else {
            Issue.record("\(String(describing: error))", sourceLocation: sourceLocation)
            return
        }
        #expect(reason.contains(part), sourceLocation: sourceLocation)
        #expect(error?.failure.retryAfterSeconds == 2, sourceLocation: sourceLocation)
    }

    @Test func chainIsKnownOnceItsRollIsOurs() async throws {
        let office = try await Office()
        let watch = watch(office)
        expectUnknown(watch, "not reached")
        office.chain.state.withLock { $0.isReachable = false }
        await watch.refresh()
        expectUnknown(watch, "cannot reach")
        office.chain.state.withLock { $0.isReachable = true }
        await watch.refresh()
        let snapshot = try watch.snapshot()
        #expect(snapshot.time >= Fixture.during)
        #expect(snapshot.time < Fixture.during.adding(milliseconds: 60_000))
    }

    @Test func chainTimeNeverGoesBack() async throws {
        let office = try await Office()
        let watch = watch(office)
        await watch.refresh()
        let before = try watch.snapshot().time
        office.chain.state.withLock {
            $0.height += 1
            $0.time = Fixture.start
        }
        await watch.refresh()
        #expect(try watch.snapshot().time >= before)
    }

    @Test func rollThatIsMissingOnTheChainIsWaitedFor() async throws {
        let office = try await Office()
        let rolls = office.chain.state.withLock { $0.rolls }
        office.chain.state.withLock { $0.rolls = [:] }
        let watch = watch(office)
        await watch.refresh()
        expectUnknown(watch, "not complete")
        office.chain.state.withLock { $0.rolls = rolls }
        await watch.refresh()
        _ = try watch.snapshot()
    }

    @Test func otherRollOnTheChainStopsIssuing() async throws {
        let office = try await Office()
        office.chain.state.withLock { state in
            state.rolls[1]?[0] = RollLeafStatus(
                commitment: .zero, status: "counted", issued: false)
        }
        let watch = watch(office)
        await watch.refresh()
        expectUnknown(watch, "not the one")
    }

    @Test func databaseThatIsOlderThanTheChainStopsIssuing() async throws {
        let office = try await Office()
        let watch = watch(office)
        await watch.refresh()
        office.chain.state.withLock { $0.issued[1] = 1 }
        await watch.refresh()
        expectUnknown(watch, "old copy")
    }
}
