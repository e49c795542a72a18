import ArgumentParser
import Simulation

/// `A..B`, both ends included.
struct SeedRange: ExpressibleByArgument {
    let first: UInt64
    let last: UInt64

    init(first: UInt64, last: UInt64) {
        self.first = first
        self.last = last
    }

    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: true)
        guard parts.count <= 2, let first = parts.first.flatMap({ UInt64($0) }),
            let last = parts.last.flatMap({ UInt64($0) }), first <= last
        else { return nil }
        self.init(first: first, last: last)
    }

    var defaultValueDescription: String { "\(first)..\(last)" }
}

/// Numbers of validators, separated by commas.
struct NumberList: ExpressibleByArgument {
    let numbers: [Int]

    init(numbers: [Int]) { self.numbers = numbers }

    init?(argument: String) {
        var numbers: [Int] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part), (4...31).contains(number) else { return nil }
            numbers.append(number)
        }
        self.init(numbers: numbers)
    }

    var defaultValueDescription: String { numbers.map(String.init).joined(separator: ",") }
}

/// Kinds of faults, separated by commas; `all` or `none`.
struct FaultList: ExpressibleByArgument {
    let kinds: [FaultKind]

    init(kinds: [FaultKind]) { self.kinds = kinds }

    init?(argument: String) {
        switch argument {
        case "all": kinds = FaultKind.allCases
        case "none": kinds = []
        default:
            var kinds: [FaultKind] = []
            for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
                guard let kind = FaultKind(rawValue: String(part)) else { return nil }
                kinds.append(kind)
            }
            self.kinds = kinds
        }
    }

    var defaultValueDescription: String { "all" }
}
