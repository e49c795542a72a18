package import BallotCryptography
package import Codec
internal import Cryptography
package import Ledger
internal import PlainText
internal import Verification

/// A challenged encryption, opened, for another device (`ballot.md` 1.11). It shows choices that will
/// never be cast, and nothing of the credential's secret.
package struct OpeningFile: Codable, Hashable, Sendable {
    /// The one form that there is.
    package static let form = "veche-opening-1"

    package let form: String
    package let chainID: Bytes32
    /// The election's short name.
    package let election: String
    /// SHA-256 of the election document.
    package let document: Bytes32
    package let electionID: Bytes32
    /// What the first device showed before it was asked to open.
    package let trackingCode: String
    /// `BallotOpening` in canonical form, in hexadecimal.
    package let opening: String
    /// The transaction that spoils the tracker, in hexadecimal.
    package let spoil: String

    init(
        opening: BallotOpening, tracker: Bytes32, spoil: [UInt8], chainID: Bytes32,
        election: TrustedElection
    ) {
        self.form = Self.form
        self.chainID = chainID
        self.election = election.document.name
        self.document = election.document.hash
        self.electionID = election.electionID
        self.trackingCode = TrackingCode(tracker: tracker).text
        self.opening = Hexadecimal.encode(opening.canonicalBytes)
        self.spoil = Hexadecimal.encode(spoil)
    }
}

/// Why an opening shows nothing.
package enum OpeningRejection: Error, Hashable, Sendable {
    case unknownForm(String)
    case otherChain(Bytes32)
    /// It names another election than the one it is checked against.
    case otherElection(String)
    /// No `BallotOpening` in its one form.
    case notAnOpening
    /// The opening is of no ballot of this election: the reason's code.
    case refused(RefusalCode)
    /// The encryption has another tracking code than the file or the voter says.
    case otherTrackingCode(found: String)
    /// It holds other choices than the voter made.
    case otherChoices
    /// The spoil transaction is of another encryption, or would not be taken.
    case notSpoiling
}

extension OpeningRejection: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownForm(let form): "the file has the unknown form '\(form.plainLine)'"
        case .otherChain(let chainID): "the opening is of the chain \(chainID)"
        case .otherElection(let name):
            "the opening is of the election '\(name.plainLine)', or of one with another document or keys"
        case .notAnOpening: "the file holds no opening"
        case .refused(let code):
            "the opening is of no ballot that this election has (\(code.name))"
        case .otherTrackingCode(let found):
            "the encryption that is opened has the tracking code \(found), not the one that was shown."
                + " The device that made it does not tell the truth: do not vote with it"
        case .otherChoices:
            "the encryption holds other choices than were made. The device that made it does not"
                + " encrypt what it shows: do not vote with it"
        case .notSpoiling:
            "the file's spoil transaction does not spoil this encryption: it could still be cast"
        }
    }
}

/// What an opening shows.
package struct OpenedBallot: Sendable {
    /// The choice of one contest.
    package struct Choice: Sendable {
        package let contest: Contest
        package let choice: ContestChoice

        /// Ids of the chosen options; that of the counted blank is no option's.
        package var ids: [String] {
            switch self.choice {
            case .options(let indices): indices.map { self.contest.options[$0].id }
            case .blank: [self.contest.blankID]
            }
        }
    }

    package let trackingCode: TrackingCode
    package let electionID: Bytes32
    package let style: UInt32
    package let credentialKey: Bytes32
    package let sequence: UInt32
    /// In ballot order.
    package let choices: [Choice]
    /// The transaction that spoils the encryption.
    package let spoil: [UInt8]

    /// Encrypts again what the file opens, and compares.
    ///
    /// - Parameters:
    ///   - shown: the tracking code that the voter noted before asking for the opening.
    ///   - expected: the choices that the voter made.
    package init(
        checking file: OpeningFile, in election: TrustedElection, genesis: Genesis,
        shown: TrackingCode? = nil, expected: Selection? = nil
    ) throws {
        guard file.form == OpeningFile.form else {
            throw OpeningRejection.unknownForm(file.form)
        }
        guard file.chainID == genesis.chainID else {
            throw OpeningRejection.otherChain(file.chainID)
        }
        guard file.election == election.document.name, file.document == election.document.hash,
            file.electionID == election.electionID
        else { throw OpeningRejection.otherElection(file.election) }
        guard let bytes = Hexadecimal.decode(file.opening),
            let opening = try? BallotOpening(canonicalBytes: bytes)
        else { throw OpeningRejection.notAnOpening }
        let header = opening.header
        let tracker: Bytes32
        let choices: [ContestChoice]
        let rules: BallotRules
        do throws(RefusalCode) {
            rules = try election.rules(style: header.style)
            (tracker, choices) = try opening.check(rules: rules)
        } catch {
            throw OpeningRejection.refused(error)
        }
        let code = TrackingCode(tracker: tracker)
        guard code.text == file.trackingCode, shown.map({ $0 == code }) ?? true else {
            throw OpeningRejection.otherTrackingCode(found: code.text)
        }
        guard let style = election.document.style(numbered: header.style) else {
            throw OpeningRejection.refused(.style)
        }
        if let expected, try expected.choices(for: style, of: election.document) != choices {
            throw OpeningRejection.otherChoices
        }
        self.spoil = try Self.spoil(
            of: file, tracker: tracker, header: header, modulus: style.issuingKey)
        self.trackingCode = code
        self.electionID = header.electionID
        self.style = header.style
        self.credentialKey = header.credentialKey
        self.sequence = header.sequence
        self.choices = zip(rules.contests, choices).map {
            Choice(contest: election.document.contests[Int($0.index)], choice: $1)
        }
    }

    /// The file's spoil transaction, if it is one of this encryption that the ledger would take.
    private static func spoil(
        of file: OpeningFile, tracker: Bytes32, header: BallotHeader, modulus: [UInt8]
    ) throws(OpeningRejection) -> [UInt8] {
        guard let bytes = Hexadecimal.decode(file.spoil),
            case .spoil(let spoil)? = try? Transaction(canonicalBytes: bytes),
            spoil.electionID == header.electionID, spoil.style == header.style,
            let proof = try? SpoilProof(canonicalBytes: spoil.proof), proof.tracker == tracker,
            proof.credentialKey == header.credentialKey,
            (try? proof.verify(electionID: header.electionID)) != nil,
            CredentialVerifier().isValid(
                spoil.certificate,
                of: CredentialMessage.encode(
                    electionID: header.electionID, style: header.style,
                    credentialKey: header.credentialKey), modulus: modulus)
        else { throw .notSpoiling }
        return bytes
    }
}
