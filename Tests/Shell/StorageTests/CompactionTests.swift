import Codec
import Files
import Foundation
import Ledger
import Storage
import Testing

/// A database that has to be put in order again and again must not hold up the blocks.
@Suite struct CompactionTests {
    private let temporary: TemporaryDirectory

    init() throws { temporary = try TemporaryDirectory() }

    /// What one block changes: a large entry, state that is overwritten by later blocks, and a
    /// transaction that comes and goes.
    private func heavyBlock(_ height: UInt64, _ numbers: inout Numbers) -> FloorBatch {
        var batch = FloorBatch(floor: floor(height))
        batch.putHeader(numbers.bytes(400), hash: digest(height), at: Height(height))
        batch.putEntry(numbers.bytes(48 * 1024), at: height)
        batch.indexTransaction(digest(1000 + height), at: height)
        batch.removeFromMempool(digest(1000 + height))
        for _ in 0..<100 {
            let key = UInt16.random(in: .min ... .max, using: &numbers)
            batch.putState(
                numbers.bytes(300), forKey: [0x20, UInt8(key >> 8), UInt8(key & 0xFF)])
        }
        return batch
    }

    @Test(.timeLimit(.minutes(2)))
    func commitsGoOnWhileTheDatabaseCompacts() throws {
        var options = StoreOptions()
        // So small that tables are written every few blocks, and merged all the time.
        options.writeBufferBytes = 512 * 1024
        let path = temporary.path
        let store = try NodeStore(in: DataDirectory(path: path), chainID: chain, options: options)
        var numbers = Numbers(state: 27)
        var longest = Duration.zero
        let clock = ContinuousClock()
        let last: UInt64 = 500
        for height in 1...last {
            try store.addToMempool([
                MempoolRecord(id: digest(1000 + height), bytes: numbers.bytes(2000))
            ])
            let batch = heavyBlock(height, &numbers)
            longest = try max(longest, clock.measure { try store.commit(batch) })
        }
        // Many more tables were made than are left: they have been merged.
        let tables = try FileManager.default.contentsOfDirectory(atPath: path + "/ledger")
            .filter { $0.hasSuffix(".sst") }
        let made = try #require(tables.compactMap { Int($0.dropLast(4)) }.max())
        #expect(made > 3 * tables.count, "\(made) files were made, \(tables.count) tables are left")
        // A view's timeout is three quarters of a second at first: commits that last so long would
        // cost views. A busy disk alone is slower than one would think.
        #expect(longest < .seconds(2), "\(longest)")
        #expect(try store.floor() == floor(last))
        #expect(try store.mempool(limit: 1).isEmpty)
    }
}

/// Numbers of a seed (SplitMix64).
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: count)
        for _ in 0..<count / 8 { writer.write(next()) }
        return writer.bytes
    }
}
