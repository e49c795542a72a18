import Foundation

/// What the system counts for a process (proc(5)).
struct ProcessFigures {
    /// Processor time so far, user and system, in microseconds; in steps of the system's clock tick,
    /// a hundredth of a second as a rule.
    let processorTime: Double
    /// The most resident memory so far, in megabytes.
    let peakMegabytes: Double

    /// - Throws: `HarnessFailure` where the process has ended.
    init(of process: Int32) throws {
        let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        // The program's name, in parentheses, may hold spaces; user and system time are fields 14 and
        // 15, and the name is the second one.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        let ticks = (fields.count > 13 ? [fields[12], fields[13]] : []).compactMap { Double($0) }
        processorTime = ticks.reduce(0, +) * 1e6 / Double(sysconf(Int32(_SC_CLK_TCK)))
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kibibytes = line?.split { !$0.isNumber }.first.flatMap { Double($0) } ?? 0
        peakMegabytes = kibibytes * 1024 / 1e6
    }
}

/// Counters that a node publishes, by name without the prefix.
struct NodeCounters {
    private let values: [Substring: Double]

    /// - Parameter text: Prometheus' text form.
    init(_ text: String) {
        var values: [Substring: Double] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("veche_") {
            let parts = line.dropFirst("veche_".count).split(separator: " ")
            if parts.count == 2, let value = Double(parts[1]) { values[parts[0]] = value }
        }
        self.values = values
    }

    /// By how much a counter grew since `earlier`; nil where the node does not have it.
    func growth(of name: String, since earlier: NodeCounters) -> Double? {
        values[name[...]].map { $0 - (earlier.values[name[...]] ?? 0) }
    }
}
