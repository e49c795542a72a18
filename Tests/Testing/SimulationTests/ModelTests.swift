import Foundation
import Testing

/// The rules as a z3 model of four validators: safe with all of them, unsafe without each.
struct ModelTests {
    @Test func fourValidatorsAreSafeWithAllRulesAndUnsafeWithoutEach() throws {
        var folder = URL(filePath: #filePath)
        while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
        let process = Process()
        // Debian's own Python, for which `Deploy/test.sh` installs z3.
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            folder.appending(path: "Models/simplex_safety_check.py").path, "--four",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.split(separator: "\n").count == 9)
    }
}
