import BallotCryptography
import CeremonyStation
import Codec
import Cryptography
import DocumentFiles
import Elections
import Foundation
import Ledger
import Testing

/// A commission's proposals on their way from member to member.
@Suite struct ProposalTests {
    let chain = genesis()

    private func proposal(signedBy names: [String] = []) throws -> CommissionProposal {
        var proposal = CommissionProposal(creating: try StationWorld.document(chain))
        for name in names {
            try proposal.sign(
                with: signer(name), commission: chain.commission, domain: chain.domain)
        }
        return proposal
    }

    /// The proposal as the next member reads it, after `change` was made in the file.
    private func reread(
        _ proposal: CommissionProposal, replacing old: String = "", with new: String = ""
    ) throws -> CommissionProposal {
        let text = String(decoding: try JSONDocument.encode(proposal), as: UTF8.self)
        let changed = old.isEmpty ? text : text.replacingOccurrences(of: old, with: new)
        return try JSONDocument.decode(CommissionProposal.self, from: [UInt8](changed.utf8))
    }

    @Test func thresholdOfMembersMakesATransactionThatTheLedgerTakes() throws {
        let world = try StationWorld()
        #expect(try world.queries.election(named: "choice") == world.election)
        #expect(try world.queries.status(world.election)?.phase == .announced)
    }

    @Test func fewerMembersThanTheThresholdAreRefusedByTheLedger() throws {
        let genesis = genesis("other")
        let chain = ChainContext(genesis: genesis)
        let start = GenesisState.execute(chain)
        var state = MemoryState()
        state.apply(start.changes)
        var proposal = CommissionProposal(creating: try StationWorld.document(genesis))
        try proposal.sign(
            with: signer("Clara"), commission: genesis.commission, domain: genesis.domain)
        let bytes = try proposal.transaction(chainID: genesis.chainID).canonicalBytes
        var executor = try BlockExecutor(
            chain: chain, parent: state, catalog: start.catalog, height: start.height.next,
            time: start.time.adding(milliseconds: 1), parentHash: .zero)
        #expect {
            try executor.apply(Entry(bytes))
        } throws: { error in
            guard case .refused(let refusal)? = error as? ExecutionFailure else { return false }
            return refusal.code == .authorization
        }
    }

    @Test func keyOfNoMemberIsRefusedWithTheNamesOfTheMembers() throws {
        var proposal = try proposal()
        #expect {
            try proposal.sign(
                with: signer("Mallory"), commission: chain.commission, domain: chain.domain)
        } throws: { error in
            "\(error)".contains("no commission member's")
                && "\(error)".contains("Anna, Boris, Clara")
        }
        #expect(proposal.approvals.isEmpty)
    }

    @Test func signaturesStandByRisingMemberWhoeverSignsFirst() throws {
        let proposal = try proposal(signedBy: ["Clara", "Anna", "Boris"])
        #expect(proposal.approvals.map(\.member) == [0, 1, 2])
        #expect(try proposal.badSigners(commission: chain.commission, domain: chain.domain) == [])
    }

    @Test func memberWhoSignsAgainIsCountedOnce() throws {
        #expect(try proposal(signedBy: ["Boris", "Boris"]).approvals.map(\.member) == [1])
    }

    @Test func proposalSurvivesItsFile() throws {
        let proposal = try proposal(signedBy: ["Anna", "Clara"])
        let read = try reread(proposal)
        #expect(read.createElection == proposal.createElection)
        #expect(read.approvals == proposal.approvals)
        #expect(try read.badSigners(commission: chain.commission, domain: chain.domain) == [])
    }

    @Test func documentChangedAfterSigningNamesTheSigners() throws {
        let changed = try reread(
            try proposal(signedBy: ["Anna", "Clara"]), replacing: "A choice", with: "No choice")
        #expect(
            try changed.badSigners(commission: chain.commission, domain: chain.domain)
                == ["Anna", "Clara"])
    }

    @Test func proposalSignedForAnotherChainNamesTheSigners() throws {
        let proposal = try proposal(signedBy: ["Boris"])
        #expect(
            try proposal.badSigners(
                commission: chain.commission, domain: genesis("other").domain) == ["Boris"])
    }

    @Test func signatureOfAMemberWhoDoesNotExistIsNamedByNumber() throws {
        let changed = try reread(
            try proposal(signedBy: ["Anna"]), replacing: "\"member\" : 0",
            with: "\"member\" : 9")
        #expect(
            try changed.badSigners(commission: chain.commission, domain: chain.domain)
                == ["member 9"])
    }

    @Test func signatureTwiceInAFileMakesNoTransaction() throws {
        let text = String(
            decoding: try JSONDocument.encode(try proposal(signedBy: ["Anna", "Boris"])),
            as: UTF8.self)
        let doubled = text.replacingOccurrences(of: "\"member\" : 1", with: "\"member\" : 0")
        let read = try JSONDocument.decode(
            CommissionProposal.self, from: [UInt8](doubled.utf8))
        #expect { try read.transaction(chainID: chain.chainID) } throws: { error in
            "\(error)".contains("signature twice")
        }
    }

    @Test func fileWithoutADecisionIsRefused() throws {
        let read = try JSONDocument.decode(
            CommissionProposal.self, from: [UInt8]("{\"approvals\": []}".utf8))
        #expect { try read.transaction(chainID: chain.chainID) } throws: { error in
            "\(error)".contains("holds no proposal")
        }
    }

    @Test func fileWithTwoDecisionsIsRefused() throws {
        let election = Bytes32.zero.description
        let read = try JSONDocument.decode(
            CommissionProposal.self,
            from: [UInt8](
                """
                {"approvals": [], "abortElection": {"election": "\(election)", "reason": "a"},
                 "extendWindow": {"election": "\(election)", "styles": [1], "reason": "b",
                                  "closes": "2027-01-15T08:00:00Z"}}
                """.utf8))
        #expect(throws: StationError.self) { try read.transaction(chainID: chain.chainID) }
    }

    @Test func unknownKeyInAFileIsRefusedByName() throws {
        #expect {
            try JSONDocument.decode(
                CommissionProposal.self,
                from: [UInt8]("{\"approvals\": [], \"approved\": true}".utf8))
        } throws: { error in "\(error)".contains("approved") }
    }

    @Test func extensionIsAppliedByTheLedger() throws {
        var world = try StationWorld()
        try world.holdCeremony()
        let later = world.document.styles[0].closes.adding(milliseconds: 60_000)
        var proposal = CommissionProposal(
            extending: ExtendWindow(
                election: world.election, styles: [1], closes: later, reason: "rain"))
        for name in ["Boris", "Clara"] {
            try proposal.sign(
                with: signer(name), commission: world.document.commission,
                domain: world.chain.domain)
        }
        try world.add([try proposal.transaction(chainID: world.chain.chainID)])
        #expect(try world.queries.status(world.election)?.styles[0].closes == later)
    }

    @Test func abortIsAppliedByTheLedger() throws {
        var world = try StationWorld()
        var proposal = CommissionProposal(
            aborting: AbortElection(election: world.election, reason: "a key was lost"))
        for name in ["Anna", "Clara"] {
            try proposal.sign(
                with: signer(name), commission: world.document.commission,
                domain: world.chain.domain)
        }
        try world.add([try proposal.transaction(chainID: world.chain.chainID)])
        #expect(try world.queries.status(world.election)?.phase == .aborted)
    }
}
