import APISchema
import Codec
import Cryptography
import Ledger
import LedgerClient
import NetworkAddresses
import Registrar
import Synchronization
import Testing

/// Several nodes of which one lies.
@Suite struct PanelTests {
    /// What a lying node does.
    enum Lie: CaseIterable, Sendable {
        case timeFarAhead, timeLongAgo, moreIssued, aborted, otherElection, otherRoll
        case withdrawnLeaf, longerRoll, closedEarly, unreachable, silent
    }

    private func twin(of office: Office) -> MemoryChain {
        let chain = MemoryChain(document: office.document)
        let state = office.chain.state.withLock { $0 }
        chain.state.withLock { $0 = state }
        return chain
    }

    private func liar(_ lie: Lie, beside office: Office) -> MemoryChain {
        let chain = twin(of: office)
        chain.state.withLock { state in
            switch lie {
            case .timeFarAhead: state.time = Fixture.closes.adding(milliseconds: 1 << 40)
            case .timeLongAgo: state.time = Timestamp(milliseconds: 1)
            case .moreIssued: state.issued[1] = 4
            case .aborted: state.phase = "aborted"
            case .otherElection: state.electionID = .zero
            case .otherRoll:
                state.rolls[1]?[0] = RollLeafStatus(
                    commitment: .zero, status: "counted", issued: false)
            case .withdrawnLeaf:
                state.rolls[1] = state.rolls[1]?.map {
                    RollLeafStatus(
                        commitment: $0.commitment, status: "withdrawn", issued: false)
                }
            case .longerRoll:
                let roll = state.rolls[1] ?? []
                state.rolls[1] = roll + roll
            case .closedEarly: state.phase = "closed"
            case .unreachable: state.isReachable = false
            case .silent: state.isSilent = true
            }
        }
        return chain
    }

    private func watch(_ office: Office, _ chains: [MemoryChain]) -> ChainWatch {
        ChainWatch(
            document: office.document, chain: ChainPanel(chains), database: office.database,
            logger: Fixture.logger)
    }

    @Test(arguments: Lie.allCases)
    func lieOfOneOfThreeNodesChangesNothing(lie: Lie) async throws {
        let office = try await Office()
        let watch = watch(
            office, [liar(lie, beside: office), office.chain, twin(of: office)])
        await watch.refresh()
        let snapshot = try watch.snapshot()
        #expect(snapshot.time >= Fixture.during)
        #expect(snapshot.time < Fixture.closes)
        let answer = try await office.issuer.credential(
            Fixture.message(try Fixture.request(1), from: Fixture.identity(0)),
            from: AddressGroup("192.0.2.1"), election: "probe", chain: snapshot)
        #expect(answer.style == 1)
        let entry = try await office.issuer.entry(
            Fixture.identity(1), from: AddressGroup("192.0.2.1"), election: "probe", chain: snapshot
        )
        #expect(entry.electionID == Fixture.electionID)
    }

    @Test func nodeThatDropsWhatItTookDelaysNoCount() async throws {
        let office = try await Office()
        let liar = twin(of: office)
        liar.state.withLock {
            $0.dropsTransactions = true
            $0.knowsEverythingAsFinal = true
        }
        _ = try await office.credential(0, seed: 1)
        office.chain.state.withLock { $0.time = Fixture.closes }
        let panel = ChainPanel([liar, office.chain, office.chain])
        let publisher = IssuePublisher(
            document: office.document, chain: panel, watch: watch(office, [office.chain]),
            database: office.database,
            transactions: RegistrarTransactions(
                document: office.document, key: Fixture.secrets.signingKey),
            configuration: office.configuration, logger: Fixture.logger)
        try await publisher.publish(at: try await office.chain.snapshot())
        #expect(office.chain.state.withLock { $0.issued[1] } == 1)
        #expect(office.chain.state.withLock { $0.publishedLeaves[1]?.count } == 1)
    }

    @Test func twoNodesThatContradictEachOtherStopIssuingUntilTheyAgree() async throws {
        let office = try await Office()
        let liar = liar(.otherRoll, beside: office)
        let watch = watch(office, [liar, office.chain])
        await watch.refresh()
        #expect(throws: IssuingRefusal.self) { try watch.snapshot() }
        let honest = office.chain.state.withLock { $0 }
        liar.state.withLock { $0 = honest }
        await watch.refresh()
        _ = try watch.snapshot()
    }

    @Test func oldCopyOfTheDatabaseIssuesNothingForAsLongAsTheNodesCountMore() async throws {
        let office = try await Office()
        let watch = watch(office, [office.chain, twin(of: office), twin(of: office)])
        office.chain.state.withLock { $0.issued[1] = 2 }
        let all = watch
        await all.refresh()
        // One of three that counts more is outvoted.
        _ = try all.snapshot()
        let alone = self.watch(office, [office.chain])
        await alone.refresh()
        let refusal = #expect(throws: IssuingRefusal.self) { try alone.snapshot() }
        #expect(refusal?.failure.message.contains("old copy") == true)
        office.chain.state.withLock { $0.issued[1] = 0 }
        await alone.refresh()
        _ = try alone.snapshot()
    }

    @Test func fewerThanHalfOfThreeNodesDecideNothing() async throws {
        let office = try await Office()
        let watch = watch(
            office,
            [
                office.chain, liar(.unreachable, beside: office),
                liar(.unreachable, beside: office),
            ])
        await watch.refresh()
        let refusal = #expect(throws: IssuingRefusal.self) { try watch.snapshot() }
        #expect(refusal?.failure.code == "UNAVAILABLE")
    }

    @Test func transactionThatAllRefuseIsRefused() async throws {
        let office = try await Office()
        office.chain.state.withLock { $0.refusedCounts = [1] }
        let panel = ChainPanel([office.chain, office.chain])
        let count = RegistrarTransactions(
            document: office.document, key: Fixture.secrets.signingKey
        ).issueCount(style: 1, total: 1)
        let error = await #expect(throws: ClientError.self) { try await panel.submit(count) }
        #expect(error?.refusalCode == "E_QUOTA")
    }
}
