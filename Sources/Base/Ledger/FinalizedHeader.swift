package import Codec

/// Why a header with a certificate does not prove a final block.
package enum FinalityRejection: Error, Hashable, Sendable {
    /// The header belongs to another chain, or its epoch is not that of its height.
    case wrongChain
    /// The header names another validator set than the one that its epoch has.
    case wrongValidators
    /// The certificate is not a finalization of this header in its epoch.
    case wrongSubject
    case badCertificate(CertificateRejection)
}

/// A block header and the finalization that makes it, and every ancestor of it, final.
package struct FinalizedHeader: Hashable, Sendable {
    package let header: BlockHeader
    package let finalization: Certificate

    package init(header: BlockHeader, finalization: Certificate) {
        self.header = header
        self.finalization = finalization
    }

    /// Checks that `validators`, the set of the header's epoch, finalized this header.
    ///
    /// The last block of an epoch may have been finalized in a later view than its own: it is
    /// proposed again until it is final (PROTOCOL 9.2).
    package func verify(
        in domain: SigningDomain, validators: ValidatorSet, parameters: Parameters,
        verifier: some SignatureVerifier
    ) throws(FinalityRejection) {
        do throws(HeaderFault) {
            try HeaderRules.checkChain(header, domain.chainID, parameters)
        } catch {
            throw .wrongChain
        }
        guard header.validatorsHash == validators.hash else { throw .wrongValidators }
        guard case .finalize(let proposal) = finalization.subject,
            proposal.blockHash == header.hash, proposal.round.epoch == header.epoch
        else { throw .wrongSubject }
        let proposedAgain =
            proposal.round.view > header.view
            && header.height == parameters.lastHeight(of: header.epoch)
        guard proposal.round.view == header.view || proposedAgain else { throw .wrongSubject }
        do throws(CertificateRejection) {
            try finalization.verify(in: domain, validators: validators, verifier: verifier)
        } catch {
            throw .badCertificate(error)
        }
    }
}

/// Blocks that became final together, the oldest first; the last one has the finalization.
package struct FinalizedChain: Hashable, Sendable {
    /// Not empty, consecutive heights, each the parent of the next.
    package let blocks: [Block]
    /// The last block's header and its finalization.
    package let tip: FinalizedHeader

    package init(blocks: [Block], tip: FinalizedHeader) {
        self.blocks = blocks
        self.tip = tip
    }
}

/// The highest final block whose whole ancestry is durable here; genesis at first.
package struct Floor: Hashable, Sendable {
    package let height: Height
    package let hash: Bytes32
    package let time: Timestamp
    /// The round of the finalization; nil for genesis.
    package let round: Round?
    /// Nil for genesis alone.
    package let finalized: FinalizedHeader?

    /// The start of a chain.
    package static func genesis(_ genesis: Genesis) -> Floor {
        Floor(
            height: .genesis, hash: genesis.chainID, time: genesis.time, round: nil, finalized: nil)
    }

    package init(_ finalized: FinalizedHeader) {
        self.init(
            height: finalized.header.height, hash: finalized.header.hash,
            time: finalized.header.time, round: finalized.finalization.subject.round,
            finalized: finalized)
    }

    private init(
        height: Height, hash: Bytes32, time: Timestamp, round: Round?, finalized: FinalizedHeader?
    ) {
        self.height = height
        self.hash = hash
        self.time = time
        self.round = round
        self.finalized = finalized
    }
}

extension FinalizedHeader: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        header.encode(to: &writer)
        finalization.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            header: try BlockHeader(from: &reader), finalization: try Certificate(from: &reader))
    }
}
