import BallotCryptography
import Codec
import Ledger

/// The result protocol: what is counted, how many voters it rests on, and the block that completed
/// it. One JSON file with one way to write it; members of the commission sign its bytes.
struct ResultProtocol {
    let genesis: Genesis
    let chainID: Bytes32
    let document: ElectionDocument
    let election: Bytes32
    let record: ElectionRecord
    /// The hash of the block that completed the counts.
    let blockHash: Bytes32
    /// In document order.
    let styles: [(style: BallotStyle, record: StyleRecord)]
    /// Every unit by rising number.
    let units: [(number: UInt32, record: UnitRecord)]

    /// The name of this form of the file.
    static let format = "veche-result-protocol/v1"

    var bytes: [UInt8] {
        CanonicalJSON.object([
            ("format", .string(Self.format)),
            (
                "chain",
                .object([
                    ("name", .string(self.genesis.name)),
                    ("kind", .string(self.genesis.kind.name)),
                    ("origin", .string(self.genesis.origin)),
                    ("chainId", .string(self.chainID.description)),
                ])
            ),
            (
                "election",
                .object([
                    ("name", .string(self.document.name)),
                    ("title", Self.texts(self.document.title)),
                    ("documentHash", .string(self.election.description)),
                    ("electionId", .string((self.record.electionID ?? .zero).description)),
                ])
            ),
            (
                "block",
                .object([
                    ("height", .number(self.record.countedAt.rawValue)),
                    ("hash", .string(self.blockHash.description)),
                    ("time", .string(self.record.countedTime.description)),
                ])
            ),
            ("results", .list(self.document.contests.indices.map { self.contest($0) })),
            ("units", .list(self.units.filter { $0.record.mergedInto == nil }.map(self.unit))),
            ("styles", .list(self.styles.map(self.style))),
            (
                "commission",
                .object([
                    ("threshold", .number(self.document.commission.threshold)),
                    (
                        "members",
                        .list(
                            self.document.commission.members.map {
                                .object([
                                    ("name", .string($0.name)),
                                    ("key", .string($0.key.description)),
                                ])
                            })
                    ),
                ])
            ),
        ]).bytes
    }

    /// The sums of a contest over all units, with names.
    private func contest(_ index: Int) -> CanonicalJSON {
        let contest = self.document.contests[index]
        let units = self.units.map(\.record)
            .filter { Int($0.contest) == index && $0.mergedInto == nil }
        func sum(_ cell: Int) -> UInt64 {
            units.reduce(0) { $0 + ($1.counts.flatMap { $0.dropFirst(cell).first } ?? 0) }
        }
        var fields: [(String, CanonicalJSON)] = [
            ("contest", .string(contest.id)),
            ("question", Self.texts(contest.question)),
            ("counted", .number(units.reduce(0) { $0 + UInt64($1.total.counted) })),
            (
                "options",
                .list(
                    contest.options.enumerated().map { cell, option in
                        .object([
                            ("option", .string(option.id)),
                            ("name", Self.texts(option.name)),
                            ("votes", .number(sum(cell))),
                        ])
                    })
            ),
        ]
        if contest.countedBlank {
            fields.append(("blank", .number(sum(contest.options.count))))
        }
        return .object(fields)
    }

    /// A unit's result record (`ballot.md` 1.10).
    private func unit(_ number: UInt32, _ record: UnitRecord) -> CanonicalJSON {
        let contest = self.document.contests[Int(record.contest)]
        let styles = self.styles.filter {
            record.tallyUnits.contains($0.style.tallyUnit)
                && $0.style.contests.contains(record.contest)
        }
        let counts = record.counts ?? []
        var fields: [(String, CanonicalJSON)] = [
            ("unit", .number(number)),
            ("contest", .string(contest.id)),
            ("tallyUnits", .list(record.tallyUnits.map { .number($0) })),
            ("issued", .number(styles.reduce(0) { $0 + UInt64($1.record.issued) })),
            ("cast", .number(styles.reduce(0) { $0 + UInt64($1.record.cast) })),
            ("counted", .number(record.total.counted)),
            (
                "options",
                .list(
                    zip(contest.options, counts).map { option, votes in
                        .object([("option", .string(option.id)), ("votes", .number(votes))])
                    })
            ),
        ]
        if contest.countedBlank, let blank = counts.dropFirst(contest.options.count).first {
            fields.append(("blank", .number(blank)))
        }
        return .object(fields)
    }

    private func style(_ style: BallotStyle, _ record: StyleRecord) -> CanonicalJSON {
        .object([
            ("style", .number(style.number)),
            ("region", .string(style.region)),
            ("tallyUnit", .number(style.tallyUnit)),
            ("opens", .string(style.opens.description)),
            ("closes", .string(record.closes.description)),
            ("rollTotal", .number(record.roll?.total ?? 0)),
            ("listed", .number(record.counted)),
            ("issued", .number(record.issued)),
            ("cast", .number(record.cast)),
        ])
    }

    private static func texts(_ texts: [LocalizedText]) -> CanonicalJSON {
        .list(
            texts.map {
                .object([("language", .string($0.language)), ("text", .string($0.text))])
            })
    }
}
