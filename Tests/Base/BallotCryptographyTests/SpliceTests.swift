import BallotCryptography
import Codec
import Ristretto
import Testing

/// Ballots put together from parts of accepted ones.
@Suite struct SpliceTests {
    let election: VectorElection

    init() throws { self.election = try VectorElection() }

    /// The code for the wire alone, which a batch with a good ballot gives as well.
    private func refusal(
        _ wire: [UInt8], _ rules: BallotRules, beside good: Ballot, _ random: inout SeededRandom
    ) -> RefusalCode? {
        do throws(RefusalCode) {
            let ballot = try Ballot(wire, rules: rules)
            let alone = BallotVerifier.diagnose(ballot, rules: rules)?.onLedger
            let batch = BallotVerifier.verify(
                [(ballot, rules), (good, rules)], random: &random)
            #expect(batch == [alone, nil])
            return alone
        } catch {
            return error
        }
    }

    @Test(arguments: ["a1", "b0"])
    func anyTwoFieldsOfABallotExchangedAreRefused(name: String) throws {
        let rules = try self.election.rules(style: name == "a1" ? 1 : 2)
        let layout = WireLayout(rules)
        let wire = try self.election.wire(name)
        #expect(layout.size == wire.count)
        let good = try Ballot(wire, rules: rules)
        var random = SeededRandom(1)
        for kind in [WireLayout.Kind.point, .scalar] {
            let fields = layout.fields(kind)
            // A responses' exchange may leave everything but the sum rule as it was.
            let expected: Set<RefusalCode?> = kind == .point ? [.proof] : [.proof, .sum]
            for (index, first) in fields.enumerated() {
                for second in fields.dropFirst(index + 1) {
                    let code = self.refusal(
                        wire.swapping(first, second), rules, beside: good, &random)
                    #expect(expected.contains(code), "\(first.name) and \(second.name)")
                }
            }
        }
    }

    /// C alone, with its D, and with its D and f; two cells and three in a circle.
    @Test func cellsExchangedWithOrWithoutTheirProofsAreRefused() throws {
        let rules = try self.election.rules(style: 1)
        let layout = WireLayout(rules)
        let wire = try self.election.wire("a1")
        let good = try Ballot(wire, rules: rules)
        var random = SeededRandom(2)
        for names in [["C"], ["C", "D"], ["C", "D", "f"], ["D", "f"]] {
            for first in 0..<4 {
                for second in 0..<4 where second != first {
                    for third in second..<4 where third != first {
                        var changed = wire
                        for name in names {
                            let cells = [first, second, third].map {
                                layout.field(name, contest: 0, cell: $0)
                            }
                            changed = changed.swapping(cells[0], cells[1])
                            if third != second { changed = changed.swapping(cells[1], cells[2]) }
                        }
                        #expect(
                            self.refusal(changed, rules, beside: good, &random) == .proof,
                            "\(names) of \(first), \(second), \(third)")
                    }
                }
            }
        }
    }

    /// Any mixture of the fields of two accepted ballots of one style that is neither of them.
    @Test func mixturesOfTwoBallotsAreRefused() throws {
        var random = SeededRandom(3)
        for (style, names) in [
            (1, ["a0", "a1", "a2", "a3", "a0-revote"]), (2, ["b0", "b1", "b2"]),
        ] {
            let rules = try self.election.rules(style: style)
            let fields = WireLayout(rules).fields
            let wires = try names.map { name throws in try self.election.wire(name) }
            let good = try Ballot(wires[0], rules: rules)
            for _ in 0..<300 {
                let first = random.below(wires.count)
                let second = (first + 1 + random.below(wires.count - 1)) % wires.count
                var mixed = wires[first]
                switch random.below(3) {
                case 0:
                    let field = fields[random.below(fields.count)]
                    mixed = mixed.replacing(field, with: [UInt8](wires[second][field.range]))
                case 1:
                    let cut = fields[random.below(fields.count)].start
                    mixed = [UInt8](wires[first].prefix(cut) + wires[second].dropFirst(cut))
                default:
                    for field in fields where random.below(2) == 0 {
                        mixed = mixed.replacing(field, with: [UInt8](wires[second][field.range]))
                    }
                }
                guard !wires.contains(mixed) else { continue }
                let code = self.refusal(mixed, rules, beside: good, &random)
                #expect([.proof, .sum].contains(code))
            }
        }
    }

    /// A copied under an own key, with an own signature part: the encryption stays the other's.
    @Test func copiedBallotUnderAnOwnKeyIsRefused() throws {
        let rules = try self.election.rules(style: 1)
        let layout = WireLayout(rules)
        let wire = try self.election.wire("a1")
        let good = try Ballot(wire, rules: rules)
        var random = SeededRandom(4)
        let own = CheatingProver(rules: rules, keys: self.election.keys).wire(
            [[.one, .zero, .zero, .zero]], random: &random)
        var copied = wire
        for name in ["P", "T_s", "zs"] {
            let field = layout.field(name)
            copied = copied.replacing(field, with: [UInt8](own[field.range]))
            #expect(self.refusal(copied, rules, beside: good, &random) == .proof)
        }
        // And encrypted again: A + sB, C_i + sY_i.
        let s = random.scalar()
        let a = layout.field("A", contest: 0)
        let moved = try GroupElement(Bytes32(copied[a.range])).point + MultiScalar.sum([s], [.base])
        copied = copied.replacing(a, with: moved.encoded().bytes)
        for cell in 0..<4 {
            let c = layout.field("C", contest: 0, cell: cell)
            let key = self.election.keys.jointKeys[cell].point
            let point = try GroupElement(Bytes32(copied[c.range])).point
            copied = copied.replacing(
                c, with: (point + MultiScalar.sum([s], [key])).encoded().bytes)
        }
        #expect(self.refusal(copied, rules, beside: good, &random) == .proof)
    }
}
