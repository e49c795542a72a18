package import BallotCryptography
package import Codec
package import Ledger

/// Decoded documents and keys, so that not every ballot decodes them again.
///
/// An entry is a function of the hash that names it, so the catalog of another branch of blocks, or
/// an empty one, leads to the same results.
package struct ElectionCatalog: Sendable {
    private var documents: [Bytes32: ElectionDocument] = [:]
    private var prepared: [Bytes32: PreparedElection] = [:]

    package init() {}

    /// The document of an election that the state holds.
    mutating func document(
        _ election: Bytes32, in state: some StateReader
    ) throws(StateFault) -> ElectionDocument {
        if let document = self.documents[election] { return document }
        let document = try state.required(Table.document(election))
        self.documents[election] = document
        return document
    }

    /// An election that was prepared before, on whatever branch of blocks.
    func known(_ electionID: Bytes32) -> PreparedElection? { self.prepared[electionID] }

    /// The election that a ballot names.
    mutating func require(
        _ electionID: Bytes32, in state: some StateReader, with verifiers: Verifiers
    ) throws(ExecutionFailure) -> PreparedElection {
        do throws(StateFault) {
            if let election = try self.prepared(electionID, in: state, with: verifiers) {
                return election
            }
        } catch {
            throw .fault(error)
        }
        throw .unknownElection(electionID)
    }

    /// The keys of an election id that the state holds, and what ballots are checked against.
    mutating func prepared(
        _ electionID: Bytes32, in state: some StateReader, with verifiers: Verifiers
    ) throws(StateFault) -> PreparedElection? {
        guard let election = try state.record(Table.electionByID(electionID)) else { return nil }
        if let prepared = self.prepared[electionID] { return prepared }
        let record = try state.required(Table.election(election))
        let document = try self.document(election, in: state)
        let ceremony = try state.required(Table.ceremony(election, record.ceremony))
        let keys = try state.required(Table.keys(election, record.ceremony)).keys
        let prepared = try PreparedElection(
            election: election, electionID: electionID, document: document, keys: keys,
            participants: ceremony.participants, credentials: verifiers.credentials)
        self.prepared[electionID] = prepared
        return prepared
    }
}

/// An election whose key ceremony is finished: one object for all its ballots.
final class PreparedElection: Sendable {
    let election: Bytes32
    let electionID: Bytes32
    let document: ElectionDocument
    let keys: ElectionKeys
    /// Document numbers of the trustees, in the order of the keys' rows.
    let participants: [UInt32]
    /// By number.
    let styles: [UInt32: PreparedStyle]

    init(
        election: Bytes32, electionID: Bytes32, document: ElectionDocument, keys: ElectionKeys,
        participants: [UInt32], credentials: any BlindSignatureVerifier
    ) throws(StateFault) {
        self.election = election
        self.electionID = electionID
        self.document = document
        self.keys = keys
        self.participants = participants
        var styles: [UInt32: PreparedStyle] = [:]
        do throws(RefusalCode) {
            for style in document.styles {
                styles[style.number] = PreparedStyle(
                    election: election, electionID: electionID, document: document, window: style,
                    rules: try document.ballotRules(
                        style: style.number, electionID: electionID, keys: keys),
                    credentials: credentials)
            }
        } catch {
            throw StateFault("an election was created whose ballots cannot be checked: \(error)")
        }
        self.styles = styles
    }
}

/// What the ballots of one style are checked against.
final class PreparedStyle: Sendable {
    let election: Bytes32
    let electionID: Bytes32
    let document: ElectionDocument
    let window: BallotStyle
    let rules: BallotRules
    /// Has the registrar's key of this style parsed.
    private let credentials: any BlindSignatureVerifier

    init(
        election: Bytes32, electionID: Bytes32, document: ElectionDocument, window: BallotStyle,
        rules: BallotRules, credentials: any BlindSignatureVerifier
    ) {
        self.election = election
        self.electionID = electionID
        self.document = document
        self.window = window
        self.rules = rules
        self.credentials = credentials.keeping(window.issuingKey)
    }

    /// The style's record, by the election's hash.
    var name: SharedRecords.StyleName {
        SharedRecords.StyleName(election: election, style: window.number)
    }

    /// Refuses a certificate that the registrar did not issue for this credential.
    func checkCertificate(
        _ certificate: [UInt8], of credentialKey: Bytes32
    ) throws(ExecutionFailure) {
        let message = CredentialMessage.encode(
            electionID: electionID, style: window.number, credentialKey: credentialKey)
        guard
            certificate.count == Ledger.Limits.rsaBytes,
            credentials.isValid(certificate, of: message, modulus: window.issuingKey)
        else {
            throw .refuse(
                .certificate, "the certificate is not of this credential, election and style")
        }
    }
}

extension Contest {
    /// The cells and the rule of the contest.
    /// - Throws: `parameter` for one that the cryptography has no shape for.
    package func shape() throws(RefusalCode) -> ContestShape {
        try ContestShape(
            options: self.options.count, min: Int(self.minimum), max: Int(self.maximum),
            countsBlank: self.countedBlank)
    }
}

extension ElectionDocument {
    /// The id of the election that has this document and came out of the key ceremony of `keys`:
    /// the manifest is the document in canonical binary and the ceremony's setupId.
    package func electionID(keys: ElectionKeys) -> Bytes32 {
        ElectionIdentity.electionID(
            manifest: self.canonicalBytes + keys.parameters.setupID.bytes, keys: keys)
    }

    /// What ballots of a style are made and checked with.
    /// - Throws: `style` for a number that the document does not have, `parameter` for contests
    ///   without a ballot form, which no created election has.
    package func ballotRules(
        style number: UInt32, electionID: Bytes32, keys: ElectionKeys
    ) throws(RefusalCode) -> BallotRules {
        guard let style = self.style(numbered: number) else { throw .style }
        var contests: [BallotContest] = []
        for index in style.contests {
            guard Int(index) < self.contests.count else { throw .contest }
            contests.append(
                BallotContest(index: index, shape: try self.contests[Int(index)].shape()))
        }
        return try BallotRules(
            electionID: electionID, style: number, contests: contests, keys: keys)
    }
}
