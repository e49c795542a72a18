import BallotCryptography
import Codec
import Foundation
import Mutations
import Ristretto
import Testing

@Suite struct BallotMutationTests {
    /// Every bit in optimised builds; otherwise one bit of every byte, since a build without
    /// optimisation is a hundred times slower.
    @Test func ballotWithAnyBitFlippedIsRefused() throws {
        let election = try VectorElection()
        let rules = try election.rules(style: 1)
        let wire = try election.wire("a1")
        for index in wire.indices {
            #if DEBUG
                let bits = [UInt8(index % 8)]
            #else
                let bits = [UInt8](0..<8)
            #endif
            for bit in bits {
                var mutated = wire
                mutated[index] ^= 1 << bit
                guard let ballot = try? Ballot(mutated, rules: rules) else { continue }
                #expect(
                    BallotVerifier.diagnose(ballot, rules: rules) != nil, "byte \(index) bit \(bit)"
                )
            }
        }
    }

    /// Random changes of accepted and refused wires, one to four at a time, with pieces of the
    /// others: no change makes a ballot valid, and what decodes is judged alike alone and in a
    /// batch. `VECHE_MUTATIONS` asks for another number than is run each time.
    @Test func mutatedVectorsAreNeverValid() throws {
        let election = try VectorElection()
        let rules = [try election.rules(style: 1), try election.rules(style: 2)]
        let nodes = try election.file["ballot"]["accept"].list
        let rejected = try election.file["ballot"]["reject"].list
        let accepted = Set(try nodes.map { node throws in try node["wire"].bytes })
        let wires =
            [[UInt8]](accepted).sorted { $0.lexicographicallyPrecedes($1) }
            + (try rejected.map { node throws in try node["wire"].bytes })
        #if DEBUG
            let usual = 400
        #else
            let usual = 20_000
        #endif
        let environment = ProcessInfo.processInfo.environment["VECHE_MUTATIONS"]
        let count = environment.flatMap { Int($0) } ?? usual
        var mutator = ByteMutator(seed: 37)
        var random = SeededRandom(37)
        var decoded = 0
        for _ in 0..<count {
            let wire = mutator.mutated(wires[mutator.below(wires.count)], beside: wires)
            guard !accepted.contains(wire) else { continue }
            let style = rules[mutator.below(2)]
            // Most are refused here, before any equation.
            guard let ballot = try? Ballot(wire, rules: style) else { continue }
            decoded += 1
            let code = BallotVerifier.diagnose(ballot, rules: style)
            #expect(code != nil, "\(Hexadecimal.encode(wire))")
            guard decoded.isMultiple(of: 16) else { continue }
            #expect(
                BallotVerifier.verify([(ballot, style)], random: &random) == [code?.onLedger])
        }
        #expect(decoded > count / 100)
    }

    @Test func truncatedAndExtendedBallotsAreRefused() throws {
        let election = try VectorElection()
        let rules = try election.rules(style: 2)
        let wire = try election.wire("b0")
        for count in wire.indices {
            #expect(throws: RefusalCode.length) {
                try BallotForm([UInt8](wire.prefix(count)), rules: rules)
            }
        }
        #expect(throws: RefusalCode.length) { try BallotForm(wire + [0], rules: rules) }
        #expect(throws: RefusalCode.length) {
            try BallotForm([UInt8](repeating: 0, count: 10_000_000), rules: rules)
        }
    }

    @Test func countsOfFourBillionAreRefusedBeforeAllocating() throws {
        let election = try VectorElection()
        let rules = try election.rules(style: 1)
        let wire = try election.wire("a0")
        for offset in [105, 113] {
            var mutated = wire
            for index in offset..<(offset + 4) { mutated[index] = 0xFF }
            #expect(throws: RefusalCode.contest) { try BallotForm(mutated, rules: rules) }
        }
    }

    /// Swaps each 32-byte field of one ballot with the same field of another.
    @Test func ballotWithAFieldOfAnotherIsRefused() throws {
        let election = try VectorElection()
        let rules = try election.rules(style: 1)
        let wire = try election.wire("a1")
        let other = try election.wire("a2")
        let fields = [37] + Array(stride(from: 117, to: wire.count, by: 32))
        for start in fields {
            var mutated = wire
            for index in start..<(start + 32) { mutated[index] = other[index] }
            let ballot = try Ballot(mutated, rules: rules)
            #expect(BallotVerifier.diagnose(ballot, rules: rules) != nil, "field at \(start)")
        }
    }

    @Test func everyPointFieldRefusesBit255AndNonPoints() throws {
        let election = try VectorElection()
        let rules = try election.rules(style: 1)
        let wire = try election.wire("a0")
        let bad = try election.file["pointEncodings"]["vectors"].list.filter { node throws in
            try !node["decodes"].isTrue && node["hex"].bytes.count == 32
        }
        #expect(bad.count >= 8)
        // P, A, C*4, T_A, D*4, K1, K0, T_s.
        let points = [37] + (0..<10).map { 117 + 32 * $0 } + [597, 629, 693]
        for start in points {
            for node in bad {
                let mutated = wire.prefix(start) + (try node["hex"].bytes) + wire[(start + 32)...]
                #expect(throws: RefusalCode.point) { try Ballot([UInt8](mutated), rules: rules) }
            }
        }
        for start in [37, 117] {
            var mutated = wire
            for index in start..<(start + 32) { mutated[index] = 0 }
            #expect(throws: RefusalCode.identity) { try Ballot(mutated, rules: rules) }
        }
    }

    @Test func everyScalarFieldRefusesWhatIsNotBelowTheOrder() throws {
        let election = try VectorElection()
        let rules = try election.rules(style: 1)
        let wire = try election.wire("a0")
        let bad = try election.file["scalarEncodings"].list.filter { node throws in
            try !node["accept"].isTrue
        }
        // z, f*4, zq, zs.
        let scalars = (0..<5).map { 437 + 32 * $0 } + [661, 725]
        for start in scalars {
            for node in bad {
                let mutated = wire.prefix(start) + (try node["hex"].bytes) + wire[(start + 32)...]
                #expect(throws: RefusalCode.scalar) { try Ballot([UInt8](mutated), rules: rules) }
            }
        }
    }
}
