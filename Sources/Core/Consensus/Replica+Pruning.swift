import Codec
import Ledger

/// What is forgotten, so that memory is bounded by the views since the floor, whatever others send
/// (b.6, R1, R4).
extension Replica {
    /// Forgets blocks that nothing leads to: no certificate, no proposal that can still be voted for
    /// and no own vote, nor a block above one of these. The latest final ones stay for peers that are
    /// a little behind.
    mutating func dropBlocks() {
        var kept = Set(recentBlocks)
        var open = certificates.values.compactMap(\.blockHash)
        open += proposals.values.map(\.proposal.blockHash)
        open += ownVotes.compactMap { $0.vote.subject.proposal?.blockHash }
        while let hash = open.popLast() {
            let header = blocks[hash]?.header
            guard header.map({ $0.height > floor.height }) ?? true, kept.insert(hash).inserted,
                let header, header.height > floor.height.next
            else { continue }
            open.append(header.parentHash)
        }
        blocks = blocks.filter { kept.contains($0.key) }
    }

    /// Forgets the proposals of views that were left, and their blocks where nothing else names them:
    /// a faulty leader's may claim any height.
    mutating func dropProposals(below next: View) {
        let old = proposals.filter { $0.key < next }
        guard !old.isEmpty else { return }
        proposals = proposals.filter { $0.key >= next }
        for (view, proposal) in old {
            let hash = proposal.proposal.blockHash
            let isOwn = ownVotes.contains { $0.vote.subject.proposal?.blockHash == hash }
            let isProposed = proposals.values.contains { $0.proposal.blockHash == hash }
            if !isOwn, !isProposed,
                !isCertified(hash, from: proposal.message.header.view, through: view)
            {
                blocks[hash] = nil
            }
        }
    }

    private func isCertified(_ hash: Bytes32, from first: View, through last: View) -> Bool {
        if recentBlocks.contains(hash) { return true }
        return certificates.contains { view, held in
            view >= first && view <= last && held.blockHash == hash
        }
    }
}
