package import Codec
package import Cryptography
package import Ledger
import PlainText

/// A decision of the commission on its way from member to member: a file that each one reads, signs
/// and passes on until enough have signed.
package struct CommissionProposal: Codable, Sendable {
    /// Exactly one of the four is present.
    package let createElection: ElectionDocument?
    package let extendWindow: ExtendWindow?
    package let abortElection: AbortElection?
    package let changeValidators: ChangeValidators?
    /// By rising member.
    package private(set) var approvals: [Approval]

    package init(creating document: ElectionDocument) {
        createElection = document
        extendWindow = nil
        abortElection = nil
        changeValidators = nil
        approvals = []
    }

    package init(extending extension: ExtendWindow) {
        createElection = nil
        extendWindow = `extension`
        abortElection = nil
        changeValidators = nil
        approvals = []
    }

    package init(aborting abort: AbortElection) {
        createElection = nil
        extendWindow = nil
        abortElection = abort
        changeValidators = nil
        approvals = []
    }

    package init(changing change: ChangeValidators) {
        self.createElection = nil
        self.extendWindow = nil
        self.abortElection = nil
        self.changeValidators = change
        self.approvals = []
    }

    enum Content {
        case create(CreateElection)
        case extend(ExtendWindow)
        case abort(AbortElection)
        case change(ChangeValidators)
    }

    /// The one decision that the file holds.
    func content() throws(StationError) -> Content {
        switch (createElection, extendWindow, abortElection, changeValidators) {
        case (let document?, nil, nil, nil): return .create(CreateElection(document: document))
        case (nil, let extend?, nil, nil): return .extend(extend)
        case (nil, nil, let abort?, nil): return .abort(abort)
        case (nil, nil, nil, let change?): return .change(change)
        default:
            throw StationError(
                description:
                    "The file holds no proposal: exactly one of createElection, extendWindow,"
                    + " abortElection and changeValidators must be there.")
        }
    }

    /// The bytes that each member signs.
    private func message(in domain: SigningDomain) throws(StationError) -> [UInt8] {
        switch try content() {
        case .create(let body):
            Transaction.signedMessage(tag: .createElection, body: body, in: domain)
        case .extend(let body):
            Transaction.signedMessage(tag: .extendWindow, body: body, in: domain)
        case .abort(let body):
            Transaction.signedMessage(tag: .abortElection, body: body, in: domain)
        case .change(let body):
            Transaction.signedMessage(tag: .changeValidators, body: body, in: domain)
        }
    }

    /// Adds the signature of the member who holds `key`, or renews it.
    ///
    /// - Throws: `StationError` if the key is no member's.
    package mutating func sign(
        with key: Ed25519SigningKey, commission: Commission, domain: SigningDomain
    ) throws(StationError) {
        guard let place = commission.members.firstIndex(where: { $0.key == key.publicKey }),
            let member = UInt16(exactly: place)
        else {
            throw StationError(
                description: "This key is no commission member's. The members are "
                    + commission.members.map(\.name.plainLine).joined(separator: ", ") + ".")
        }
        let approval = Approval(member: member, signature: key.sign(try message(in: domain)))
        approvals.removeAll { $0.member == member }
        approvals.append(approval)
        approvals.sort { $0.member < $1.member }
    }

    /// Names of those whose signature in the file does not verify.
    package func badSigners(
        commission: Commission, domain: SigningDomain
    ) throws(StationError) -> [String] {
        let message = try message(in: domain)
        var names: [String] = []
        for approval in approvals {
            guard Int(approval.member) < commission.members.count else {
                names.append("member \(approval.member)")
                continue
            }
            let member = commission.members[Int(approval.member)]
            if !Ed25519Verifier().isValid(approval.signature, of: message, by: member.key) {
                names.append(member.name.plainLine)
            }
        }
        return names
    }

    /// The transaction that the ledger takes.
    package func transaction(chainID: Bytes32) throws(StationError) -> Transaction {
        let approved: Transaction? =
            switch try content() {
            case .create(let body):
                Approved(chainID: chainID, body: body, approvals: approvals)
                    .map(Transaction.createElection)
            case .extend(let body):
                Approved(chainID: chainID, body: body, approvals: approvals)
                    .map(Transaction.extendWindow)
            case .abort(let body):
                Approved(chainID: chainID, body: body, approvals: approvals)
                    .map(Transaction.abortElection)
            case .change(let body):
                Approved(chainID: chainID, body: body, approvals: approvals)
                    .map(Transaction.changeValidators)
            }
        guard let approved else {
            throw StationError(description: "The file holds a member's signature twice.")
        }
        return approved
    }

    /// The same decision as if all of these members had signed it: for a judgement of the rest.
    func signedInForm(by commission: Commission) -> CommissionProposal {
        var copy = self
        copy.approvals = commission.members.indices.map {
            Approval(member: UInt16(clamping: $0), signature: .zero)
        }
        return copy
    }
}
