import Foundation
import Testing

/// Where the module runs.
enum Host: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case node, chromium

    var testDescription: String { rawValue }
}

/// Why a test could not be carried out, which is not what it tests.
struct HarnessFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// One thing that the module is asked in a host, with a name of its own.
struct HostCase {
    let name: String
    fileprivate let fields: [String: Any]

    /// A call of the JavaScript face, or of a script of `Host/cases.mjs`.
    /// - Parameter random: what the host gives as random bytes; nil for its own source.
    init(_ name: String, call: String, _ values: [Any], random: [UInt8]? = nil) {
        self.name = name
        var fields: [String: Any] = ["name": name, "call": call, "values": values]
        if let random { fields["random"] = random.hexadecimal }
        self.fields = fields
    }

    /// Calls of exports by their names with raw inputs, in one instance.
    /// - Parameter secret: bytes to be looked for in memory afterwards, instead of answers.
    init(
        _ name: String, steps: [(function: String, input: [UInt8])], random: [UInt8],
        secret: [UInt8]? = nil
    ) {
        self.name = name
        var fields: [String: Any] = [
            "name": name, "random": random.hexadecimal,
            "steps": steps.map { ["function": $0.function, "input": $0.input.hexadecimal] },
        ]
        if let secret { fields["secret"] = secret.hexadecimal }
        self.fields = fields
    }
}

/// Bytes as they travel to the host.
func json(_ bytes: [UInt8]) -> [String: Any] { ["bytes": bytes.hexadecimal] }

extension [UInt8] {
    var hexadecimal: String {
        map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

/// What came out in a host.
struct HostResults {
    private let values: [String: Any]

    fileprivate init(_ data: Data) throws {
        self.values = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        if let failure = self.values["failure"] { throw HarnessFailure("\(failure)") }
    }

    subscript(_ name: String) -> HostAnswer {
        get throws { HostAnswer(value: try #require(self.values[name], "no result \(name)")) }
    }
}

/// An answer, or a part of one.
struct HostAnswer {
    let value: Any

    subscript(_ key: String) -> HostAnswer {
        get throws {
            let object = try #require(self.value as? [String: Any], "\(self.value)")
            return HostAnswer(value: try #require(object[key], "no \(key) in \(object)"))
        }
    }

    var list: [HostAnswer] {
        get throws { try #require(self.value as? [Any]).map { HostAnswer(value: $0) } }
    }
    var text: String { get throws { try #require(self.value as? String, "\(self.value)") } }
    var number: Int { get throws { try #require(self.value as? Int, "\(self.value)") } }
    var isTrue: Bool { get throws { try #require(self.value as? Bool, "\(self.value)") } }
    var bytes: [UInt8] {
        get throws { try #require([UInt8](hexadecimal: try self["bytes"].text)) }
    }
    /// The name of a refusal; nil for an answer.
    var refusal: String? { (self.value as? [String: Any])?["refusal"] as? String }
    /// What a call gave; a refusal or an error is a failed test.
    var answer: HostAnswer { get throws { try self["answer"] } }
}

extension [UInt8] {
    init?(hexadecimal text: String) {
        let digits = text.compactMap { $0.hexDigitValue }
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}

/// Runs all cases of all tests once in each host, when the first test asks.
actor HostRuns {
    static let shared = HostRuns()

    private var runs: [Host: Task<Data, any Error>] = [:]

    static func results(in host: Host) async throws -> HostResults {
        try HostResults(await shared.data(of: host))
    }

    private func data(of host: Host) async throws -> Data {
        if let run = runs[host] { return try await run.value }
        let run = Task { try await Self.run(host) }
        runs[host] = run
        return try await run.value
    }

    private static func run(_ host: Host) async throws -> Data {
        let top = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let built = top.appending(path: ".build/ballot-web")
        guard FileManager.default.fileExists(atPath: built.path + "/ballot.wasm") else {
            throw HarnessFailure("the ballot module is not built: run Deploy/ballot-web.sh first")
        }
        let cases = try AllCases.make()
        guard Set(cases.map(\.name)).count == cases.count else {
            throw HarnessFailure("two cases share a name")
        }
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "veche-ballot-web-\(host)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true)
        // The directory is one of the system's for temporary files, if it cannot be removed.
        defer { try? FileManager.default.removeItem(at: directory) }
        let input = directory.appending(path: "cases.json")
        let output = directory.appending(path: "results.json")
        let errors = directory.appending(path: "errors.txt")
        try JSONSerialization.data(withJSONObject: cases.map(\.fields)).write(to: input)
        try Data().write(to: output)
        try Data().write(to: errors)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "node", top.path + "/Tests/Tools/BallotWebTests/Host/run.mjs", host.rawValue,
            built.path,
            input.path,
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else {
            let text = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
            throw HarnessFailure(
                "the host \(host) failed (\(status)); nodejs and chromium are needed: \(text)")
        }
        return try Data(contentsOf: output)
    }
}
