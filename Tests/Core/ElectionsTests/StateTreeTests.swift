import Codec
import Elections
import Foundation
import Hashing
import Ristretto
import Testing

/// The state digest against a plain recomputation from all records.
struct StateTreeTests {
    /// The digest's definition, without regard to cost.
    private func digest(_ leaves: [(path: Bytes32, value: Bytes32)], depth: Int = 0) -> Bytes32 {
        if leaves.isEmpty { return .zero }
        if leaves.count == 1 {
            return SHA256.digest([0x00], leaves[0].path.bytes, leaves[0].value.bytes)
        }
        let left = self.digest(leaves.filter { !$0.path.bit(at: depth) }, depth: depth + 1)
        let right = self.digest(leaves.filter { $0.path.bit(at: depth) }, depth: depth + 1)
        return SHA256.digest([0x01], left.bytes, right.bytes)
    }

    private func digest(of records: [StateKey: [UInt8]]) -> Bytes32 {
        self.digest(
            records.map { (SHA256.digest($0.key.bytes), SHA256.digest($0.value)) }
                .sorted { $0.0 < $1.0 })
    }

    private func key(_ number: UInt64) -> StateKey {
        var writer = ByteWriter()
        writer.write(StateKey.recordSpace)
        writer.write(number)
        return StateKey(writer.bytes)
    }

    @Test(arguments: 0..<12)
    func randomChangesLeadToTheDigestOfTheRecords(run: Int) throws {
        var random = SeededRandom("tree \(run)")
        var records: [StateKey: [UInt8]] = [:]
        var state = MemoryState()
        for _ in 0..<40 {
            var changes: [StateKey: [UInt8]?] = [:]
            for byte in random.bytes(Int(random.bytes(1)[0]) % 24) {
                let key = self.key(UInt64(byte) % 48)
                let value = random.bytes(2)
                // Deletions, also of what is not there, in two of five changes.
                let new: [UInt8]? = value[0] % 5 < 2 ? nil : value
                changes.updateValue(new, forKey: key)
                records[key] = new
            }
            let (digest, all) = try StateDigest.after(StateChanges(changes), to: state)
            state.apply(all)
            #expect(digest == self.digest(of: records))
            #expect(try StateDigest.of(state) == digest)
        }
        let nodes = state.sorted.filter { $0.key.bytes[0] == StateKey.treeSpace }.count
        var fresh: [StateKey: [UInt8]?] = [:]
        for (key, value) in records { fresh.updateValue(value, forKey: key) }
        let rebuilt = try StateDigest.after(StateChanges(fresh), to: MemoryState()).changes
        // No node of an earlier shape is left behind.
        #expect(nodes == rebuilt.sorted.count - records.count)
    }

    @Test func proofShowsWhatARecordIsAndThatAnotherIsNot() throws {
        var state = MemoryState()
        var records: [StateKey: [UInt8]?] = [:]
        for number in UInt64(0)..<40 { records.updateValue([UInt8(number)], forKey: key(number)) }
        let (digest, changes) = try StateDigest.after(StateChanges(records), to: state)
        state.apply(changes)
        for number in UInt64(0)..<60 {
            let key = self.key(number)
            let value: [UInt8]? = number < 40 ? [UInt8(number)] : nil
            let proof = try StateProof(of: key, in: state)
            #expect(proof.verify(key, value: value, digest: digest))
            #expect(!proof.verify(key, value: [99], digest: digest))
            #expect(!proof.verify(key, value: value == nil ? [1] : nil, digest: digest))
            #expect(!proof.verify(key, value: value, digest: .zero))
            #expect(
                !proof.verify(self.key(number + 1000), value: value, digest: digest)
                    || value == nil)
            let decoded = try StateProof(canonicalBytes: proof.canonicalBytes)
            #expect(decoded == proof)
        }
    }

    @Test func emptyStateHasTheZeroDigest() throws {
        #expect(try StateDigest.of(MemoryState()) == .zero)
        let empty = try StateProof(of: self.key(1), in: MemoryState())
        #expect(empty.verify(self.key(1), value: nil, digest: .zero))
    }

    @Test func damagedRecordIsAFaultOfTheMachine() throws {
        var world = Stages.open
        let key = StateKeys.style(election: world.election, style: 1)
        world.damage(key)
        #expect(throws: StateFault.self) { try world.queries.status(world.election) }
    }
}

/// The frozen digests, which another program computed.
struct StateTreeVectorTests {
    private struct File: Decodable {
        struct Case: Decodable {
            struct Record: Decodable {
                let key: String
                let value: String
            }

            let records: [Record]
            let digest: String
        }

        let cases: [Case]
    }

    @Test func digestsAreTheFrozenOnes() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Vectors/state-tree.json")
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: path))
        #expect(file.cases.count == 7)
        for vector in file.cases {
            var records: [StateKey: [UInt8]?] = [:]
            for record in vector.records {
                let key = try #require(Hexadecimal.decode(record.key))
                let value = try #require(Hexadecimal.decode(record.value))
                records.updateValue(value, forKey: StateKey(key))
            }
            let digest = try StateDigest.after(StateChanges(records), to: MemoryState()).digest
            #expect(digest.description == vector.digest)
        }
    }
}
