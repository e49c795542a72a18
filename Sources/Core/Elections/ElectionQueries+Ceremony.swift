package import BallotCryptography
package import Codec
package import Ledger

// Key ceremony and rolls.

extension ElectionQueries {
    /// An attempt at the key ceremony; nil as number for the present or last one.
    package func ceremony(
        _ election: Bytes32, number: UInt32? = nil
    ) throws(StateFault) -> CeremonyStatus? {
        guard let record = try self.state.record(Table.election(election)),
            let ceremony = try self.state.record(
                Table.ceremony(election, number ?? record.ceremony))
        else { return nil }
        let document = try self.state.required(Table.document(election))
        return CeremonyStatus(
            number: ceremony.number, stage: ceremony.stage,
            stageEnds: ceremony.deadline(in: document), participants: ceremony.participants,
            parameters: ceremony.parameters, registered: ceremony.registered,
            dealers: ceremony.dealers, qualified: ceremony.qualified,
            confirmed: ceremony.confirmed, rehearsed: ceremony.rehearsed,
            required: ceremony.required(by: document), electionID: ceremony.electionID)
    }

    /// The accepted messages of one step by rising trustee; complaints by accuser, then dealer.
    package func ceremonyMessages(
        _ election: Bytes32, ceremony number: UInt32, step: CeremonyStep
    ) throws(StateFault) -> [TrusteeObject] {
        guard let ceremony = try self.state.record(Table.ceremony(election, number)) else {
            return []
        }
        var objects: [TrusteeObject] = []
        for trustee in ceremony.participants {
            for about in step == .complaint ? ceremony.participants : [0] {
                let key = Table.ceremonyMessage(
                    election, number, step, trustee: trustee, about: about)
                guard let message = try self.state.record(key) else { continue }
                objects.append(
                    TrusteeObject(
                        trustee: trustee, payload: message.payload,
                        transaction: message.transaction, isJustified: message.isJustified))
            }
        }
        return objects
    }

    /// The keys of the present or last key ceremony, once its dealings are complete. They are the
    /// election's when the ceremony is finished.
    package func keys(_ election: Bytes32) throws(StateFault) -> ElectionKeys? {
        guard let record = try self.state.record(Table.election(election)) else { return nil }
        return try self.state.record(Table.keys(election, record.ceremony))?.keys
    }

    /// How many leaves of a style's roll are published; nil for a style that the election does not
    /// have.
    package func rollCount(
        _ election: Bytes32, style: UInt32
    ) throws(StateFault) -> UInt32? {
        try self.state.record(Table.style(election, style)).map { $0.roll?.received ?? 0 }
    }

    /// A style's roll in order; what was published of one that is not complete.
    ///
    /// - Parameters:
    ///   - first: the place of the first leaf wanted, from 0.
    ///   - limit: how many leaves at most. Only the parts that hold them are read.
    package func rollLeaves(
        _ election: Bytes32, style: UInt32, from first: UInt32 = 0, limit: UInt32 = .max
    ) throws(StateFault) -> [RollLeaf] {
        let count = try self.rollCount(election, style: style) ?? 0
        guard first < count, limit > 0 else { return [] }
        let last = first + (min(limit, count - first) - 1)
        let size = UInt32(Ledger.Limits.rollLeaves)
        var leaves: [RollLeaf] = []
        for part in first / size...last / size {
            let start = part * size
            let stretch = try self.rollPart(election, style, part)
            leaves += stretch.prefix(Int(last - start) + 1)
                .dropFirst(Int(max(first, start) - start))
        }
        return leaves
    }

    /// One leaf by its place from 0.
    package func rollLeaf(
        _ election: Bytes32, style: UInt32, leaf: UInt32
    ) throws(StateFault) -> RollLeaf? {
        let size = UInt32(Ledger.Limits.rollLeaves)
        let part = leaf / size
        guard try self.state.record(Table.rollPart(election, style, part)) != nil else {
            return nil
        }
        return try self.rollPart(election, style, part).dropFirst(Int(leaf % size)).first
    }

    private func rollPart(
        _ election: Bytes32, _ style: UInt32, _ part: UInt32
    ) throws(StateFault) -> [RollLeaf] {
        let commitments = try self.state.required(Table.rollPart(election, style, part)).leaves
        let marks =
            try self.state.record(Table.rollMarks(election, style, part))
            ?? RollMarks(count: commitments.count)
        return commitments.enumerated().map { place, commitment in
            RollLeaf(
                commitment: commitment, status: marks.status(of: place),
                isIssued: marks.isIssued(place))
        }
    }
}
