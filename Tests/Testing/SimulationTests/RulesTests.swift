import Foundation
import Testing

/// The patches that switch rules off (`Tests/Testing/Rules`): the simulation notices each of them.
struct RulesTests {
    private static let top = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A program's exit status and all that it wrote.
    private func run(
        _ arguments: [String], in directory: URL? = nil
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = directory }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test func everyPatchAppliesAndHasItsRowInTheTable() throws {
        let script = Self.top.appending(path: "Deploy/rules.sh").path
        let (status, output) = try run(["bash", script, "check"])
        #expect(status == 0, "\(output)")
        let names = try run(["bash", script, "list"]).output.split(separator: "\n")
        #expect(names.count >= 75)
    }

    /// All of them take minutes: `Deploy/long.sh rules`. One each of voting, of admission and of cosigning
    /// shows that the copy builds and finds.
    @Test func rulesThatAreOffAreNoticed() throws {
        let script = Self.top.appending(path: "Deploy/rules.sh").path
        let names = ["one-notarize", "stored-before-answer", "noted-before-cosigned"]
        let (status, output) = try run(["nice", "bash", script, "run"] + names)
        #expect(status == 0, "\(output)")
        for name in names { #expect(output.contains("\(name) | "), "\(output)") }
    }

    // MARK: - The script

    private static let source = """
        struct Counter {
            var count = 0
            var next: Int { count + 1 }

            /// Adds.
            mutating func add(
                _ number: Int
            ) -> Int {
                guard number > 0 else { return count }
                count += number
                return count
            }

            mutating func double() -> Int {
                count += count
                return count
            }

            mutating func clear() { count = 0 }
        }

        """

    /// Makes a tree with the script and one patch, and runs it there.
    private func generate(
        _ command: [String], patch: String, name: String = "rule"
    ) throws -> (status: Int32, output: String, tree: URL) {
        let tree = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let rules = tree.appending(path: "Tests/Testing/Rules")
        let module = tree.appending(path: "Sources/Core/Counting")
        for folder in [rules, module, tree.appending(path: "Sources/Testing/veche-simulate")] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        for file in ["generate.py", "patches.py", "Without.swift"] {
            try FileManager.default.copyItem(
                at: Self.top.appending(path: "Tests/Testing/Rules/\(file)"),
                to: rules.appending(path: file))
        }
        let table = """
            | Rule | Clause | Without it | Seeds until found | What failed |
            |---|---|---|---|---|
            | `rule` | b.1 | it counts too far. | 3 | S1: too far |

            """
        let files = [
            "Sources/ARCHITECTURE.md": table, "Package.swift": "",
            "Sources/Core/Counting/Counter.swift": Self.source,
            "Sources/Testing/veche-simulate/VecheSimulate.swift":
                "@main\nstruct VecheSimulate {}\n",
            "Tests/Testing/Rules/\(name).patch": patch,
        ]
        for (path, text) in files {
            try Data(text.utf8).write(to: tree.appending(path: path))
        }
        let script = rules.appending(path: "generate.py").path
        let (status, output) = try run(["python3", "-B", script] + command, in: tree)
        return (status, output, tree)
    }

    private func patch(_ hunk: String, clause: String = "b.1") -> String {
        """
        Clause: \(clause)
        Without: it counts too far.
        diff --git a/Sources/Core/Counting/Counter.swift b/Sources/Core/Counting/Counter.swift
        index 1234567..89abcde 100644
        --- a/Sources/Core/Counting/Counter.swift
        +++ b/Sources/Core/Counting/Counter.swift
        @@ -1,1 +1,1 @@
        \(hunk)

        """
    }

    @Test(arguments: [
        // Not a line of the file any more.
        (
            "-    var next: Int { count + 2 }\n+    var next: Int { count }",
            "rule: these lines occur nowhere"
        ),
        // Lines that occur twice do not say where.
        ("-        return count\n+        return 0", "rule: these lines occur 2 times"),
        // What ends a body is no part of it.
        (
            "-        return count\n-    }\n-\n-    mutating func clear() { count = 0 }",
            "rule: there is no end of"
        ),
        // A stored property is no body.
        ("-    var count = 0\n+    var count = 1", "rule: changes more than bodies"),
        (
            "-    var next: Int { count + 1 }\n+    var last: Int { count + 1 }",
            "rule: changes more than bodies"
        ),
    ])
    func aPatchThatDoesNotFitIsNamed(hunk: String, message: String) throws {
        let (status, output, _) = try generate(["check"], patch: patch(hunk))
        #expect(status == 1)
        #expect(output.contains(message), "\(output)")
    }

    @Test func aPatchSaysItsClauseAndHasARow() throws {
        let hunk = "-    var next: Int { count + 1 }\n+    var next: Int { count + 2 }"
        #expect(try generate(["check"], patch: patch(hunk)).status == 0)
        let silent = try generate(["check"], patch: patch(hunk, clause: ""))
        #expect(silent.output.contains("rule: needs 'Clause:'"), "\(silent.output)")
        let strange = try generate(["check"], patch: "Why: x\n" + patch(hunk))
        #expect(strange.output.contains("'Why: x' is neither"), "\(strange.output)")
        let other = try generate(["check"], patch: patch(hunk, clause: "b.2"))
        #expect(other.output.contains("rule: the table has another row"), "\(other.output)")
        let unknown = try generate(["check"], patch: patch(hunk), name: "other")
        #expect(unknown.output.contains("other: the table has another row"), "\(unknown.output)")
    }

    @Test func theCopyHasOriginalAndPatchedBodiesBehindANumber() throws {
        let patch = patch(
            """
            -    var next: Int { count + 1 }
            +    var next: Int { count + 2 }
            @@ -1,1 +1,0 @@
            -        guard number > 0 else { return count }
            """)
        let (status, output, tree) = try generate(["make", "copy"], patch: patch)
        #expect(status == 0, "\(output)")
        let copy = tree.appending(path: "copy/Sources/Core/Counting/Counter.swift")
        let expected = """
            import RuleSwitch
            struct Counter {
                var count = 0
                var next: Int {
                    switch Rules.off {
                    case 1:  // rule
                    return count + 2
                    default:
                    return count + 1
                    }
                }

                /// Adds.
                mutating func add(
                    _ number: Int
                ) -> Int {
                    switch Rules.off {
                    case 1:  // rule
                    count += number
                    return count
                    default:
                    guard number > 0 else { return count }
                    count += number
                    return count
                    }
                }

                mutating func double() -> Int {
                    count += count
                    return count
                }

                mutating func clear() {
                    count = 0
                }
            }

            """
        #expect(try String(contentsOf: copy, encoding: .utf8) == expected)
    }
}
