import BallotCryptography
import Codec
package import Elections
import Hashing
package import Ledger

/// A member of the commission and the result protocol.
package struct MemberVerdict: Hashable, Sendable {
    /// What a member says of the result.
    package enum Verdict: Hashable, Sendable {
        case agrees
        case dissents(String)
        /// Shown as missing; it changes nothing in the numbers.
        case missing
    }

    /// The member's name in the document.
    package let name: String
    /// What the member says.
    package let verdict: Verdict
}

/// What an audit says of one election.
package struct ElectionAudit: Sendable {
    /// Phase and, style by style, cast <= issued <= listed.
    package let status: ElectionStatus
    /// What the commission decided.
    package let document: ElectionDocument
    /// Every unit of decryption; empty before the close.
    package let units: [UnitStatus]
    /// Units whose counts were computed again from another choice of shares.
    package let recountedUnits: [UInt32]
    /// The bytes that the commission signs, derived from the log; nil before the result.
    package let resultProtocol: [UInt8]?
    /// One for each member, in the document's order.
    package let members: [MemberVerdict]
    /// What is not due yet: leaves of issued ballots that the registrar has still to publish.
    package let pending: [String]
    /// What is wrong with this election.
    package let findings: [AuditFinding]

    /// Nil for an election that does not exist.
    init?(
        _ election: Bytes32, _ queries: ElectionQueries, chain: ChainContext,
        progress: AuditProgress
    ) throws(StateFault) {
        guard let status = try queries.status(election),
            let document = try queries.document(election)
        else { return nil }
        let height = progress.height
        self.status = status
        self.document = document
        self.units = try queries.units(election)
        self.resultProtocol = try queries.resultProtocol(election)
        let leaves = MissingLeaves(of: status, at: progress.time)
        self.pending = leaves.isDue ? [] : leaves.sentences
        var findings = Self.accountingFindings(status, height)
        if leaves.isDue {
            findings += leaves.sentences.map { AuditFinding(.quota, at: height, $0) }
        }
        var recount = Recount(status: status, document: document, height: height)
        try recount.run(self.units, queries)
        self.recountedUnits = recount.agreeing
        findings += recount.findings
        var signatures = SignatureReview(document: document, height: height)
        signatures.review(
            try queries.signatures(election), of: self.resultProtocol,
            hash: status.resultHash, chain: chain)
        self.members = signatures.members
        self.findings = findings + signatures.findings
    }

    /// cast <= issued <= listed per style, and no more published leaves than issued ballots.
    private static func accountingFindings(
        _ status: ElectionStatus, _ height: Height
    ) -> [AuditFinding] {
        var findings: [AuditFinding] = []
        func find(_ style: StyleStatus, _ detail: String) {
            let place = "election \(status.name), style \(style.number): "
            findings.append(AuditFinding(.quota, at: height, place + detail))
        }
        for style in status.styles {
            if style.cast > style.issued {
                find(style, "\(style.cast) voters cast, \(style.issued) ballots were issued")
            }
            if style.issued > style.listed {
                find(style, "\(style.issued) ballots were issued, \(style.listed) are listed")
            }
            if style.leavesIssued > style.issued {
                find(
                    style,
                    "\(style.issued) ballots were issued, \(style.leavesIssued) roll leaves are "
                        + "published as issued")
            }
        }
        return findings
    }
}

/// The published leaves that an election lacks after its close (PROTOCOL.md 12.1).
///
/// The registrar learns of the close as everybody does, from its block, and the leaves come in later
/// blocks: for some time a chain on which all is right does not hold them.
private struct MissingLeaves {
    /// How long after the close the registrar may take, in milliseconds of chain time. It needs
    /// seconds; the rest is for a machine that has to be repaired first.
    static let allowance: UInt64 = 3_600_000

    let isDue: Bool
    let sentences: [String]

    init(of status: ElectionStatus, at time: Timestamp) {
        let due = status.closesFinally.adding(milliseconds: Self.allowance)
        self.isDue = time >= due
        switch status.phase {
        case .announced, .keyCeremony, .rehearsed, .rollPublished, .open, .aborted:
            // Before the close leaves are kept back on purpose; an aborted election takes none.
            self.sentences = []
        case .closed, .decrypting, .tallied, .signed, .final:
            let deadline = time >= due ? "they were due at" : "they are due by"
            self.sentences = status.styles.filter { $0.leavesIssued < $0.issued }.map {
                "election \(status.name), style \($0.number): \($0.issued) ballots were issued, "
                    + "\($0.leavesIssued) roll leaves are published as issued; \(deadline) \(due)"
            }
        }
    }
}

