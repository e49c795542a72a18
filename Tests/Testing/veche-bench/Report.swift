import Foundation

/// One measured figure.
struct Figure: Encodable {
    let name: String
    let value: Double
    let unit: String
}

/// Prints figures as they come: one JSON object a line, or a table for people.
struct Report {
    let asJSON: Bool

    /// Prints a figure.
    func add(_ name: String, _ value: Double, _ unit: String) {
        if self.asJSON {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            let figure = Figure(name: name, value: Self.rounded(value), unit: unit)
            guard let line = try? encoder.encode(figure) else {
                fatalError("a figure is not a number: \(name)")
            }
            print(String(decoding: line, as: UTF8.self))
        } else {
            let number = String(format: "%.*f", Self.decimals(value), value)
            let label = name.padding(toLength: max(36, name.count), withPad: " ", startingAt: 0)
            let gap = String(repeating: " ", count: max(0, 12 - number.count))
            print("\(label) \(gap)\(number) \(unit)")
        }
        fflush(nil)
    }

    /// Prints median and minimum of the rounds, `nanoseconds` nanoseconds being one unit.
    func add(_ name: String, _ samples: Samples, _ unit: String, nanoseconds: Double) {
        self.add(name, samples.median / nanoseconds, unit)
        self.add(name + ".min", samples.minimum / nanoseconds, unit)
    }

    /// Prints a line that is not a figure, in the table only.
    func heading(_ text: String) {
        if !self.asJSON { print("\n\(text)") }
    }

    /// Four significant digits.
    private static func decimals(_ value: Double) -> Int {
        switch abs(value) {
        case 1000...: 0
        case 100...: 1
        case 10...: 2
        default: 3
        }
    }

    private static func rounded(_ value: Double) -> Double {
        let scale = pow(10, Double(Self.decimals(value)))
        return (value * scale).rounded() / scale
    }
}
