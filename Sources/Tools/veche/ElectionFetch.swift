import APISchema
import BallotCryptography
import Codec
import CommandOptions
import Ledger
import LedgerClient
import PlainText
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
            throw ClientError.refused(
                APIFailure(
                    code: "NOT_FINAL",
                    message:
                        "The election '\(document.name)' has no keys yet: its key ceremony is at"
                        + " the step '\(ceremony.step)'. Try again when it is open."))
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

    /// An election, checked, and the one that was asked for, from the first node whose answers hold
    /// together.
    ///
    /// - Throws: `VotingKeysRejection` where every node gave other keys than the election's;
    ///   `ClientError`.
    func checkedElection(
        _ reference: String, genesis: Genesis
    ) async throws -> (file: ElectionFile, trusted: TrustedElection) {
        try await self.first(for: "the election '\(reference)'") { node in
            let file = try await node.electionFile(reference, genesis: genesis)
            let trusted = try TrustedElection(checking: file, genesis: genesis)
            guard trusted.isNamed(reference) else {
                throw CommandFailure(
                    "The node answers with the election '\(trusted.document.name.plainLine)' where"
                        + " '\(reference)' was asked for.")
            }
            return (file, trusted)
        }
    }

    /// The same without the file.
    func trustedElection(_ reference: String, genesis: Genesis) async throws -> TrustedElection {
        try await self.checkedElection(reference, genesis: genesis).trusted
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
