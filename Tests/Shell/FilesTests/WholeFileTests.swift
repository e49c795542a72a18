import Files
import Foundation
import Testing

@Suite struct WholeFileTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func content(of path: String) throws -> [UInt8]? {
        try OpenFile(path, .read).readToEnd(limit: 1 << 20)
    }

    @Test func aFileIsWholeWithItsPermissionsAndNothingStaysBesideIt() throws {
        let path = directory.file("a")
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        try WholeFile.create(path, with: bytes, permissions: 0o644)
        #expect(try content(of: path) == bytes)
        #expect(try directory.mode(of: path) == 0o644)
        try WholeFile.replace(path, with: [1], permissions: 0o600)
        #expect(try content(of: path) == [1])
        #expect(try directory.mode(of: path) == 0o600)
        #expect(try directory.names() == ["a"])
    }

    @Test func ofTwoThatMakeAFileOneWins() throws {
        let path = directory.file("a")
        try WholeFile.create(path, with: [1], permissions: 0o600)
        #expect(throws: DiskFailure.system(operation: "make", path: path, code: EEXIST)) {
            try WholeFile.create(path, with: [2], permissions: 0o600)
        }
        #expect(try content(of: path) == [1])
        #expect(try directory.names() == ["a"])
    }

    @Test func aFileThatCannotBePutInPlaceLeavesNoDraft() throws {
        let path = directory.file("a")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(throws: DiskFailure.self) {
            try WholeFile.replace(path, with: [1], permissions: 0o600)
        }
        #expect(try directory.names() == ["a"])
    }

    @Test func aMissingDirectoryIsNamed() {
        let failure = #expect(throws: DiskFailure.self) {
            try WholeFile.create(directory.file("no/a"), with: [1], permissions: 0o600)
        }
        guard case .system("open", let path, ENOENT) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(path.hasPrefix(directory.file("no/a")))
    }

    @Test func aFileIsReadUpToALimit() throws {
        let path = directory.file("a")
        try WholeFile.create(path, with: [1, 2, 3], permissions: 0o600)
        let file = try OpenFile(path, .read)
        #expect(try file.readToEnd(limit: 2) == nil)
        #expect(try OpenFile(path, .read).readToEnd(limit: 3) == [1, 2, 3])
        #expect(try OpenFile(path, .read).read(count: 9, at: 1) == [2, 3])
    }

    @Test func aPipeIsReadToItsEnd() throws {
        let pipe = Pipe()
        let bytes = [UInt8](repeating: 7, count: 5000)
        try pipe.fileHandleForWriting.write(contentsOf: Data(bytes))
        try pipe.fileHandleForWriting.close()
        let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        #expect(try OpenFile(path, .read).readToEnd(limit: 5000) == bytes)
    }
}
