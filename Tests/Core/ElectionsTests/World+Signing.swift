import BallotCryptography
import Codec
import Cryptography
import Elections
import Hashing
import Ledger
import TransparencyLog

extension World {
    func signed<Body>(_ body: Body, tag: EntryTag, by name: String) -> Signed<Body> {
        let message = Transaction.signedMessage(tag: tag, body: body, in: self.chain.domain)
        return Signed(
            chainID: self.chain.chainID, body: body, signature: signer(name).sign(message))
    }

    func approved<Body>(
        _ body: Body, tag: EntryTag, by names: [(UInt16, String)]
    ) throws -> Approved<Body> {
        let message = Transaction.signedMessage(tag: tag, body: body, in: self.chain.domain)
        let approvals = names.map {
            Approval(member: $0.0, signature: signer($0.1).sign(message))
        }
        guard
            let approved = Approved(
                chainID: self.chain.chainID, body: body, approvals: approvals)
        else { throw Missing("approval") }
        return approved
    }

    func creation(signers: [(UInt16, String)] = [(0, "chain 0"), (2, "chain 2")])
        throws -> Transaction
    {
        .createElection(
            try self.approved(
                CreateElection(document: self.document), tag: .createElection, by: signers))
    }

    func extensionOf(
        _ styles: [UInt32], to offset: UInt64, reason: String = "a queue",
        signers: [(UInt16, String)] = [(0, "member 0"), (1, "member 1")]
    ) throws -> Transaction {
        .extendWindow(
            try self.approved(
                ExtendWindow(
                    election: self.election, styles: styles, closes: Hour.time(offset),
                    reason: reason), tag: .extendWindow, by: signers))
    }

    func abortion(
        reason: String = "a fire", signers: [(UInt16, String)] = [(0, "member 0"), (1, "member 1")]
    ) throws -> Transaction {
        .abortElection(
            try self.approved(
                AbortElection(election: self.election, reason: reason), tag: .abortElection,
                by: signers))
    }

    func ceremony(
        _ step: CeremonyStep, _ trustee: UInt32, _ payload: some CanonicalCodable,
        ceremony: UInt32 = 1, by name: String? = nil
    ) -> Transaction {
        .ceremony(
            step,
            self.signed(
                CeremonyMessage(
                    election: self.election, ceremony: ceremony, trustee: trustee,
                    payload: payload.canonicalBytes), tag: step.tag,
                by: name ?? "trustee \(trustee)"))
    }

    // MARK: Registrar

    static func leaves(of style: UInt32, count: Int) -> [Bytes32] {
        (0..<count).map { seed("leaf \(style) \($0)") }.sorted()
    }

    static func root(of leaves: [Bytes32]) -> Bytes32 {
        var frontier = Frontier()
        for leaf in leaves { frontier.append(leaf: LogHash.leaf(leaf.bytes)) }
        return frontier.root
    }

    func roll(
        _ style: UInt32, part: UInt32 = 0, total: UInt32? = nil, root: Bytes32? = nil,
        leaves: [Bytes32]? = nil, by name: String = "registrar"
    ) -> Transaction {
        let leaves = leaves ?? Self.leaves(of: style, count: Self.voters[style] ?? 0)
        return .roll(
            self.signed(
                RollPart(
                    election: self.election, style: style, part: part,
                    total: total ?? UInt32(leaves.count), root: root ?? Self.root(of: leaves),
                    leaves: leaves), tag: .roll, by: name))
    }

    func rollChange(
        _ style: UInt32, leaf: UInt32, _ status: RollStatus, number: UInt32 = 1
    ) -> Transaction {
        .rollChange(
            self.signed(
                RollChange(
                    election: self.election, style: style, leaf: leaf, status: status, reason: 7,
                    number: number),
                tag: .rollChange, by: "registrar"))
    }

    func issueCount(
        _ style: UInt32, _ total: UInt32, by name: String = "registrar"
    ) -> Transaction {
        .issueCount(
            self.signed(
                IssueCount(election: self.election, style: style, total: total),
                tag: .issueCount, by: name))
    }

    func issuedLeaves(_ style: UInt32, _ leaves: [UInt32]) -> Transaction {
        .issuedLeaves(
            self.signed(
                IssuedLeaves(election: self.election, style: style, leaves: leaves),
                tag: .issuedLeaves, by: "registrar"))
    }

    func share(
        _ trustee: UInt32, unit: UInt32, _ payload: some CanonicalCodable,
        by name: String? = nil
    ) -> Transaction {
        .partialDecryption(
            self.signed(
                PartialDecryptionMessage(
                    election: self.election, trustee: trustee, unit: unit,
                    payload: payload.canonicalBytes), tag: .partialDecryption,
                by: name ?? "trustee \(trustee)"))
    }

    func protocolSignature(
        _ member: UInt16, over bytes: [UInt8], hash: Bytes32? = nil, dissent: String? = nil,
        by name: String? = nil
    ) -> Transaction {
        let key = signer(name ?? "member \(member)")
        return .protocolSignature(
            self.signed(
                ProtocolSignature(
                    election: self.election, member: member,
                    protocolHash: hash ?? SHA256.digest(bytes),
                    protocolSignature: key.sign(bytes), dissent: dissent),
                tag: .protocolSignature, by: name ?? "member \(member)"))
    }
}
