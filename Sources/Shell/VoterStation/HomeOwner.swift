package import Codec
package import DocumentFiles
internal import PlainText

/// Whose a voter's directory is, and for which election: it belongs to one voter and one election.
package struct HomeOwner: Codable, Hashable, Sendable {
    /// SHA-256 of genesis.
    package let chainID: Bytes32
    /// SHA-256 of the election document.
    package let document: Bytes32
    package let electionID: Bytes32
    /// The election's short name.
    package let election: String
    /// The voter's reference in the register.
    package let voter: String

    package init(
        chainID: Bytes32, document: Bytes32, electionID: Bytes32, election: String, voter: String
    ) {
        self.chainID = chainID
        self.document = document
        self.electionID = electionID
        self.election = election
        self.voter = voter
    }
}

extension VoterHome {
    /// `HomeOwner`.
    package var ownerFile: String { path + "/home.json" }

    /// Refuses a directory of another voter, election or chain, before anything in it is used.
    ///
    /// - Parameter election: the short name, document hash or election id that is asked for.
    /// - Returns: whether the directory is this voter's already; a new one is nobody's yet.
    /// - Throws: `VoterHomeFailure`, which names whose it is; `FileFailure`.
    package func requireOwner(
        voter: String, election: String, chainID: Bytes32
    ) throws -> Bool {
        guard LocalFile.exists(ownerFile) else {
            for file in [credentialFile, certificateFile, ballotFile]
            where LocalFile.exists(file) {
                throw VoterHomeFailure(
                    description: "\(path) does not say whose it is: \(file) is there, and"
                        + " \(ownerFile) is not. Nothing was done. Use another --home.")
            }
            return false
        }
        let owner: HomeOwner = try JSONDocument.read(at: ownerFile)
        guard owner.chainID == chainID else {
            throw VoterHomeFailure(
                description:
                    "\(path) belongs to the voter '\(owner.voter.plainLine)' on another chain."
                    + " Nothing was done. Use another --home.")
        }
        let names = [owner.election, owner.document.description, owner.electionID.description]
        guard names.contains(election) else {
            throw VoterHomeFailure(
                description:
                    "\(path) belongs to the election '\(owner.election.plainLine)'. Nothing was"
                    + " done. Use another --home for another election.")
        }
        // Two spellings of one reference are equal in Swift where they are canonically equivalent.
        guard owner.voter == voter else {
            throw VoterHomeFailure(
                description: "\(path) belongs to the voter '\(owner.voter.plainLine)', not to"
                    + " '\(voter.plainLine)'. Nothing was done. Each voter needs a --home of their own."
            )
        }
        return true
    }

    /// Says whose the directory is, before the first secret is in it.
    package func claim(for owner: HomeOwner) throws(FileFailure) {
        try LocalFile.makePrivateDirectory(path)
        let bytes: [UInt8]
        do throws(JSONFailure) {
            bytes = try JSONDocument.encode(owner)
        } catch {
            throw .json(path: ownerFile, error)
        }
        // It links a voter to a ballot, as the record does.
        try LocalFile.write(bytes, to: ownerFile, mode: .secret)
    }
}
