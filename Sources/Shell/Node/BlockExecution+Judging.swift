import Admission
import BallotCryptography
import Chain
import ChainStore
import Codec
import Elections
import Ledger

/// Judging transactions that wait, or want to.
extension BlockExecution {
    /// One judgement for each transaction of a task, in order.
    @concurrent
    func judge(
        _ task: JudgeTask<ElectionApplication>
    ) async throws -> [Judgement<VerifiedBallot>] {
        let point = task.state
        var check = try AdmissionCheck(
            chain: chain, state: point.state, catalog: point.catalog, time: task.time)
        // What the state refuses anyhow costs a validator no check of a certificate or a proof.
        var screened: [Bytes32: Elections.Admission] = [:]
        var prepared: [Bytes32: PreparedBallot] = [:]
        for item in task.items where item.prepared == nil {
            let screening = try check.screen(item.entry)
            screened[item.entry.id] = screening.admission
            prepared[item.entry.id] = screening.ballot
        }
        let worthChecks = task.items.filter { item in
            guard prepared[item.entry.id] != nil else { return false }
            switch screened[item.entry.id] {
            case nil: return true
            // A validator that is a block ahead may look further than this observer's state, and
            // charges a false ballot to this node. So the observer passes on only what it has
            // checked. It does not refuse an honest voter's next ballot because it lags.
            case .refused?: return task.passesOn
            case .admitted?, .waiting?, .duplicate?: return false
            }
        }
        let verdicts = try await verdicts(of: worthChecks, prepared)
        var accounts = AccountReader(point, check.catalog)
        var judgements: [Judgement<VerifiedBallot>] = []
        for item in task.items {
            let id = item.entry.id
            var verified = item.prepared
            let admission: Elections.Admission
            switch (screened[id], verdicts[id]) {
            // No state admits it. That it is false counts for more than this state's reason.
            case (.refused?, .refused(let refusal)?): admission = .refused(refusal)
            case (let verdict?, _): admission = verdict
            case (nil, .refused(let refusal)?): admission = .refused(refusal)
            case (nil, .valid(let ballot)?):
                verified = ballot
                admission = try check.check(ballot)
            case (nil, nil):
                admission =
                    if let verified {
                        try check.check(verified)
                    } else {
                        try check.check(item.entry)
                    }
            }
            judgements.append(try accounts.judgement(admission, verified))
        }
        return judgements
    }

    /// Checks ballots: those of suspects each alone, the others in batches in which those of one sender
    /// stand together, so that few batches fail for it.
    private func verdicts(
        of ballots: [JudgeItem<VerifiedBallot>], _ prepared: [Bytes32: PreparedBallot]
    ) async throws -> [Bytes32: BallotVerdict] {
        var bySender: [AdmissionSender: [JudgeItem<VerifiedBallot>]] = [:]
        var senders: [AdmissionSender] = []
        for ballot in ballots {
            if bySender[ballot.sender] == nil { senders.append(ballot.sender) }
            bySender[ballot.sender, default: []].append(ballot)
        }
        let grouped = senders.flatMap { bySender[$0] ?? [] }
        let isAlone = ballots.contains(where: \.isSuspect)
        return try await verify(
            grouped.compactMap { prepared[$0.entry.id] }, order: .cheapestFirst,
            areAlone: isAlone)
    }
}

/// Reads the accounts of ballot styles, each once.
private struct AccountReader {
    private let queries: ElectionQueries
    private var catalog: ElectionCatalog
    private var known: [StyleName: PromiseAccount?] = [:]

    init(_ point: ChainPoint, _ catalog: ElectionCatalog) {
        queries = ElectionQueries(point.state)
        self.catalog = catalog
    }

    mutating func judgement(
        _ admission: Elections.Admission, _ verified: VerifiedBallot?
    ) throws -> Judgement<VerifiedBallot> {
        let slot = verified.map { BallotSlot($0.ballot.header) }
        switch admission {
        case .admitted:
            return Judgement(
                .admitted, prepared: verified, slot: slot, account: try account(of: slot))
        case .waiting:
            return Judgement(
                .waiting, prepared: verified, slot: slot, account: try account(of: slot))
        case .duplicate: return Judgement(.final)
        case .refused(let refusal): return Judgement(.refused(TransactionRefusal(refusal)))
        }
    }

    private mutating func account(of slot: BallotSlot?) throws -> PromiseAccount? {
        guard let slot else { return nil }
        if let known = known[slot.style] { return known }
        let account = try queries.styleAccount(
            electionID: slot.style.electionID, style: slot.style.style, catalog: &catalog)
        let promised = account.map { PromiseAccount($0) }
        known[slot.style] = promised
        return promised
    }
}
