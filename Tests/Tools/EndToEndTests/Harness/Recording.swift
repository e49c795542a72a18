import APISchema
import Codec
import Foundation
import Ledger
import ProcessHarness

/// A chain as a node exported it at one moment, for stubs that serve it changed.
struct Recording: Sendable {
    let upstream: String
    /// In the order of the chain, with gapless heights from 1.
    var chunks: [ExportChunk]
    /// The newest checkpoint with all cosignatures.
    var checkpoint: [UInt8]

    var blocks: [Block] { chunks.flatMap(\.blocks) }

    /// Records what a node serves now, as soon as a checkpoint covers all of it.
    static func make(from upstream: String) async throws -> Recording {
        for _ in 0..<50 {
            var chunks: [ExportChunk] = []
            var next: UInt64 = 1
            while true {
                let chunk = try ExportChunk(
                    canonicalBytes: try await HTTP.get(
                        upstream + "/v1/export?from=\(next)&limit=64"
                    ).body)
                guard let last = chunk.blocks.last else { break }
                chunks.append(chunk)
                next = last.header.height.rawValue + 1
            }
            let checkpoint = try await HTTP.get(upstream + "/checkpoint-full").body
            let size = String(decoding: checkpoint, as: UTF8.self).components(separatedBy: "\n")
            if let last = chunks.last?.blocks.last, size.count > 1,
                UInt64(size[1]) == last.header.logSize
            {
                return Recording(upstream: upstream, chunks: chunks, checkpoint: checkpoint)
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw HarnessFailure("No checkpoint covered the whole chain of \(upstream).")
    }

    /// What a node with this chain answers; what was not recorded is asked of the node itself.
    func answer(_ path: String) async throws -> StubNode.Answer {
        let recorded = try recordedAnswer(path)
        guard recorded.status == 404 else { return recorded }
        let answer = try await HTTP.get(upstream + path)
        return StubNode.Answer(answer.body, status: answer.status)
    }

    /// What was recorded for an address; 404 where nothing was.
    func recordedAnswer(_ path: String) throws -> StubNode.Answer {
        if path.hasPrefix("/checkpoint") { return StubNode.Answer(checkpoint) }
        guard path.hasPrefix("/v1/export") else { return StubNode.Answer([], status: 404) }
        let query = URLComponents(string: path)?.queryItems ?? []
        let from = query.first { $0.name == "from" }?.value.flatMap(UInt64.init) ?? 1
        let chunk = chunks.first { $0.blocks.contains { $0.header.height.rawValue == from } }
        guard let chunk else {
            return StubNode.Answer(ExportChunk(blocks: [], finalization: nil).canonicalBytes)
        }
        return StubNode.Answer(
            ExportChunk(
                blocks: chunk.blocks.filter { $0.header.height.rawValue >= from },
                finalization: chunk.finalization
            ).canonicalBytes)
    }

    /// The recording with one block replaced.
    func replacing(_ block: Block, at place: Int) -> Recording {
        var copy = self
        var first = 0
        for (index, chunk) in chunks.enumerated() {
            if place < first + chunk.blocks.count {
                var blocks = chunk.blocks
                blocks[place - first] = block
                copy.chunks[index] = ExportChunk(
                    blocks: blocks, finalization: chunk.finalization)
                return copy
            }
            first += chunk.blocks.count
        }
        return copy
    }
}
