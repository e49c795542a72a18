import Codec
import Ledger

/// The newest block of a hash chain, and what the next header must fit (PROTOCOL 3).
struct HeaderLink: Sendable {
    private(set) var height: Height
    private(set) var hash: Bytes32
    private(set) var time: Timestamp
    private var epoch: Epoch?
    private var view: View
    /// The set of the next height; nil after a block that named another one, until `enter`.
    private(set) var validators: ValidatorSet?
    private var validatorsHash: Bytes32

    /// The link of genesis.
    init(_ chain: Genesis) {
        self.height = .genesis
        self.hash = chain.chainID
        self.time = chain.time
        self.epoch = nil
        self.view = .root
        self.validators = chain.validators
        self.validatorsHash = chain.validators.hash
    }

    /// Goes on with the set that the newest block named, the last one of its epoch.
    mutating func enter(_ validators: ValidatorSet) {
        self.validators = validators
        self.validatorsHash = validators.hash
    }

    /// Moves on to the child that `block` is, after checking all that hashes and numbers can show.
    mutating func advance(to block: Block, chain: Genesis) throws(AuditFinding) {
        let header = block.header
        try self.checkPlace(of: header, chain: chain)
        try self.checkProposer(of: header, chain: chain)
        do throws(HeaderFault) {
            try HeaderRules.checkLimits(header, chain.parameters)
        } catch {
            throw self.finding(.wrongBody, header, "\(error)")
        }
        guard block.bodyMatchesHeader else {
            throw self.finding(
                .wrongBody, header, "its transactions are not those that its header commits to")
        }
        self.height = header.height
        self.hash = header.hash
        self.time = header.time
        self.epoch = header.epoch
        self.view = header.view
        if header.nextValidatorsHash != self.validatorsHash { self.validators = nil }
    }

    private func checkPlace(of header: BlockHeader, chain: Genesis) throws(AuditFinding) {
        do throws(HeaderFault) {
            try HeaderRules.checkChain(header, chain.chainID, chain.parameters)
            try HeaderRules.checkLink(
                header, to: ParentBlock(height: self.height, hash: self.hash, time: self.time))
            try HeaderRules.checkView(header, parentEpoch: self.epoch, parentView: self.view)
        } catch {
            throw self.finding(.brokenChain, header, "\(error)")
        }
    }

    private func checkProposer(of header: BlockHeader, chain: Genesis) throws(AuditFinding) {
        guard let validators = self.validators else {
            throw self.finding(
                .badCertificate, header,
                "the block before it changes the validators and has no finalization of its own")
        }
        do throws(HeaderFault) {
            try HeaderRules.checkValidators(
                header, validators, hash: self.validatorsHash, chain.parameters)
        } catch {
            throw self.finding(.brokenChain, header, "\(error)")
        }
    }

    private func finding(
        _ failure: AuditFailure, _ header: BlockHeader, _ detail: String
    ) -> AuditFinding {
        AuditFinding(failure, at: header.height, detail)
    }
}

extension HeaderLink {
    /// Checks that a finalization makes `header` final.
    static func checkFinality(
        of header: BlockHeader, by finalization: Certificate, chain: Genesis,
        validators: ValidatorSet, verifier: some SignatureVerifier
    ) throws(AuditFinding) {
        let rejection: FinalityRejection
        do throws(FinalityRejection) {
            try FinalizedHeader(header: header, finalization: finalization).verify(
                in: chain.domain, validators: validators, parameters: chain.parameters,
                verifier: verifier)
            return
        } catch {
            rejection = error
        }
        guard case .wrongSubject = rejection, case .finalize(let proposal) = finalization.subject,
            proposal.round == header.round, proposal.blockHash != header.hash
        else {
            throw AuditFinding(
                .badCertificate, at: header.height,
                "the certificate does not make it final: \(rejection)")
        }
        do throws(CertificateRejection) {
            try finalization.verify(
                in: chain.domain, validators: validators, verifier: verifier)
        } catch {
            throw AuditFinding(
                .badCertificate, at: header.height,
                "the certificate is of another block and not valid: \(error)")
        }
        throw AuditFinding(
            .fork, at: header.height,
            "a quorum finalized block \(proposal.blockHash) in its view instead")
    }
}
