import Files
import Foundation
import Testing

@Suite struct LockFileTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Tries to take the lock, and lets it go.
    private func take(_ path: String) throws(LockFile.Refusal) { _ = try LockFile(path) }

    @Test func aSecondHolderIsRefusedAndToldWhoHasIt() throws {
        let path = directory.file("lock")
        do {
            let lock = try LockFile(path)
            #expect(throws: LockFile.Refusal.taken(process: getpid())) { try take(path) }
            _ = consume lock
        }
        try take(path)
    }

    @Test func aHolderThatHasNotSaidWhoItIsHasNoNumber() throws {
        let path = try directory.write("", to: "lock")
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        #expect(flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
        #expect(throws: LockFile.Refusal.taken(process: nil)) { try take(path) }
    }

    @Test func aLockThatCannotBeMadeIsAFailureOfTheDisk() {
        let path = directory.file("no/lock")
        #expect(
            throws: LockFile.Refusal.failed(
                .system(operation: "open", path: path, code: ENOENT))
        ) { try take(path) }
    }
}
