import Foundation
import Testing

/// `Deploy/demo.sh` is a stranger's first command, on a machine of any speed.
struct DemonstrationTests {
    private func script() throws -> String {
        try String(
            contentsOf: SourceTree.top.appending(path: "Deploy/demo.sh"), encoding: .utf8)
    }

    /// A bound of seconds that fits one machine does not fit another.
    @Test func noStepOfTheDemonstrationHasABoundOfItsOwn() throws {
        let script = try script()
        #expect(script.contains("patience="))
        #expect(script.contains("timed "))
        for line in script.split(separator: "\n") where line.contains("wait_for ") {
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "wait_for"), place + 1 < words.count else {
                continue
            }
            #expect(Int(words[place + 1]) == nil, "\(line)")
        }
    }

    /// A client's own connection could hold the port of a node otherwise.
    @Test func noPortLiesAmongThoseThatTheSystemHandsOut() throws {
        #expect(try script().contains("/proc/sys/net/ipv4/ip_local_port_range"))
        for file in try SourceTree.swiftFiles(below: "Tests") {
            for (index, line) in file.lines.enumerated()
            where line.contains("basePort") || line.contains("--base-port") {
                for word in line.split(whereSeparator: { !$0.isNumber && $0 != "_" }) {
                    let number = Int(word.replacing("_", with: "")) ?? 0
                    #expect(number < 32_768, "\(file.path):\(index + 1)")
                }
            }
        }
    }
}
