import APISchema
import BallotCryptography
import Codec
import CommandOptions
import Cryptography
import Ledger
import LedgerClient
import Verification

/// An election as a voter needs it: its document and keys, traced back to genesis.
struct TrustedElection {
    let document: ElectionDocument
    let keys: ElectionKeys
    let electionID: Bytes32

    /// Fetches document and keys, and checks that the chain's commission signed the one and the
    /// election's trustees the other.
    ///
    /// - Throws: `VotingKeysRejection` where a node gave others.
    init(named reference: String, genesis: Genesis, client: NodeClient) async throws {
        let check = VotingKeysCheck(genesis: genesis, verifier: Ed25519Verifier())
        document = try await client.electionDocument(reference)
        let document = document
        let faults = document.faults
        guard faults.isEmpty else {
            throw CommandFailure("The node's election document breaks rules: \(faults[0])")
        }
        let name = document.hash.description
        try check.check(
            document: document,
            creation: try await Self.creation(of: document, named: name, client: client))
        let ceremony = try await client.ceremony(name)
        guard let encoded = ceremony.keys.flatMap(Hexadecimal.decode),
            let electionID = ceremony.electionID
        else {
            throw CommandFailure(
                "The election '\(document.name)' has no keys yet: its key ceremony is at the step"
                    + " '\(ceremony.step)'. Try again when it is open.")
        }
        keys = try ElectionKeys(canonicalBytes: encoded)
        self.electionID = electionID
        guard [document.name, name, electionID.description].contains(reference) else {
            throw CommandFailure(
                "The node answers with the election '\(document.name)' where '\(reference)' was asked"
                    + " for. Ask another node.")
        }
        var confirmations: [[UInt8]] = []
        for message in ceremony.confirmations {
            guard let id = message.transaction else { continue }
            confirmations.append(try await client.transactionBytes(id))
        }
        try check.check(
            keys: keys, electionID: electionID, document: document, ceremony: ceremony.number,
            participants: ceremony.trustees, qualified: ceremony.qualified,
            confirmations: confirmations)
    }

    /// The bytes of the transaction that created the election.
    private static func creation(
        of document: ElectionDocument, named name: String, client: NodeClient
    ) async throws -> [UInt8] {
        guard let height = try await client.election(name).createdAt else { return [] }
        let block = try await client.block(at: Height(height))
        for entry in block.transactions where entry.type == "createElection" {
            let bytes = try await client.transactionBytes(entry.transactionID)
            if case .createElection(let approved)? = try? Transaction(canonicalBytes: bytes),
                approved.body.document == document
            {
                return bytes
            }
        }
        return []
    }
}
