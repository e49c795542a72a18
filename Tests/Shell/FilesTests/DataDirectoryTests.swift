import Files
import Foundation
import Testing

@Suite struct DataDirectoryTests {
    private let temporary: TemporaryDirectory
    private var path: String { temporary.path }

    init() throws { temporary = try TemporaryDirectory() }

    @Test func secondOwnerIsRefusedAtOnceAndTold() throws {
        let first = try DataDirectory(path: path)
        let error = #expect(throws: DiskFailure.self) { try DataDirectory(path: path) }
        #expect(error == .inUse(directory: path, process: getpid()))
        #expect(error?.description.contains(path) == true)
        #expect(error?.description.contains("Stop that node first") == true)
        #expect(first.path == path)
    }

    @Test func lockIsFreeAgainWhenTheOwnerIsGone() throws {
        do { _ = try DataDirectory(path: path) }
        _ = try DataDirectory(path: path)
    }

    @Test func directoriesAreMadeForTheOwnerAlone() throws {
        _ = try DataDirectory(path: path + "/a/b/c")
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/a/b/c")
        #expect(attributes[.posixPermissions] as? Int == 0o700)
    }

    @Test(arguments: [DataDirectory.Access.existing, .readOnly])
    func missingDirectoryIsReported(access: DataDirectory.Access) throws {
        #expect(throws: DiskFailure.missing(directory: path + "/none")) {
            try DataDirectory(path: path + "/none", access: access)
        }
    }
}
