import Codec
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import Node
import ProcessHarness
import Storage
import Testing

/// Changes of what lies on a node's disk, while it does not run.
extension Cluster {
    nonisolated func journal(_ place: Int) -> String { home(place) + "/data/votes.journal" }

    nonisolated func bytes(of path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    nonisolated func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Files of a node's database with this ending, whole paths.
    nonisolated func databaseFiles(_ place: Int, ending: String) throws -> [String] {
        let data = home(place) + "/data"
        let walker = FileManager.default.enumerator(atPath: data)
        var files: [String] = []
        while let name = walker?.nextObject() as? String {
            if name.hasSuffix(ending) { files.append(data + "/" + name) }
        }
        return files.sorted()
    }

    /// Whether any node reported that a validator contradicted itself.
    func sawEquivocation() -> Bool {
        places.contains { said($0).contains("A_EQUIV") }
    }

    /// Votes of one key that contradict each other, as all running nodes have counted them.
    nonisolated func equivocations(_ places: [Int]? = nil) async throws -> Int {
        var sum = 0
        for place in places ?? Array(self.places) {
            sum += try await metric("equivocations_total", place)
        }
        return sum
    }

    /// One of a node's measurements.
    nonisolated func metric(_ name: String, _ place: Int) async throws -> Int {
        let text = try await HTTP.get(url(place) + "/metrics").text
        let prefix = "veche_\(name) "
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(prefix) }),
            let value = Int(line.dropFirst(prefix.count))
        else { throw HarnessFailure("\(self.name(place)) does not measure \(name).") }
        return value
    }

    /// Checks that all nodes have the same blocks, up to the lowest height of any.
    nonisolated func expectOneChain(_ places: [Int]? = nil) async throws {
        var chains: [[Block]] = []
        for place in places ?? Array(self.places) { chains.append(try await chain(place)) }
        guard let height = chains.map(\.count).min(), height > 0 else {
            throw HarnessFailure("A node has no blocks.")
        }
        let first = chains[0].prefix(height)
        for chain in chains {
            #expect(chain.prefix(height).map(\.header.hash) == first.map(\.header.hash))
        }
    }

    /// What a node has written to standard error, in all its processes.
    nonisolated func said(_ place: Int) -> String {
        let path = directory.logs + "/\(name(place)).err"
        return String(
            decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Copies a node's directory, as it is now, for a process that listens on `ports` and the next.
    nonisolated func copyHome(_ place: Int, to name: String, port: Int) throws -> String {
        let copy = directory.path + "/net/" + name
        try FileManager.default.copyItem(atPath: home(place), toPath: copy)
        let old = try configuration(place)
        let path = copy + "/" + NodeConfiguration.fileName
        try FileManager.default.removeItem(atPath: path)
        try JSONDocument.write(
            old.with(
                listen: NodeConfiguration.Endpoint(host: "127.0.0.1", port: port),
                api: NodeConfiguration.Endpoint(host: "127.0.0.1", port: port + 1)), to: path)
        return copy
    }

    /// Sends a transaction to a node and waits until it is final there.
    nonisolated func submit(_ bytes: [UInt8], to place: Int = 0) async throws {
        try await eventually("a transaction is taken") {
            let answer = try await HTTP.post(url(place) + "/v1/transactions", bytes)
            if answer.status == 422 { throw HarnessFailure("refused: \(answer.text)") }
            return answer.status < 300
        }
        let id = Transaction.id(of: bytes)
        try await eventually("\(id) is final") {
            try await HTTP.get(url(place) + "/v1/transactions/\(id)").text.contains("final")
        }
    }
}
