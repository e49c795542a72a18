import Files
import Foundation
import Testing

@Suite struct FileNamesTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func namesArePutTogetherWithOneSlash() {
        #expect(FileNames.path(of: "b", in: "/a") == "/a/b")
        #expect(FileNames.path(of: "b", in: "/a/") == "/a/b")
        #expect(FileNames.path(of: "b", in: "a") == "a/b")
    }

    @Test(arguments: ["x/y/z", "x/y/z/"])
    func directoriesAreMadeWithThoseAboveThem(name: String) throws {
        try FileNames.makeDirectory(directory.file(name))
        for made in ["x", "x/y", "x/y/z"] {
            #expect(FileNames.exists(directory.file(made)))
            #expect(try directory.mode(of: directory.file(made)) == 0o700)
        }
        // One that is there stays as it is.
        try FileNames.makeDirectory(directory.file(name))
    }

    @Test func aDirectoryBelowAFileIsNotMade() throws {
        let path = try directory.write("", to: "file") + "/x"
        #expect(
            throws: DiskFailure.system(
                operation: "make the directory", path: path, code: ENOTDIR)
        ) { try FileNames.makeDirectory(path) }
        #expect(!FileNames.exists(path))
    }
}
