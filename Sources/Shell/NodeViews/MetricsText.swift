/// Writes measurements in Prometheus' text form, in its base units: seconds and bytes.
package struct MetricsText {
    package private(set) var text = ""

    package init() {}

    package mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
        add(name, "gauge", help, "\(value)")
    }

    /// A time, written in seconds with three decimals.
    package mutating func gauge(_ name: String, _ help: String, milliseconds: some BinaryInteger) {
        let size = milliseconds.magnitude
        let (whole, rest) = (size / 1000, "\(size % 1000)")
        let decimals = String(repeating: "0", count: 3 - rest.utf8.count) + rest
        add(name, "gauge", help, "\(milliseconds < 0 ? "-" : "")\(whole).\(decimals)")
    }

    package mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        add(name, "counter", help, "\(value)")
    }

    private mutating func add(_ name: String, _ type: String, _ help: String, _ value: String) {
        text +=
            "# HELP veche_\(name) \(help)\n# TYPE veche_\(name) \(type)\nveche_\(name) \(value)\n"
    }
}

/// What the software calls itself.
package enum NodeSoftware {
    package static let version = "veche-node 0.1.0"
}
