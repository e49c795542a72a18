import Codec
import Files
import Foundation
import Ledger
import Storage
import Testing

let chain = Bytes32([UInt8](repeating: 0xC0, count: 32)[...])

/// A digest that differs for each number.
func digest(_ number: UInt64) -> Bytes32 {
    var writer = ByteWriter()
    for _ in 0..<4 { writer.write(number) }
    return Bytes32(writer.bytes[...])
}

/// A floor record at a height.
func floor(_ height: UInt64) -> FloorRecord {
    FloorRecord(
        height: Height(height), hash: digest(height), logSize: height * 2, frontier: [1, 2, 3])
}

/// A batch of one block with one transaction, its indices and some state.
func block(_ height: UInt64) -> FloorBatch {
    var batch = FloorBatch(floor: floor(height))
    batch.putHeader([UInt8(height), 1], hash: digest(height), at: Height(height))
    batch.putEntry([UInt8(height), 2], at: height)
    batch.indexTransaction(digest(1000 + height), at: height)
    batch.putLogHash(digest(2000 + height), height: 0, index: height)
    batch.putState([UInt8(height)], forKey: [0x10, UInt8(height)])
    batch.removeFromMempool(digest(1000 + height))
    return batch
}

@Suite struct NodeStoreTests {
    private let temporary: TemporaryDirectory
    private var path: String { temporary.path }

    init() throws { temporary = try TemporaryDirectory() }

