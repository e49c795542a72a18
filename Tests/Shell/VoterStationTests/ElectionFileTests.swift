import Codec
import DocumentFiles
import Foundation
import Ledger
import Testing
import Verification
import VoterStation

/// The file that traces an election back to genesis, from hands that are not trusted.
@Suite struct ElectionFileTests {
    private func rejection(
        _ change: (String, ElectionFile) throws -> (old: String, new: String)
    ) throws -> VotingKeysRejection? {
        let election = try ElectionOnPaper.shared.get()
        let text = String(decoding: try JSONDocument.encode(election.file), as: UTF8.self)
        let (old, new) = try change(text, election.file)
        try #require(text.contains(old))
        let file: ElectionFile = try JSONDocument.decode(
            from: [UInt8](text.replacingOccurrences(of: old, with: new).utf8))
        return #expect(throws: VotingKeysRejection.self) {
            try TrustedElection(checking: file, genesis: election.genesis)
        }
    }

    @Test func electionIsKnownByNameHashAndID() throws {
        let trusted = try ElectionOnPaper.shared.get().trusted
        for name in ["choice", trusted.document.hash.description, trusted.electionID.description] {
            #expect(trusted.isNamed(name))
        }
        #expect(!trusted.isNamed("choices"))
    }

    @Test func documentOfAnotherChainOrNobodyIsRefused() throws {
        #expect(
            try rejection { _, file in (file.chainID.description, Bytes32.zero.description) }
                != nil)
        #expect(try rejection { _, file in (file.creation, "") } == .notTheCreation)
        #expect(
            try rejection { _, file in (file.creation, file.confirmations[0]) }
                == .notTheCreation)
    }

    /// A gateway that hands out keys of its own.
    @Test func keysThatTheTrusteesDidNotConfirmAreRefused() throws {
        #expect(
            try rejection { _, file in
                (file.confirmations[0], file.confirmations[1])
            } == .tooFewConfirmations(2, needed: 3))
        #expect(try rejection { _, file in (file.keys, "00") } == .otherElection)
        #expect(
            try rejection { _, file in (file.electionID.description, Bytes32.zero.description) }
                == .otherElection)
        #expect(
            try rejection { _, file in
                // One more key point than there is, taken from the keys themselves.
                (file.keys, file.keys + String(file.keys.suffix(64)))
            } == .otherElection)
    }
}
