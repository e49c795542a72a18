import Codec
import Files
import Ledger
import Storage
import Testing

@Suite struct StoreReadingTests {
    private let temporary: TemporaryDirectory
    private var path: String { temporary.path }

    init() throws { temporary = try TemporaryDirectory() }

    /// A store with blocks 1 to 20, finalizations of 5, 10 and 20, and a few keys of state.
    private func filledStore() throws -> NodeStore {
        let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
        for height in UInt64(1)...20 {
            var batch = block(height)
            if [5, 10, 20].contains(height) {
                batch.putFinalization([UInt8(height)], at: Height(height))
            }
            try store.commit(batch)
        }
        return store
    }

    @Test func consecutiveReadsKeepTheirBounds() throws {
        let store = try filledStore()
        #expect(try store.headers(from: Height(3), limit: 2) == [[3, 1], [4, 1]])
        #expect(try store.headers(from: Height(19), limit: 5) == [[19, 1], [20, 1]])
        #expect(try store.headers(from: Height(21), limit: 5).isEmpty)
        #expect(try store.headers(from: Height(1), limit: 0).isEmpty)
        #expect(try store.entries(from: 1, limit: 9, byteLimit: 5) == [[1, 2], [2, 2]])
        #expect(try store.entries(from: 1, limit: 9, byteLimit: 1) == [[1, 2]])
        #expect(try store.entries(from: .max, limit: 9).isEmpty)
        #expect(try store.logHashes(height: 0, from: 18, count: 9).count == 3)
        #expect(try store.logHashes(height: 0, from: 2, count: 2) == [digest(2002), digest(2003)])
        #expect(try store.logHashes(height: 1, from: 0, count: 2).isEmpty)
    }

    @Test func gapBeforeAStoredNumberIsDamage() throws {
        let store = try filledStore()
        var batch = FloorBatch(floor: floor(22))
        batch.putHeader([22], hash: digest(22), at: Height(22))
        batch.putLogHash(digest(1), height: 0, index: 22)
        try store.commit(batch)
        #expect(throws: StorageError.self) { try store.headers(from: Height(20), limit: 9) }
        #expect(throws: StorageError.self) {
            try store.logHashes(height: 0, from: 20, count: 9)
        }
    }

    @Test(
        arguments: [
            (1, 5, nil), (5, 5, 5), (6, 10, 5), (15, 20, 10), (20, 20, 20), (21, nil, 20),
            (UInt64.max, nil, 20),
        ] as [(UInt64, UInt64?, UInt64?)])
    func nearestFinalizationIsFound(height: UInt64, above: UInt64?, below: UInt64?) throws {
        let store = try filledStore()
        let first = try store.firstFinalization(from: Height(height))
        #expect(first?.height.rawValue == above)
        #expect(first?.certificate.first.map(UInt64.init) == above)
        let last = try store.lastFinalization(upTo: Height(height))
        #expect(last?.height.rawValue == below)
    }

    @Test func rangesAndPrefixesOfTheStateKeepTheirBounds() throws {
        let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
        let keys: [[UInt8]] = [
            [1], [1, 0], [1, 0xFF], [2], [0xFF], [0xFF, 0xFF], [0xFF, 0xFF, 1],
        ]
        var batch = FloorBatch(floor: floor(1))
        for key in keys { batch.putState(key, forKey: key) }
        try store.commit(batch)
        func found(_ pairs: [KeyValue]) -> [[UInt8]] { pairs.map(\.key) }
        #expect(try found(store.states(from: [], below: nil, limit: 99)) == keys)
        #expect(
            try found(store.states(from: [1, 0], below: [2], limit: 99)) == [[1, 0], [1, 0xFF]])
        #expect(try found(store.states(from: [2], below: [1], limit: 99)).isEmpty)
        #expect(try found(store.states(from: [1], below: nil, limit: 2)) == [[1], [1, 0]])
        #expect(
            try found(store.states(withPrefix: [1], limit: 99)) == [[1], [1, 0], [1, 0xFF]])
        #expect(
            try found(store.states(withPrefix: [1], after: [1], limit: 1)) == [[1, 0]])
        #expect(
            try found(store.states(withPrefix: [1], after: [0], limit: 1)) == [[1]])
        #expect(
            try found(store.states(withPrefix: [1], after: [2], limit: 1)).isEmpty)
        #expect(try found(store.states(withPrefix: [0xFF], limit: 99)).count == 3)
        #expect(try found(store.states(withPrefix: [0xFF, 0xFF], limit: 99)).count == 2)
        var visited: [[UInt8]] = []
        try store.forEachState(withPrefix: [1]) { key, _ in
            visited.append(key)
            return visited.count < 2
        }
        #expect(visited == [[1], [1, 0]])
    }

    @Test func deletedStateIsGoneAndAbsentKeysAreNil() throws {
        let store = try filledStore()
        var batch = FloorBatch(floor: floor(21))
        batch.deleteState(forKey: [0x10, 1])
        try store.commit(batch)
        #expect(try store.state([0x10, 1]) == nil)
        #expect(try store.header(at: Height(99)) == nil)
        #expect(try store.height(ofBlock: digest(99)) == nil)
        #expect(try store.logIndex(ofTransaction: digest(99)) == nil)
        #expect(try store.note("absent") == nil)
    }
}