/// Computes counts again, from the last shares that came and not from the first.
private struct Recount {
    let status: ElectionStatus
    let document: ElectionDocument
    let height: Height
    private(set) var agreeing: [UInt32] = []
    private(set) var findings: [AuditFinding] = []

    init(status: ElectionStatus, document: ElectionDocument, height: Height) {
        self.status = status
        self.document = document
        self.height = height
    }

    mutating func run(_ units: [UnitStatus], _ queries: ElectionQueries) throws(StateFault) {
        guard let electionID = self.status.electionID,
            let keys = try queries.keys(self.status.election),
            let ceremony = try queries.ceremony(self.status.election)
        else { return }
        for unit in units {
            guard let counts = unit.counts, unit.mergedInto == nil else { continue }
            let stored = try queries.partialDecryptions(self.status.election, unit: unit.unit)
            let sum = DecryptionUnit(
                electionID: electionID, unit: unit.unit, total: unit.total)
            do {
                let recounted = try self.counts(
                    of: sum, contest: unit.contest, stored, ceremony, keys)
                if recounted == counts {
                    self.agreeing.append(unit.unit)
                } else {
                    self.find(.wrongResult, unit, "other shares give other counts")
                }
            } catch {
                self.find(.tallyRange, unit, "\(error)")
            }
        }
    }

    private func counts(
        of sum: DecryptionUnit, contest: UInt32, _ stored: [TrusteeObject],
        _ ceremony: CeremonyStatus, _ keys: ElectionKeys
    ) throws -> [UInt64] {
        var shares: [VerifiedShare] = []
        for object in stored.suffix(Int(keys.parameters.threshold)) {
            guard let index = ceremony.index(of: object.trustee) else { continue }
            let decryption = try PartialDecryption(canonicalBytes: object.payload)
            shares.append(
                try VerifiedShare(decryption, of: sum, trustee: index, keys: keys))
        }
        return try Tally.counts(
            of: sum, shares: shares, keys: keys,
            shape: self.document.contests[Int(contest)].shape(),
            logarithms: DiscreteLogarithms(bound: UInt64(sum.total.counted)))
    }

    private mutating func find(_ failure: AuditFailure, _ unit: UnitStatus, _ detail: String) {
        self.findings.append(
            AuditFinding(
                failure, at: self.height,
                "election \(self.status.name), unit \(unit.unit): \(detail)"))
    }
}

/// Checks who signed the result protocol.
private struct SignatureReview {
    let document: ElectionDocument
    let height: Height
    private(set) var members: [MemberVerdict]
    private(set) var findings: [AuditFinding] = []

    init(document: ElectionDocument, height: Height) {
        self.document = document
        self.height = height
        self.members = document.commission.members.map {
            MemberVerdict(name: $0.name, verdict: .missing)
        }
    }

    mutating func review(
        _ signatures: [SignatureObject], of bytes: [UInt8]?, hash: Bytes32?, chain: ChainContext
    ) {
        if bytes.map({ SHA256.digest($0) }) != hash {
            self.find("the result protocol has not the hash that the state names")
        }
        for object in signatures {
            let signature = object.signature
            let position = Int(signature.member)
            guard position < self.members.count else {
                self.find("somebody outside the commission signed")
                continue
            }
            let member = self.document.commission.members[position]
            guard let bytes, signature.protocolHash == hash,
                chain.verifiers.signatures.isValid(
                    signature.protocolSignature, of: bytes, by: member.key)
            else {
                self.find("the signature of \(member.name) is not over the result protocol")
                continue
            }
            let verdict = signature.dissent.map { MemberVerdict.Verdict.dissents($0) } ?? .agrees
            self.members[position] = MemberVerdict(name: member.name, verdict: verdict)
        }
    }

    private mutating func find(_ detail: String) {
        self.findings.append(
            AuditFinding(
                .wrongResult, at: self.height, "election \(self.document.name): \(detail)"))
    }
}
