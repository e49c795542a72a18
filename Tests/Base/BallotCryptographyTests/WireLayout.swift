import BallotCryptography

/// Where each field of a ballot of one style stands (section 1.7), told from the rules alone: what
/// tests change field by field.
struct WireLayout {
    enum Kind: Hashable {
        case number
        case identifier
        case point
        case scalar
    }

    struct Field {
        let name: String
        let kind: Kind
        let start: Int
        let size: Int
        /// Contest and cell, where the field belongs to one.
        let contest: Int?
        let cell: Int?

        var range: Range<Int> { self.start..<(self.start + self.size) }
    }

    private(set) var fields: [Field] = []
    private var offset = 1

    init(_ rules: BallotRules) {
        self.add("electionId", .identifier)
        self.add("style", .number)
        self.add("P", .point)
        self.add("seq", .number)
        self.add("prev", .identifier)
        self.add("contests", .number)
        for (position, contest) in rules.contests.enumerated() {
            let cells = contest.shape.cellCount
            self.add("index", .number, position)
            self.add("m", .number, position)
            self.add("A", .point, position)
            for cell in 0..<cells { self.add("C", .point, position, cell) }
            self.add("T_A", .point, position)
            for cell in 0..<cells { self.add("D", .point, position, cell) }
            self.add("z", .scalar, position)
            for cell in 0..<cells { self.add("f", .scalar, position, cell) }
        }
        self.add("K1", .point)
        self.add("K0", .point)
        self.add("zq", .scalar)
        self.add("T_s", .point)
        self.add("zs", .scalar)
    }

    /// The size of the whole ballot in bytes.
    var size: Int { self.offset }

    func fields(_ kind: Kind) -> [Field] { self.fields.filter { $0.kind == kind } }

    /// The only field of a name, or the one of a contest and cell.
    func field(_ name: String, contest: Int? = nil, cell: Int? = nil) -> Field {
        guard
            let field = self.fields.first(where: {
                $0.name == name && $0.contest == contest && $0.cell == cell
            })
        else { preconditionFailure("the test names a field that the style does not have") }
        return field
    }

    private mutating func add(
        _ name: String, _ kind: Kind, _ contest: Int? = nil, _ cell: Int? = nil
    ) {
        let size = kind == .number ? 4 : 32
        self.fields.append(
            Field(
                name: name, kind: kind, start: self.offset, size: size, contest: contest,
                cell: cell))
        self.offset += size
    }
}

extension [UInt8] {
    /// The bytes with those of `field` replaced.
    func replacing(_ field: WireLayout.Field, with bytes: [UInt8]) -> [UInt8] {
        var changed = self
        changed.replaceSubrange(field.range, with: bytes)
        return changed
    }

    /// The bytes with two fields of one size exchanged.
    func swapping(_ first: WireLayout.Field, _ second: WireLayout.Field) -> [UInt8] {
        self.replacing(first, with: [UInt8](self[second.range]))
            .replacing(second, with: [UInt8](self[first.range]))
    }
}
