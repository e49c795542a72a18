package import BallotCryptography
package import Codec
import Ledger
package import Ristretto

/// A ballot whose certificate and proof are valid for the election and style it names. Whether it
/// may be cast now is the state's to say.
package struct VerifiedBallot: Sendable {
    /// The transaction's id, which covers the certificate, too.
    package let id: Bytes32
    /// Decoded, so that applying it decodes no point of the proof again.
    package let ballot: Ballot
}

/// What the heavy checks say of one ballot.
package enum BallotVerdict: Sendable {
    case valid(VerifiedBallot)
    case refused(Refusal)
}

/// The heavy checks of ballots, which need no more of the state than an election's keys: done once
/// per ballot, in batches and away from the event loops. A valid verdict may be kept by transaction
/// id and holds on every branch of blocks; a refused one may be for an election not known yet.
package struct BallotCheck: Sendable {
    private let chain: ChainContext

    package init(chain: ChainContext) { self.chain = chain }

    /// In which order a ballot's parts are looked at. Verdicts and codes are the same in both.
    package enum Order: Sendable {
        /// For ballots that clients and peers send, of which many may be false: the cheapest checks
        /// come first, so that a false ballot costs as little as it can. Measured on one core with a
        /// ballot of two contests and eight cells, in microseconds: form 1, certificate 45, signature
        /// 65, points 80, proof 140 in a batch of 16 and 320 alone. (What the state says, 20 with the
        /// hashes it asks for, comes before all but the form: `AdmissionCheck.screen`.)
        case cheapestFirst
        /// For blocks, whose ballots are good as a rule: the signature is checked in the batch alone.
        case asInBlock
    }

    /// Whether a transaction's bytes are those of a ballot, by the first byte.
    package static func isBallot(_ bytes: [UInt8]) -> Bool {
        bytes.first == EntryTag.ballot.rawValue
    }

    /// Whether one ballot has a valid certificate and proof for the election and style it names.
    package func isValid(
        _ bytes: [UInt8], state: any StateReader, catalog: inout ElectionCatalog
    ) throws(StateFault) -> Bool {
        do throws(ExecutionFailure) {
            guard case .ballot(let transaction) = try BlockExecutor.decode(bytes) else {
                return false
            }
            let candidate = try BallotCandidate(transaction, state: state, catalog: &catalog)
            let ballot = try candidate.decoded()
            try candidate.checkCertificate(with: self.chain.verifiers)
            return BallotVerifier.diagnose(ballot, rules: candidate.rules) == nil
        } catch {
            switch error {
            case .fault(let fault): throw fault
            case .refused: return false
            }
        }
    }

    /// Judges ballots; one verdict each, in order.
    package func verify<R: RandomSource>(
        _ transactions: [(id: Bytes32, bytes: [UInt8])], order: Order = .asInBlock,
        state: any StateReader, catalog: inout ElectionCatalog, random: inout R
    ) throws(StateFault) -> [BallotVerdict] {
        var verdicts: [BallotVerdict] = []
        var batch: [(ballot: Ballot, rules: BallotRules)] = []
        var places: [Int] = []
        for (index, (id, bytes)) in transactions.enumerated() {
            do throws(ExecutionFailure) {
                guard case .ballot(let transaction) = try BlockExecutor.decode(bytes) else {
                    throw .refuse(.parameter, "the transaction is no ballot")
                }
                let candidate = try BallotCandidate(transaction, state: state, catalog: &catalog)
                let ballot = try candidate.decoded(in: order, with: self.chain.verifiers)
                verdicts.append(.valid(VerifiedBallot(id: id, ballot: ballot)))
                batch.append((ballot, candidate.rules))
                places.append(index)
            } catch {
                switch error {
                case .fault(let fault): throw fault
                case .refused(let refusal): verdicts.append(.refused(refusal))
                }
            }
        }
        let codes = BallotVerifier.verify(batch, random: &random)
        for (place, code) in zip(places, codes) {
            if let code { verdicts[place] = .refused(Refusal(proof: code)) }
        }
        return verdicts
    }
}

/// A ballot transaction with the rules of its election and style (`ballot.md` 1.9).
struct BallotCandidate {
    let election: PreparedElection
    let style: BallotStyle
    let rules: BallotRules
    let form: BallotForm
    let certificate: [UInt8]

    var header: BallotHeader { self.form.header }

    /// Step 1: length, version, election, style, contests.
    init(
        _ transaction: BallotTransaction, state: some StateReader,
        catalog: inout ElectionCatalog
    ) throws(ExecutionFailure) {
        let header = try refusing("the ballot has no header") { () throws(RefusalCode) in
            try BallotHeader(peeking: transaction.wire)
        }
        let prepared: PreparedElection?
        do {
            prepared = try catalog.prepared(header.electionID, in: state)
        } catch {
            throw .fault(error)
        }
        guard let prepared else {
            throw .refuse(.election, "no election has the id \(header.electionID)")
        }
        guard let style = prepared.document.style(numbered: header.style),
            let rules = prepared.rules(of: header.style)
        else { throw .refuse(.style, "the election has no style \(header.style)") }
        self.election = prepared
        self.style = style
        self.rules = rules
        self.certificate = transaction.certificate
        self.form = try refusing("the ballot has not the form that its style demands") {
            () throws(RefusalCode) in
            try BallotForm(transaction.wire, rules: rules)
        }
    }

    /// Step 3: points and scalars.
    func decoded() throws(ExecutionFailure) -> Ballot {
        do throws(RefusalCode) {
            return try self.form.decoded()
        } catch {
            throw .refuse(error, Self.reason(forEncoding: error))
        }
    }

    /// Step 3 and the certificate, in the given order; with the cheapest first, the signature, too.
    func decoded(
        in order: BallotCheck.Order, with verifiers: Verifiers
    ) throws(ExecutionFailure) -> Ballot {
        if case .cheapestFirst = order {
            do {
                try self.checkCertificate(with: verifiers)
                try self.checkSignature()
            } catch {
                // The code is that of the first rule that fails, and points come before certificates.
                _ = try self.decoded()
                throw error
            }
            return try self.decoded()
        }
        let ballot = try self.decoded()
        try self.checkCertificate(with: verifiers)
        return ballot
    }

    /// The equation of step 8 that is cheap by itself. A ballot that fails it is E_PROOF whatever its
    /// other equations say.
    private func checkSignature() throws(ExecutionFailure) {
        let holds: Bool
        do throws(RefusalCode) {
            holds = try self.form.signatureHolds()
        } catch {
            throw .refuse(error, Self.reason(forEncoding: error))
        }
        guard holds else { throw .refused(Refusal(proof: .proof)) }
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

    /// The part of step 4 that needs no credential state: the first ballot of a credential carries
    /// the registrar's certificate, later ones carry none.
    func checkCertificate(with verifiers: Verifiers) throws(ExecutionFailure) {
        guard self.header.sequence == 1 else {
            guard self.certificate.isEmpty else {
                throw .refuse(.certificate, "only a voter's first ballot carries a certificate")
            }
            return
        }
        let message = CredentialMessage.encode(
            electionID: self.header.electionID, style: self.header.style,
            credentialKey: self.header.credentialKey)
        guard
            self.certificate.count == Ledger.Limits.rsaBytes,
            verifiers.credentials.isValid(
                self.certificate, of: message, modulus: self.style.issuingKey)
        else {
            throw .refuse(
                .certificate, "the certificate is not of this credential, election and style")
        }
    }
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
