import DocumentFiles
import Testing

@Suite struct LocalFileTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func writtenFileHasItsModeAndNothingIsLeftBeside() throws {
        let secret = directory.file("secret")
        let document = directory.file("document")
        try LocalFile.write([1, 2, 3], to: secret, mode: .secret)
        try LocalFile.write([], to: document, mode: .document)
        #expect(try LocalFile.read(secret, limit: 3) == [1, 2, 3])
        #expect(try LocalFile.read(document, limit: 0) == [])
        #expect(try directory.mode(of: secret) == 0o600)
        #expect(try directory.mode(of: document) == 0o644)
        #expect(try directory.names() == ["document", "secret"])
    }

    @Test func fileThatIsThereIsKeptUnlessItIsToBeReplaced() throws {
        let path = directory.file("a")
        try LocalFile.write([1], to: path, mode: .document)
        #expect(throws: FileFailure.exists(path: path)) {
            try LocalFile.write([2], to: path, mode: .document)
        }
        #expect(try LocalFile.read(path, limit: 10) == [1])
        try LocalFile.write([3], to: path, mode: .secret, replacing: true)
        #expect(try LocalFile.read(path, limit: 10) == [3])
        #expect(try directory.mode(of: path) == 0o600)
        #expect(try directory.names() == ["a"])
    }

    @Test func missingFileTooLargeFileAndDirectoryAreRefused() throws {
        let path = directory.file("a")
        #expect(throws: FileFailure.missing(path: path)) { try LocalFile.read(path, limit: 1) }
        #expect(throws: FileFailure.missing(path: path)) {
            try LocalFile.readSecret(path, limit: 1)
        }
        try LocalFile.write([1, 2], to: path, mode: .document)
        #expect(throws: FileFailure.tooLarge(path: path, limit: 1)) {
            try LocalFile.read(path, limit: 1)
        }
        let failure = #expect(throws: FileFailure.self) {
            try LocalFile.read(directory.path, limit: 1)
        }
        #expect(failure?.description.contains("directory") == true)
    }

    @Test func fileInAMissingDirectoryIsNotWritten() {
        let failure = #expect(throws: FileFailure.self) {
            try LocalFile.write([1], to: directory.file("no/such/file"), mode: .document)
        }
        #expect(failure?.description.contains("cannot be written") == true)
    }

    @Test(arguments: [0o640, 0o604, 0o644, 0o660, 0o601])
    func secretThatOthersMayReadIsRefusedWithTheCommandThatHelps(mode: Int) throws {
        let path = try directory.write("secret", to: "s", mode: mode)
        let failure = #expect(throws: FileFailure.self) {
            try LocalFile.readSecret(path, limit: 100)
        }
        #expect(failure?.description.contains("chmod 600 \(path)") == true)
    }

    @Test(arguments: [0o600, 0o400])
    func secretOfItsOwnerAloneIsRead(mode: Int) throws {
        let path = try directory.write("secret", to: "s", mode: mode)
        #expect(try LocalFile.readSecret(path, limit: 100) == [UInt8]("secret".utf8))
    }
}
