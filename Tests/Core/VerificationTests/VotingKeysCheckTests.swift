import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing
import Verification

/// What keeps a node from giving a voter keys of its own.
struct VotingKeysCheckTests {
    /// A finished election's public parts, as a node would hand them out.
    private struct Parts {
        let genesis: Genesis
        let document: ElectionDocument
        let keys: ElectionKeys
        let electionID: Bytes32
        let ceremony: CeremonyStatus
        let creation: [UInt8]
        let confirmations: [[UInt8]]

        init() throws {
            let election = try TestElection.prepared.get()
            genesis = election.chain.genesis
            document = election.document
            keys = try #require(try election.queries.keys(election.election))
            ceremony = try #require(try election.queries.ceremony(election.election))
            electionID = try #require(ceremony.electionID)
            let transactions = election.chain.blocks.flatMap(\.transactions)
            creation = try #require(
                transactions.first { $0.first == EntryTag.createElection.rawValue })
            confirmations = transactions.filter { $0.first == EntryTag.confirmation.rawValue }
        }

        var check: VotingKeysCheck<Ed25519Verifier> {
            VotingKeysCheck(genesis: genesis, verifier: Ed25519Verifier())
        }

        func checkKeys(
            _ keys: ElectionKeys? = nil, electionID: Bytes32? = nil, participants: [UInt32]? = nil,
            confirmations: [[UInt8]]? = nil
        ) throws(VotingKeysRejection) {
            try check.check(
                keys: keys ?? self.keys, electionID: electionID ?? self.electionID,
                document: document, ceremony: ceremony.number,
                participants: participants ?? ceremony.participants,
                qualified: ceremony.qualified,
                confirmations: confirmations ?? self.confirmations)
        }
    }

    @Test func documentAndKeysOfTheElectionAreAccepted() throws {
        let parts = try Parts()
        try parts.check.check(document: parts.document, creation: parts.creation)
        try parts.checkKeys()
    }

    @Test func aTransactionThatIsNotTheCreationIsRefused() throws {
        let parts = try Parts()
        #expect(throws: VotingKeysRejection.notTheCreation) {
            try parts.check.check(document: parts.document, creation: [])
        }
        #expect(throws: VotingKeysRejection.notTheCreation) {
            try parts.check.check(document: parts.document, creation: parts.confirmations[0])
        }
    }

    @Test func aDocumentWithoutTheCommissionsSignaturesIsRefused() throws {
        let parts = try Parts()
        let unsigned = try #require(
            Approved(
                chainID: parts.genesis.chainID, body: CreateElection(document: parts.document),
                approvals: []))
        #expect(throws: VotingKeysRejection.notApproved) {
            try parts.check.check(
                document: parts.document,
                creation: Transaction.createElection(unsigned).canonicalBytes)
        }
    }

    @Test func keysOfAnotherElectionIDAreRefused() throws {
        let parts = try Parts()
        #expect(throws: VotingKeysRejection.otherElection) {
            try parts.checkKeys(electionID: parts.genesis.chainID)
        }
    }

    @Test func participantsThatTheDocumentDoesNotHaveAreRefused() throws {
        let parts = try Parts()
        #expect(throws: VotingKeysRejection.otherElection) {
            try parts.checkKeys(participants: parts.ceremony.participants + [99])
        }
    }

    @Test func keysThatNoTrusteeConfirmedAreRefusedEvenUnderTheirOwnElectionID() throws {
        let parts = try Parts()
        let forged = try swappingTheFirstTwoKeys(of: parts.keys)
        let manifest = parts.document.canonicalBytes + forged.parameters.setupID.bytes
        let electionID = ElectionIdentity.electionID(manifest: manifest, keys: forged)
        #expect(
            throws: VotingKeysRejection.tooFewConfirmations(
                0, needed: Int(parts.document.confirmations))
        ) {
            try parts.checkKeys(forged, electionID: electionID)
        }
    }

    @Test func oneTrusteesConfirmationCountsOnce() throws {
        let parts = try Parts()
        let repeated = [[UInt8]](repeating: parts.confirmations[0], count: 5)
        #expect(
            throws: VotingKeysRejection.tooFewConfirmations(
                1, needed: Int(parts.document.confirmations))
        ) {
            try parts.checkKeys(confirmations: repeated)
        }
    }

    @Test func aConfirmationWithAnotherSignatureDoesNotCount() throws {
        let parts = try Parts()
        let damaged = parts.confirmations.map { bytes in
            var bytes = bytes
            bytes[bytes.count - 1] ^= 1
            return bytes
        }
        #expect(
            throws: VotingKeysRejection.tooFewConfirmations(
                0, needed: Int(parts.document.confirmations))
        ) {
            try parts.checkKeys(confirmations: damaged)
        }
    }

    @Test func rulesOfAStyleAreThoseOfTheDocument() throws {
        let parts = try Parts()
        let rules = try BallotRules(
            document: parts.document, style: 1, electionID: parts.electionID, keys: parts.keys)
        #expect(rules.contests.map(\.index) == [0])
        #expect(throws: RefusalCode.style) {
            try BallotRules(
                document: parts.document, style: 2, electionID: parts.electionID,
                keys: parts.keys)
        }
    }

    private func swappingTheFirstTwoKeys(of keys: ElectionKeys) throws -> ElectionKeys {
        var bytes = keys.canonicalBytes
        let first = keys.jointKeys[0].bytes.bytes
        let second = keys.jointKeys[1].bytes.bytes
        let start = try #require(
            (0...(bytes.count - 64)).first { Array(bytes[$0..<($0 + 32)]) == first })
        bytes.replaceSubrange(start..<(start + 64), with: second + first)
        return try ElectionKeys(canonicalBytes: bytes)
    }
}
