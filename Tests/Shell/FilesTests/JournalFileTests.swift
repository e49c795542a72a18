import Files
import Foundation
import Testing

@Suite struct JournalFileTests {
    private let temporary: TemporaryDirectory
    private var path: String { temporary.path }

    init() throws { temporary = try TemporaryDirectory() }

    @Test func appendedBytesAreThereAfterReopening() throws {
        do {
            let journal = try JournalFile(in: DataDirectory(path: path), name: "votes")
            #expect(try journal.readAll().isEmpty)
            try journal.append([1, 2, 3])
            try journal.append([4])
            try journal.synchronize()
            #expect(journal.size == 4)
        }
        let journal = try JournalFile(in: DataDirectory(path: path), name: "votes")
        #expect(try journal.readAll() == [1, 2, 3, 4])
    }

    @Test func tornTailIsCutAndAppendingGoesOnAfterIt() throws {
        do {
            let journal = try JournalFile(in: DataDirectory(path: path), name: "votes")
            try journal.append([1, 2, 3, 9, 9])
            try journal.truncate(to: 3)
            try journal.append([4])
            try journal.synchronize()
        }
        let journal = try JournalFile(in: DataDirectory(path: path), name: "votes")
        #expect(try journal.readAll() == [1, 2, 3, 4])
    }

    @Test func rewriteReplacesTheContentAndAppendingGoesOn() throws {
        do {
            let journal = try JournalFile(in: DataDirectory(path: path), name: "votes")
            try journal.append([UInt8](repeating: 7, count: 10_000))
            try journal.rewrite([5, 6])
            #expect(journal.size == 2)
            try journal.append([7])
            try journal.synchronize()
            #expect(try journal.readAll() == [5, 6, 7])
        }
        let journal = try JournalFile(in: DataDirectory(path: path), name: "votes")
        #expect(try journal.readAll() == [5, 6, 7])
        #expect(!FileManager.default.fileExists(atPath: path + "/votes.new"))
    }

    @Test func rewriteThatWasCutShortLeavesTheOldContent() throws {
        do {
            let journal = try JournalFile(in: DataDirectory(path: path), name: "votes")
            try journal.append([1, 2])
            try journal.synchronize()
        }
        try Data([9]).write(to: URL(fileURLWithPath: path + "/votes.new"))
        let journal = try JournalFile(in: DataDirectory(path: path), name: "votes")
        #expect(try journal.readAll() == [1, 2])
        #expect(!FileManager.default.fileExists(atPath: path + "/votes.new"))
    }

    @Test func failureIsFinal() throws {
        let directory = try DataDirectory(path: path + "/data")
        let journal = try JournalFile(in: directory, name: "votes")
        // A directory in the place of the replacement makes the rewrite fail.
        try FileManager.default.createDirectory(
            atPath: path + "/data/votes.new", withIntermediateDirectories: false)
        let failure = try #require(
            #expect(throws: DiskFailure.self) { try journal.rewrite([1]) })
        try FileManager.default.removeItem(atPath: path + "/data/votes.new")
        #expect(throws: failure) { try journal.append([1]) }
        #expect(throws: failure) { try journal.synchronize() }
        #expect(throws: failure) { try journal.readAll() }
    }

    @Test func readOnlyAccessMakesNoJournal() throws {
        let directory = try DataDirectory(path: path, access: .readOnly)
        #expect(throws: DiskFailure.self) { try JournalFile(in: directory, name: "votes") }
        #expect(!FileManager.default.fileExists(atPath: path + "/votes"))
    }
}
