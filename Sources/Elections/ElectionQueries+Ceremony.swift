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

    /// A style's roll in order; what was published of one that is not complete.
    package func rollLeaves(
        _ election: Bytes32, style: UInt32
    ) throws(StateFault) -> [RollLeaf] {
        var leaves: [RollLeaf] = []
        let roll = try self.state.record(Table.style(election, style))?.roll
        for part in 0..<(roll?.parts ?? 0) {
            leaves += try self.rollPart(election, style, part)
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
