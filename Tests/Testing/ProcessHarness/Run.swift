import Foundation

/// What a program that ran to its end left.
package struct Outcome: Sendable {
    package let command: String
    package let status: Int32
    package let output: String
    package let errors: String

    /// Output and errors, for messages that may be on either.
    package var text: String { output + errors }

    /// Everything about it, for the message of a failed test.
    package var testDescription: String {
        "`\(command)` -> \(status)\n\(output.suffix(2000))\(errors.suffix(3000))"
    }
}

/// Runs a program to its end.
///
/// - Throws: `HarnessFailure` if it still ran after `limit`; it is ended then.
package func run(
    _ program: Program, _ arguments: [String], in directory: TestDirectory,
    atMost limit: Duration = .seconds(60), environment: [String: String] = [:]
) async throws -> Outcome {
    let process = try LocalProcess(
        program, arguments, name: directory.freshName(program.rawValue),
        directory: directory.logs, environment: environment)
    guard let status = try await process.wait(atMost: limit) else {
        try await process.kill()
        throw HarnessFailure(
            "`\(program.rawValue) \(arguments.joined(separator: " "))` did not end within"
                + " \(limit): \(process.errors.suffix(2000))")
    }
    return Outcome(
        command: ([program.rawValue] + arguments).joined(separator: " "), status: status,
        output: process.output, errors: process.errors)
}

/// Runs a program that must succeed.
@discardableResult
package func succeed(
    _ program: Program, _ arguments: [String], in directory: TestDirectory,
    atMost limit: Duration = .seconds(60)
) async throws -> Outcome {
    let outcome = try await run(program, arguments, in: directory, atMost: limit)
    guard outcome.status == 0 else {
        throw HarnessFailure("It must succeed: \(outcome.testDescription)")
    }
    return outcome
}

/// Waits until a condition holds.
///
/// - Throws: `HarnessFailure` saying what was waited for.
package func eventually(
    _ what: String, within limit: Duration = .seconds(180),
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < end else {
            throw HarnessFailure("Waited \(limit) in vain: \(what).")
        }
        try await Task.sleep(for: .milliseconds(100))
    }
}
