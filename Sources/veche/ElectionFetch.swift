import APISchema
import BallotCryptography
import Codec
import CommandOptions
import Ledger
import LedgerClient
import VoterStation

extension NodeClient {
    /// An election's document and keys with what traces them back to genesis, as a node gives them;
    /// `TrustedElection` checks them.
    func electionFile(_ reference: String, genesis: Genesis) async throws -> ElectionFile {
        let document = try await self.electionDocument(reference)
        let name = document.hash.description
        let ceremony = try await self.ceremony(name)
        guard let keys = ceremony.keys.flatMap(Hexadecimal.decode),
            let electionID = ceremony.electionID
        else {
            throw CommandFailure(
                "The election '\(document.name)' has no keys yet: its key ceremony is at the step"
                    + " '\(ceremony.step)'. Try again when it is open.")
        }
        var confirmations: [[UInt8]] = []
        for message in ceremony.confirmations {
            guard let id = message.transaction else { continue }
            confirmations.append(try await self.transactionBytes(id))
        }
        return ElectionFile(
            chainID: genesis.chainID,
            creation: try await self.creation(of: document, named: name),
            ceremony: ceremony.number, trustees: ceremony.trustees,
            qualified: ceremony.qualified, keys: keys, electionID: electionID,
            confirmations: confirmations)
    }

    /// An election that a node gave, checked, and the one that was asked for.
    ///
    /// - Throws: `VotingKeysRejection` where the node gave other keys than the election's.
    func trustedElection(_ reference: String, genesis: Genesis) async throws -> TrustedElection {
        let trusted = try TrustedElection(
            checking: try await self.electionFile(reference, genesis: genesis), genesis: genesis)
        guard trusted.isNamed(reference) else {
            throw CommandFailure(
                "The node answers with the election '\(trusted.document.name)' where"
                    + " '\(reference)' was asked for. Ask another node.")
        }
        return trusted
    }

    /// The bytes of the transaction that created the election.
    private func creation(
        of document: ElectionDocument, named name: String
    ) async throws -> [UInt8] {
        guard let height = try await self.election(name).createdAt else { return [] }
        let block = try await self.block(at: Height(height))
        for entry in block.transactions where entry.type == "createElection" {
            let bytes = try await self.transactionBytes(entry.transactionID)
            if case .createElection(let approved)? = try? Transaction(canonicalBytes: bytes),
                approved.body.document == document
            {
                return bytes
            }
        }
        return []
    }
}
