import Foundation
import Node
import NodeViews
import Testing

/// What Prometheus' own tool says of measurements, as far as it concerns ours.
struct MetricsTests {
    /// Units that Prometheus asks to be written as seconds, bytes and so on.
    private static let otherUnits: Set = [
        "milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "ms", "us", "ns",
        "sec", "secs", "min", "kilobytes", "megabytes", "gigabytes", "kib", "mib", "kb", "mb", "gb",
        "bits", "percent", "permille",
    ]

    /// What is wrong with a text of measurements; nothing for what is in order.
    static func faults(of text: String) -> [String] {
        var faults: [String] = []
        var types: [String: String] = [:]
        var helps: Set<String> = []
        var samples: Set<String> = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# HELP "), words.count > 3 {
                helps.insert(String(words[2]))
            } else if line.hasPrefix("# TYPE "), words.count == 4 {
                types[String(words[2])] = String(words[3])
            } else if words.count == 2, Double(words[1]) != nil {
                if !samples.insert(String(words[0])).inserted { faults.append("twice: \(line)") }
            } else {
                faults.append("no measurement: \(line)")
            }
        }
        for name in samples {
            let parts = name.split(separator: "_").map(String.init)
            if !helps.contains(name) { faults.append("\(name) has no help") }
            if parts.contains(where: otherUnits.contains) { faults.append("\(name): unit") }
            if name != name.lowercased() { faults.append("\(name): upper case") }
            if (types[name] == "counter") != (parts.last == "total") {
                faults.append("\(name): only counters end in total")
            }
            if ["count", "sum", "bucket", "info"].contains(parts.last) {
                faults.append("\(name): the end has another meaning")
            }
        }
        if Set(types.keys) != samples { faults.append("types and measurements differ") }
        return faults
    }

    @Test func timesAreWrittenInSeconds() {
        var text = MetricsText()
        for (milliseconds, seconds) in [
            (0, "0.000"), (7, "0.007"), (12_345, "12.345"), (-250, "-0.250"),
            (Int.min, "-9223372036854775.808"),
        ] {
            text = MetricsText()
            text.gauge("age_seconds", "Age", milliseconds: milliseconds)
            #expect(text.text.hasSuffix("\nveche_age_seconds \(seconds)\n"))
            #expect(Self.faults(of: text.text) == [])
        }
        text = MetricsText()
        text.gauge("age_milliseconds", "Age", 7)
        #expect(Self.faults(of: text.text).count == 1)
    }

    /// What `promtool check metrics` says, where it is installed.
    static func complaintsOfPromtool(about text: String) throws -> String? {
        let places = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard
            let tool = places.map({ "\($0)/promtool" })
                .first(where: FileManager.default.isExecutableFile)
        else { return nil }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? nil : String(decoding: said, as: UTF8.self)
    }
}
