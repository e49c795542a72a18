package import Codec

/// A change of the validators, proven: the last block of an epoch, which the validators of that
/// epoch finalized, names the next set by its hash (PROTOCOL 7.12).
package struct SuccessionStep: Hashable, Sendable {
    package let boundary: FinalizedHeader
    package let next: ValidatorSet

    package init(boundary: FinalizedHeader, next: ValidatorSet) {
        self.boundary = boundary
        self.next = next
    }
}

/// All changes of a chain's validators from genesis on, oldest first: what a receipt of a later
/// epoch is checked with offline.
package struct SuccessionProof: Hashable, Sendable {
    /// Changes that one proof holds: several a day for years.
    package static let limit = 4096

    /// Only boundaries after which the set is another one.
    package let steps: [SuccessionStep]

    package init(steps: [SuccessionStep]) { self.steps = steps }
}

/// Why a step of a succession proves nothing.
package enum SuccessionRejection: Error, Hashable, Sendable {
    /// The block is not the last one of an epoch after the steps before.
    case notABoundary(Height)
    case notFinal(Height, FinalityRejection)
    /// The block names another set than the one given, or no new one.
    case otherSet(Height)
    case unusableSet(Height, DocumentFault)
}

/// Which validators were in office when, as far as it is proven.
package struct ValidatorHistory: Hashable, Sendable {
    /// A set and the block after which it took office.
    package struct Term: Hashable, Sendable {
        package let validators: ValidatorSet
        package let since: Epoch
        /// Entries of the log after the last block of the term before; 0 for genesis' set.
        package let logSizeBefore: UInt64
        /// The hash of that block; the chain id for genesis' set.
        package let hashBefore: Bytes32
    }

    private let genesis: Genesis
    private let domain: SigningDomain
    /// By rising epoch; the first is genesis' set.
    package private(set) var terms: [Term]

    package init(_ genesis: Genesis) {
        self.genesis = genesis
        domain = genesis.domain
        terms = [
            Term(
                validators: genesis.validators, since: .first, logSizeBefore: 0,
                hashBefore: domain.chainID)
        ]
    }

    /// The set of the newest term.
    package var newest: ValidatorSet { term(of: Epoch(.max)).validators }

    /// The term that an epoch belongs to, as far as changes are known.
    package func term(of epoch: Epoch) -> Term {
        terms.last { $0.since <= epoch } ?? terms[0]
    }

    /// The term whose validators vouch for a log of this size: those who finalized the block after
    /// which it has it.
    package func term(ofLogSize size: UInt64) -> Term {
        terms.last { $0.logSizeBefore < size } ?? terms[0]
    }

    /// Goes on by a proven change.
    package mutating func append(
        _ step: SuccessionStep, verifier: some SignatureVerifier
    ) throws(SuccessionRejection) {
        let header = step.boundary.header
        let newest = term(of: Epoch(.max))
        guard header.epoch >= newest.since,
            header.height == genesis.parameters.lastHeight(of: header.epoch),
            header.logSize > newest.logSizeBefore
        else { throw .notABoundary(header.height) }
        do throws(FinalityRejection) {
            try step.boundary.verify(
                in: domain, validators: newest.validators, parameters: genesis.parameters,
                verifier: verifier)
        } catch {
            throw .notFinal(header.height, error)
        }
        let hash = step.next.hash
        guard hash == header.nextValidatorsHash, hash != header.validatorsHash else {
            throw .otherSet(header.height)
        }
        if let fault = step.next.faults(logKey: genesis.logKey).first {
            throw .unusableSet(header.height, fault)
        }
        terms.append(
            Term(
                validators: step.next, since: header.epoch.next, logSizeBefore: header.logSize,
                hashBefore: header.hash))
    }

    /// The history that a proof shows.
    package init(
        _ genesis: Genesis, proof: SuccessionProof, verifier: some SignatureVerifier
    ) throws(SuccessionRejection) {
        self.init(genesis)
        for step in proof.steps { try append(step, verifier: verifier) }
    }
}

extension SuccessionStep: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        boundary.encode(to: &writer)
        next.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            boundary: try FinalizedHeader(from: &reader), next: try ValidatorSet(from: &reader))
    }
}

extension SuccessionProof: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(list: steps, limit: Self.limit)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(steps: try reader.readList(limit: Self.limit))
    }
}
