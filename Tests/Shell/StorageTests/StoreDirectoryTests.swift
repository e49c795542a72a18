import Files
import Storage
import Testing

@Suite struct StoreDirectoryTests {
    private let temporary: TemporaryDirectory
    private var path: String { temporary.path }

    init() throws { temporary = try TemporaryDirectory() }

    @Test func lockHoldsAsLongAsAStoreOrSnapshotLives() throws {
        var snapshot: StoreSnapshot?
        do {
            let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
            snapshot = store.snapshot()
        }
        #expect(throws: DiskFailure.self) { try DataDirectory(path: path) }
        #expect(try snapshot?.floor() == nil)
        snapshot = nil
        _ = try DataDirectory(path: path)
    }

    @Test(arguments: [DataDirectory.Access.existing, .readOnly])
    func directoryWithoutAStoreIsReported(access: DataDirectory.Access) throws {
        let directory = try DataDirectory(path: path, access: access)
        #expect(throws: StorageError.disk(.missing(directory: path))) {
            try NodeStore(in: directory, chainID: nil)
        }
    }
}
