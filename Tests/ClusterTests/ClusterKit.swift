import Codec
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import Node
import ProcessHarness
import Storage

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
        places.contains { place in
            let path = directory.logs + "/\(name(place)).err"
            let text = String(
                decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
            return text.contains("A_EQUIV")
        }
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
