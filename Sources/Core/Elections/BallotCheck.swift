import BallotCryptography
import Codec
package import Ledger
package import Ristretto

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
        /// 65 alone and half of it in a batch, points 80, proof 140 in a batch of 16 and 320 alone.
        /// (What the state says, 20 with the hashes it asks for, comes before all but the form:
        /// `AdmissionCheck.screen`.)
        case cheapestFirst
        /// For blocks, whose ballots are good as a rule: the signature is checked with the proof.
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
        switch try prepare([Entry(bytes)], state: state, catalog: &catalog)[0] {
        case .refused: return false
        case .ballot(let ballot):
            do throws(ExecutionFailure) {
                _ = try ballot.verified(try ballot.decoded())
                return true
            } catch {
                switch error {
                case .fault(let fault): throw fault
                case .refused: return false
                }
            }
        }
    }

    /// A ballot that is ready to be checked, or why there is none.
    package enum Preparation: Sendable {
        case ballot(PreparedBallot)
        case refused(Refusal)
    }

    /// Reads ballots, as far as their form goes; one answer each, in order.
    package func prepare(
        _ entries: [Entry], state: any StateReader, catalog: inout ElectionCatalog
    ) throws(StateFault) -> [Preparation] {
        var known: [Bytes32: PreparedElection] = [:]
        var preparations: [Preparation] = []
        preparations.reserveCapacity(entries.count)
        for entry in entries {
            do throws(ExecutionFailure) {
                guard case .ballot(let transaction) = try BlockExecutor.decode(entry.bytes) else {
                    throw .refuse(.parameter, "the transaction is no ballot")
                }
                let header = try PreparedBallot.header(of: transaction)
                let election: PreparedElection
                if let before = known[header.electionID] {
                    election = before
                } else {
                    election = try catalog.require(
                        header.electionID, in: state, with: chain.verifiers)
                }
                known[header.electionID] = election
                preparations.append(
                    .ballot(
                        try PreparedBallot(
                            transaction, id: entry.id, header: header, of: election)))
            } catch {
                switch error {
                case .fault(let fault): throw fault
                case .refused(let refusal): preparations.append(.refused(refusal))
                }
            }
        }
        return preparations
    }

    /// Reads and judges ballots; one verdict each, in order.
    package func verify<R: RandomSource>(
        _ entries: [Entry], order: Order = .asInBlock, state: any StateReader,
        catalog: inout ElectionCatalog, random: inout R
    ) throws(StateFault) -> [BallotVerdict] {
        let preparations = try prepare(entries, state: state, catalog: &catalog)
        var ballots: [PreparedBallot] = []
        for case .ballot(let ballot) in preparations { ballots.append(ballot) }
        var verdicts = Self.verify(ballots, order: order, random: &random)[...]
        return preparations.map { preparation in
            switch preparation {
            case .refused(let refusal): .refused(refusal)
            case .ballot: verdicts.removeFirst()
            }
        }
    }

    /// Judges ballots, whose equations are checked in one sum; one verdict each, in order.
    package static func verify<R: RandomSource>(
        _ ballots: [PreparedBallot], order: Order = .asInBlock, random: inout R
    ) -> [BallotVerdict] {
        var verdicts: [BallotVerdict?] = .init(repeating: nil, count: ballots.count)
        var signatures: [BallotSignature?] = .init(repeating: nil, count: ballots.count)
        if case .cheapestFirst = order {
            signatures = checkedSignatures(of: ballots, &verdicts, &random)
        }
        var batch: [(ballot: Ballot, rules: BallotRules)] = []
        var places: [Int] = []
        for (place, ballot) in ballots.enumerated() where verdicts[place] == nil {
            do throws(ExecutionFailure) {
                let decoded = try ballot.decoded(signatures[place])
                if case .asInBlock = order { try ballot.checkCertificate() }
                batch.append((decoded, ballot.style.rules))
                places.append(place)
            } catch {
                verdicts[place] = .refused(error.asRefusal)
            }
        }
        var areSigned = false
        if case .cheapestFirst = order { areSigned = true }
        let codes = BallotVerifier.verify(batch, areSigned: areSigned, random: &random)
        for (index, place) in places.enumerated() {
            let ballot = ballots[place]
            verdicts[place] =
                codes[index].map { .refused(Refusal(proof: $0)) }
                ?? .valid(
                    VerifiedBallot(
                        id: ballot.id, ballot: batch[index].ballot, style: ballot.style))
        }
        return verdicts.map { verdict in
            guard let verdict else { preconditionFailure("every ballot gets a verdict") }
            return verdict
        }
    }

    /// Certificates, and then the equations that are cheap by themselves, all in one sum. A ballot
    /// that fails its own is E_PROOF whatever its other equations say.
    ///
    /// - Returns: the signatures of the ballots that have no verdict yet.
    private static func checkedSignatures<R: RandomSource>(
        of ballots: [PreparedBallot], _ verdicts: inout [BallotVerdict?], _ random: inout R
    ) -> [BallotSignature?] {
        var signatures: [BallotSignature?] = .init(repeating: nil, count: ballots.count)
        var batch: [BallotSignature] = []
        var places: [Int] = []
        for (place, ballot) in ballots.enumerated() {
            do throws(ExecutionFailure) {
                try ballot.checkCertificate()
                let signature = try ballot.signature()
                signatures[place] = signature
                batch.append(signature)
                places.append(place)
            } catch {
                verdicts[place] = .refused(ballot.firstFault(or: error))
            }
        }
        let answers = BallotVerifier.signaturesHold(batch, random: &random)
        for (place, holds) in zip(places, answers) where !holds {
            verdicts[place] = .refused(
                ballots[place].firstFault(or: .refused(Refusal(proof: .proof))))
        }
        return signatures
    }
}

extension PreparedBallot {
    /// The code is that of the first rule that fails, and points come before certificates.
    fileprivate func firstFault(or later: ExecutionFailure) -> Refusal {
        do throws(ExecutionFailure) {
            _ = try decoded()
            return later.asRefusal
        } catch {
            return error.asRefusal
        }
    }
}

extension ExecutionFailure {
    /// Where no state is read, nothing can be a fault.
    fileprivate var asRefusal: Refusal {
        switch self {
        case .refused(let refusal): refusal
        case .fault(let fault): preconditionFailure("a ballot's own checks read no state: \(fault)")
        }
    }
}
