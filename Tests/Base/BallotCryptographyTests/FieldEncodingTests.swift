import BallotCryptography
import Codec
import Ristretto
import Testing

/// Every field of a ballot of several contests, by its kind.
@Suite struct FieldEncodingTests {
    let rules: BallotRules
    let layout: WireLayout
    let wire: [UInt8]
    let file: VectorNode

    init() throws {
        let election = try VectorElection()
        self.rules = try election.rules(style: 2)
        self.layout = WireLayout(self.rules)
        self.wire = try election.wire("b0")
        self.file = election.file
    }

    private func code(_ wire: [UInt8]) -> RefusalCode? {
        do throws(RefusalCode) {
            let ballot = try Ballot(wire, rules: self.rules)
            var random = SeededRandom(1)
            return BallotVerifier.verify([(ballot, self.rules)], random: &random)[0]
        } catch {
            return error
        }
    }

    @Test func bit255OfAnyPointIsRefused() {
        for field in self.layout.fields(.point) {
            var changed = self.wire
            changed[field.start + 31] |= 0x80
            #expect(self.code(changed) == .point, "\(field.name)")
        }
    }

    @Test func bytesThatAreNoPointAreRefusedInEveryPlace() throws {
        let bad = try self.file["pointEncodings"]["vectors"].list.filter { node throws in
            try !node["decodes"].isTrue && node["hex"].bytes.count == 32
        }
        for field in self.layout.fields(.point) {
            for node in bad {
                #expect(
                    self.code(self.wire.replacing(field, with: try node["hex"].bytes)) == .point,
                    "\(field.name)")
            }
        }
    }

    /// The identity is refused for P and A, which it would make readable; elsewhere it is a point
    /// like others, under which the proof fails.
    @Test func identityIsRefusedWhereItShowsTheVote() {
        let identity = [UInt8](repeating: 0, count: 32)
        for field in self.layout.fields(.point) {
            let expected: RefusalCode = ["P", "A"].contains(field.name) ? .identity : .proof
            #expect(self.code(self.wire.replacing(field, with: identity)) == expected)
        }
    }

    /// Adds L, which libsodium would reduce away, and sets bit 255, which it would ignore.
    @Test func everyScalarHasOneEncoding() throws {
        let order = try #require(
            Hexadecimal.decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
        for field in self.layout.fields(.scalar) {
            var carry = 0
            var sum = [UInt8](self.wire[field.range])
            for index in sum.indices {
                let digit = Int(sum[index]) + Int(order[index]) + carry
                sum[index] = UInt8(digit & 0xFF)
                carry = digit >> 8
            }
            #expect(self.code(self.wire.replacing(field, with: sum)) == .scalar, "\(field.name)")
            var high = [UInt8](self.wire[field.range])
            high[31] |= 0x80
            #expect(self.code(self.wire.replacing(field, with: high)) == .scalar)
            #expect(self.code(self.wire.replacing(field, with: order)) == .scalar)
        }
    }

    /// Version, election and style have their own codes; what the state checks is E_PROOF here.
    @Test func everyNumberAndIdentifierHasItsCode() {
        let codes: [String: RefusalCode] = [
            "electionId": .election, "style": .style, "seq": .proof, "prev": .proof,
            "contests": .contest, "index": .contest, "m": .contest,
        ]
        for field in self.layout.fields(.number) + self.layout.fields(.identifier) {
            for bit in 0..<8 * field.size {
                var changed = self.wire
                changed[field.start + bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(self.code(changed) == codes[field.name], "\(field.name) bit \(bit)")
            }
        }
        for version in 0...255 as ClosedRange<UInt8> where version != 1 {
            #expect(self.code([version] + self.wire.dropFirst()) == .version)
        }
    }

    /// A count that the style does not demand is refused whatever follows, before any point of it is
    /// read: the bytes announced are not there.
    @Test func countsAreComparedWithTheStyleBeforeAnythingIsRead() {
        for name in ["contests", "index", "m"] {
            for field in self.layout.fields where field.name == name {
                for value in [[0, 0, 0, 0], [0, 0, 1, 0], [0x7F, 255, 255, 255]] as [[UInt8]] {
                    let changed = self.wire.replacing(field, with: value)
                    guard changed != self.wire else { continue }
                    #expect(self.code([UInt8](changed.prefix(field.start + 4))) != nil)
                    #expect(self.code(changed) == .contest, "\(field.name)")
                }
            }
        }
    }
}
