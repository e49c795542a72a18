import Compression
import Foundation
import Testing

struct GzipTests {
    /// What `gzip -dc` makes of bytes.
    private func expanded(_ bytes: [UInt8]) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("gzip-\(UUID().uuidString).gz")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-dc", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return [UInt8](data)
    }

    @Test(arguments: [100, 1 << 16, (1 << 20) + 7])
    func otherProgramsExpandWhatWeCompressed(size: Int) throws {
        let bytes = (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 7) }
        let compressed = try #require(Gzip.compress(bytes))
        #expect(compressed.count < bytes.count)
        #expect(try expanded(compressed) == bytes)
    }

    @Test func whatDoesNotShrinkIsLeftAsItIs() {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(Gzip.compress(random) == nil)
        #expect(Gzip.compress([]) == nil)
        #expect(Gzip.compress([7]) == nil)
    }

    @Test func noMoreAreAtWorkAtOnceThanAllowed() {
        let bytes = [UInt8](repeating: 7, count: 4096)
        #expect(Compressor(limit: 0).gzip(bytes) == nil)
        let compressor = Compressor(limit: 1)
        #expect(compressor.gzip(bytes) != nil)
        #expect(compressor.gzip(bytes) != nil)
    }
}
