import Codec
import Foundation
import Storage
import Testing

@Suite struct DataDirectoryTests {
    private let temporary: TemporaryDirectory
    private var path: String { temporary.path }

    init() throws { temporary = try TemporaryDirectory() }

    @Test func secondOwnerIsRefusedAtOnceAndTold() throws {
        let first = try DataDirectory(path: path)
        let error = #expect(throws: StorageError.self) { try DataDirectory(path: path) }
        #expect(error == .inUse(directory: path, process: getpid()))
        #expect(error?.description.contains(path) == true)
        #expect(error?.description.contains("Stop that node first") == true)
        #expect(first.path == path)
    }

    @Test func lockIsFreeAgainWhenTheOwnerIsGone() throws {
        do { _ = try DataDirectory(path: path) }
        _ = try DataDirectory(path: path)
    }

    @Test func lockHoldsAsLongAsAStoreOrSnapshotLives() throws {
        var snapshot: StoreSnapshot?
        do {
            let store = try NodeStore(in: DataDirectory(path: path), chainID: chain)
            snapshot = store.snapshot()
        }
        #expect(throws: StorageError.self) { try DataDirectory(path: path) }
        #expect(try snapshot?.floor() == nil)
        snapshot = nil
        _ = try DataDirectory(path: path)
    }

    @Test func directoriesAreMadeForTheOwnerAlone() throws {
        _ = try DataDirectory(path: path + "/a/b/c")
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/a/b/c")
        #expect(attributes[.posixPermissions] as? Int == 0o700)
    }

    @Test(arguments: [DataDirectory.Access.existing, .readOnly])
    func missingDirectoryIsReported(access: DataDirectory.Access) throws {
        #expect(throws: StorageError.missing(directory: path + "/none")) {
            try DataDirectory(path: path + "/none", access: access)
        }
    }

    @Test(arguments: [DataDirectory.Access.existing, .readOnly])
    func directoryWithoutAStoreIsReported(access: DataDirectory.Access) throws {
        let directory = try DataDirectory(path: path, access: access)
        #expect(throws: StorageError.missing(directory: path)) {
            try NodeStore(in: directory, chainID: nil)
        }
    }
}