    @Test func batchIsThereWholeAfterReopening() throws {
        do {
            let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
            #expect(try store.floor() == nil)
            try store.addToMempool([
                MempoolRecord(id: digest(1001), bytes: [5]),
                MempoolRecord(id: digest(1009), bytes: [6]),
            ])
            var batch = block(1)
            batch.putFinalization([9, 9], at: Height(1))
            batch.putNote("checkpoint", [7])
            try store.commit(batch)
        }
        let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
        #expect(try store.floor() == floor(1))
        #expect(try store.header(at: Height(1)) == [1, 1])
        #expect(try store.height(ofBlock: digest(1)) == Height(1))
        #expect(try store.entry(at: 1) == [1, 2])
        #expect(try store.logIndex(ofTransaction: digest(1001)) == 1)
        #expect(try store.logHash(height: 0, index: 1) == digest(2001))
        #expect(try store.state([0x10, 1]) == [1])
        #expect(try store.finalization(at: Height(1)) == [9, 9])
        #expect(try store.note("checkpoint") == [7])
        #expect(
            try store.mempool(limit: 10) == [MempoolRecord(id: digest(1009), bytes: [6])])
    }

    @Test func closedStoreAnswersNothingAndIsWholeAgainWhenOpened() throws {
        let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
        try store.commit(block(1))
        let snapshot = store.snapshot()
        store.close()
        store.close()
        let closed = StorageError.closed(path: path + "/ledger")
        #expect(throws: closed) { try store.floor() }
        #expect(throws: closed) { try store.commit(block(2)) }
        #expect(throws: closed) { try store.putNote("checkpoint", [7]) }
        #expect(throws: closed) { try snapshot.header(at: Height(1)) }
        #expect(throws: closed) { try snapshot.mempool(limit: 1) }
        #expect(throws: closed) { try store.snapshot().floor() }
    }

    /// Readers and writers at work while the store is closed get an answer or `closed`; nothing is
    /// used after it was freed.
    @Test func closingWaitsForCallsUnderWay() async throws {
        let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
        for height in UInt64(1)...200 { try store.commit(block(height)) }
        let closed = StorageError.closed(path: path + "/ledger")
        await withTaskGroup(of: StorageError.self) { group in
            for number in 0..<4 {
                // A thread for each: none waits for another's turn.
                let thread = BlockingExecutor(label: "reader \(number)")
                group.addTask {
                    await thread.run {
                        while true {
                            do throws(StorageError) {
                                _ = try store.snapshot().headers(from: Height(1), limit: 200)
                                try store.putNote("busy", [1])
                            } catch {
                                return error
                            }
                        }
                    }
                }
            }
            let closer = BlockingExecutor(label: "closer")
            await closer.run {
                while (try? store.note("busy")) == .some(nil) {}
                store.close()
            }
            for await error in group { #expect(error == closed) }
        }
    }

    @Test func copyMadeWithoutClosingHasEveryCommittedBatchWhole() throws {
        let store = try NodeStore(in: DataDirectory(path: path + "/a"), chainID: chain)
        for height in UInt64(1)...50 { try store.commit(block(height)) }
        // What the disk holds at this moment is what a killed process leaves.
        try FileManager.default.copyItem(atPath: path + "/a", toPath: path + "/b")
        let left = try NodeStore(in: DataDirectory(path: path + "/b"), chainID: chain)
        #expect(try left.floor() == floor(50))
        #expect(try left.headers(from: Height(1), limit: 100).count == 50)
        #expect(try left.states(withPrefix: [0x10], limit: 100).count == 50)
    }

    @Test func tornEndOfTheWriteAheadLogLosesTheLastBatchWhole() throws {
        let store = try NodeStore(in: DataDirectory(path: path + "/a"), chainID: chain)
        for height in UInt64(1)...3 { try store.commit(block(height)) }
        try FileManager.default.copyItem(atPath: path + "/a", toPath: path + "/b")
        let log = try #require(
            try FileManager.default.contentsOfDirectory(atPath: path + "/b/ledger")
                .filter { $0.hasSuffix(".log") }.max())
        let url = URL(fileURLWithPath: path + "/b/ledger/" + log)
        try Data(contentsOf: url).dropLast(20).write(to: url)
        let left = try NodeStore(in: DataDirectory(path: path + "/b"), chainID: chain)
        #expect(try left.floor() == floor(2))
        #expect(try left.header(at: Height(3)) == nil)
        #expect(try left.state([0x10, 3]) == nil)
    }

    @Test func damagedRecordBeforeAGoodOneIsReported() throws {
        let store = try NodeStore(in: DataDirectory(path: path + "/a"), chainID: chain)
        for height in UInt64(1)...100 { try store.commit(block(height)) }
        try FileManager.default.copyItem(atPath: path + "/a", toPath: path + "/b")
        let log = try #require(
            try FileManager.default.contentsOfDirectory(atPath: path + "/b/ledger")
                .filter { $0.hasSuffix(".log") }.max())
        let url = URL(fileURLWithPath: path + "/b/ledger/" + log)
        var bytes = try Data(contentsOf: url)
        bytes[bytes.count / 2] ^= 0x40
        try bytes.write(to: url)
        let error = #expect(throws: StorageError.self) {
            let left = try NodeStore(in: DataDirectory(path: path + "/b"), chainID: chain)
            // Unless opening reports it, the floor must still be whole.
            #expect(try left.floor() == floor(100))
        }
        guard case .corrupt = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// RocksDB aborts the process when it cannot write its text log.
    @Test func theDatabaseKeepsNoTextLog() throws {
        do {
            let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
            for height in UInt64(1)...5 { try store.commit(block(height)) }
        }
        _ = try NodeStore(in: DataDirectory(path: path), chainID: chain)
        let files = try FileManager.default.contentsOfDirectory(atPath: path + "/ledger")
        #expect(files.contains("CURRENT"))
        #expect(!files.contains { $0.hasPrefix("LOG") })
    }

    @Test func snapshotDoesNotSeeLaterWrites() throws {
        let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
        try store.commit(block(1))
        let snapshot = store.snapshot()
        var batch = block(2)
        batch.putState([99], forKey: [0x10, 1])
        try store.commit(batch)
        #expect(try snapshot.floor() == floor(1))
        #expect(try snapshot.state([0x10, 1]) == [1])
        #expect(try snapshot.states([[0x10, 1], [0x10, 2]]) == [[1], nil])
        #expect(try snapshot.states(withPrefix: [0x10], limit: 9).count == 1)
        #expect(try store.states([[0x10, 1], [0x10, 2]]) == [[99], [2]])
    }

    @Test func snapshotIsReadFromManyTasksAtOnce() async throws {
        let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
        var batch = FloorBatch(floor: floor(1))
        for key in UInt8(0)...255 { batch.putState([key], forKey: [key]) }
        try store.commit(batch)
        let snapshot = store.snapshot()
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for key in UInt8(0)...255 {
                group.addTask { Int(try snapshot.state([key])?.first ?? 0) }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 255 * 128)
    }

    @Test func anotherChainIsRefused() throws {
        do { _ = try NodeStore(in: DataDirectory(path: path), chainID: chain) }
        let directory = try DataDirectory(path: path)
        #expect(
            throws: StorageError.wrongChain(
                directory: path, found: chain, expected: digest(1))
        ) { try NodeStore(in: directory, chainID: digest(1)) }
        #expect(try NodeStore(in: directory, chainID: nil).chainID == chain)
    }

    @Test func anotherFormatIsRefused() throws {
        do { _ = try NodeStore(in: DataDirectory(path: path), chainID: chain, format: 7) }
        let directory = try DataDirectory(path: path)
        #expect(
            throws: StorageError.unsupportedFormat(directory: path, found: 7, supported: 1)
        ) { try NodeStore(in: directory, chainID: chain) }
    }

    @Test func readOnlyStoreReadsAndDoesNotWrite() throws {
        do {
            let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
            try store.commit(block(1))
        }
        let directory = try DataDirectory(path: path, access: .readOnly)
        let store = try NodeStore(in: directory, chainID: nil)
        #expect(try store.floor() == floor(1))
        #expect(throws: StorageError.self) { try store.putNote("checkpoint", [1]) }
    }

    @Test func mempoolIsDurableAndReadPageByPage() throws {
        do {
            let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
            try store.addToMempool(
                (UInt64(0)..<10).map { MempoolRecord(id: digest($0), bytes: [UInt8($0)]) })
            try store.removeFromMempool([digest(4)])
        }
        let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
        let first = try store.mempool(limit: 6)
        #expect(first.map(\.bytes) == [[0], [1], [2], [3], [5], [6]])
        let rest = try store.mempool(after: first.last?.id, limit: 6)
        #expect(rest.map(\.bytes) == [[7], [8], [9]])
        #expect(try store.mempool(limit: 0).isEmpty)
        #expect(try store.mempoolRecord(digest(4)) == nil)
        #expect(try store.mempoolRecord(digest(5))?.bytes == [5])
    }
}
