package import BallotCryptography
package import Codec
import Ledger

/// A ballot transaction of an election and style that are known, read once. Its way: screened by what
/// the state says, then decoded and checked (`BallotCheck`), then applied as a `VerifiedBallot`.
package struct PreparedBallot: Sendable {
    /// The transaction's id, which covers the certificate, too.
    package let id: Bytes32
    /// The registrar's blind signature with a voter's first ballot, else empty.
    let certificate: [UInt8]
    let style: PreparedStyle
    let form: BallotForm
    let names: BallotNames

    /// The fields before the contests.
    package var header: BallotHeader { form.header }

    /// The header of a ballot whose election is still to be looked up, the first part of step 1 of
    /// `ballot.md` 1.9.
    static func header(
        of transaction: BallotTransaction
    ) throws(ExecutionFailure) -> BallotHeader {
        try refusing("the ballot has no header") { () throws(RefusalCode) in
            try BallotHeader(peeking: transaction.wire)
        }
    }

    /// Step 1: length, version, style, contests, by the rules of the election that the header names.
    init(
        _ transaction: BallotTransaction, id: Bytes32, header: BallotHeader,
        of election: PreparedElection
    ) throws(ExecutionFailure) {
        guard let style = election.styles[header.style] else {
            throw .refuse(.style, "the election has no style \(header.style)")
        }
        self.id = id
        self.style = style
        certificate = transaction.certificate
        form = try refusing("the ballot has not the form that its style demands") {
            () throws(RefusalCode) in
            try BallotForm(transaction.wire, rules: style.rules)
        }
        names = BallotNames(form)
    }

    /// What the state is asked about the ballot.
    var claim: BallotClaim {
        BallotClaim(
            style: style, header: form.header, ballotID: names.ballotID, tracker: names.tracker,
            elements: form.ciphertexts.map(\.a))
    }
}

// The rule of a valid ballot: its points and scalars decode, its certificate is the registrar's, its
// equations hold. It needs no more of the state than the election's keys.
extension PreparedBallot {
    /// Step 3: points and scalars.
    func decoded(_ signature: BallotSignature? = nil) throws(ExecutionFailure) -> Ballot {
        do throws(RefusalCode) {
            return try form.decoded(names: names, signature: signature)
        } catch {
            throw .refuse(error, Self.reason(forEncoding: error))
        }
    }

    /// What (sig) needs, a part of step 3.
    func signature() throws(ExecutionFailure) -> BallotSignature {
        do throws(RefusalCode) {
            return try BallotSignature(form, names: names)
        } catch {
            throw .refuse(error, Self.reason(forEncoding: error))
        }
    }

    /// The part of step 4 that needs no credential state: the first ballot of a credential carries
    /// the registrar's certificate, later ones carry none.
    func checkCertificate() throws(ExecutionFailure) {
        guard header.sequence == 1 else {
            guard certificate.isEmpty else {
                throw .refuse(.certificate, "only a voter's first ballot carries a certificate")
            }
            return
        }
        try style.checkCertificate(certificate, of: header.credentialKey)
    }

    /// Certificate and equations of the decoded ballot, without random numbers: the decision on which
    /// all nodes agree. `BallotCheck.verify` comes to the same in batches.
    func verified(_ ballot: Ballot) throws(ExecutionFailure) -> VerifiedBallot {
        try checkCertificate()
        if let code = BallotVerifier.diagnose(ballot, rules: style.rules) {
            throw .refused(Refusal(proof: code.onLedger))
        }
        return VerifiedBallot(id: id, ballot: ballot, style: style)
    }

    /// What is wrong with a group element of a ballot.
    private static func reason(forEncoding code: RefusalCode) -> String {
        switch code {
        case .identity:
            "the ballot's key, or the element A of a contest, is the identity: it hides nothing"
        case .scalar: "a scalar of the ballot is not below the group's order"
        default: "a point of the ballot is not canonically encoded"
        }
    }
}

/// A ballot whose certificate and proof are valid for the election and style it names. Whether it
/// may be cast now is the state's to say.
package struct VerifiedBallot: Sendable {
    /// The transaction's id, which covers the certificate, too.
    package let id: Bytes32
    /// Decoded, so that applying it decodes nothing again.
    package let ballot: Ballot
    let style: PreparedStyle

    /// About how many bytes of memory it takes, apart from what all ballots of a style share.
    package var memorySize: Int { ballot.memorySize }

    var claim: BallotClaim {
        BallotClaim(
            style: style, header: ballot.header, ballotID: ballot.ballotID,
            tracker: ballot.tracker, elements: ballot.ciphertexts.map(\.a))
    }
}

/// What the state is asked about a ballot: whether it may be cast now.
struct BallotClaim {
    let style: PreparedStyle
    let header: BallotHeader
    let ballotID: Bytes32
    let tracker: Bytes32
    /// A of each contest.
    let elements: [Bytes32]
}

extension Refusal {
    /// A ballot whose proof failed.
    init(proof code: RefusalCode) {
        self.init(
            code,
            code == .sum
                ? "the choices do not add up to what the contest asks for"
                : "the ballot's proof does not verify")
    }
}

extension ExecutionFailure {
    static func unknownElection(_ electionID: Bytes32) -> Self {
        .refuse(.election, "no election has the id \(electionID)")
    }
}
