import APISchema
import Foundation
import Synchronization

/// Watches a node as the honest see it, while it is attacked or not: a client, voters and a peer, each
/// from an address of its own, and the node's process.
package final class Trial: Sendable {
    /// What was seen so far.
    package struct Figures: Sendable {
        /// Answers to the client, and requests that had none within ten seconds.
        package var clientAnswers = 0
        package var clientFailures = 0
        /// The slowest answer and all together, in milliseconds.
        package var slowestAnswer = 0.0
        package var answerTime = 0.0
        /// The same for the peer's questions; a question that found no connection is a failure.
        package var peerAnswers = 0
        package var peerFailures = 0
        /// Ballots that were taken, and those that were not within ten seconds or refused.
        package var ballotsTaken = 0
        package var ballotFailures = 0
        /// The first and the last height that was seen, and when, in milliseconds.
        package var firstHeight: UInt64 = 0
        package var firstTime = 0.0
        package var lastHeight: UInt64 = 0
        package var lastTime = 0.0
        /// The most memory and descriptors that the process was seen to have.
        package var peakKiB = 0
        package var peakFiles = 0

        /// Milliseconds from one final block to the next.
        package var blockInterval: Double {
            lastHeight > firstHeight
                ? (lastTime - firstTime) / Double(lastHeight - firstHeight) : .infinity
        }

        /// Whether the honest were served and the chain went on.
        package var isServed: Bool {
            clientAnswers > 0 && ballotsTaken > 0 && peerAnswers > 0 && lastHeight > firstHeight
        }
    }

    private let target: Target
    private let process: Int32
    private let ballots: ArraySlice<[UInt8]>
    private let figures = Mutex(Figures())

    /// - Parameters:
    ///   - process: the id of the node's process.
    ///   - ballots: valid ones, which are cast while the node is watched.
    package init(target: Target, process: Int32, ballots: ArraySlice<[UInt8]> = []) {
        self.target = target
        self.process = process
        self.ballots = ballots
    }

    package var seen: Figures { figures.withLock { $0 } }

    /// Watches until the task is cancelled.
    package func watch() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.askAsClient() }
            group.addTask { await self.vote() }
            group.addTask { await self.askAsPeer() }
            group.addTask { await self.lookAtProcess() }
        }
    }

    private func pause(_ milliseconds: Int) async {
        // Cancelled: the caller's loop ends.
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }

    private func askAsClient() async {
        let first = ContinuousClock.now
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let answer = await answer(
                to: [UInt8]("GET /v1/status HTTP/1.1\r\nHost: a\r\n".utf8), from: "127.9.0.1")
            let status = answer.flatMap {
                // An answer of another kind is none to this question.
                $0.status == 200
                    ? try? JSONDecoder().decode(NodeStatus.self, from: Data($0.body.utf8)) : nil
            }
            let now = ContinuousClock.now
            if Task.isCancelled, status == nil { return }
            figures.withLock { figures in
                guard let status else {
                    figures.clientFailures += 1
                    return
                }
                figures.clientAnswers += 1
                let taken = (now - start) / .milliseconds(1)
                figures.answerTime += taken
                figures.slowestAnswer = max(figures.slowestAnswer, taken)
                let time = (now - first) / .milliseconds(1)
                if figures.firstHeight == 0 {
                    figures.firstHeight = status.height
                    figures.firstTime = time
                }
                figures.lastHeight = max(figures.lastHeight, status.height)
                figures.lastTime = time
            }
            await pause(100)
        }
    }

    /// Casts ballots one after the other.
    private func vote() async {
        for ballot in ballots where !Task.isCancelled {
            let head =
                "POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: \(ballot.count)\r\n"
            let answer = await answer(to: [UInt8](head.utf8), ballot, from: "127.9.0.3")
            if Task.isCancelled, answer == nil { return }
            figures.withLock { figures in
                if answer.map({ $0.status == 200 || $0.status == 202 }) ?? false {
                    figures.ballotsTaken += 1
                } else {
                    figures.ballotFailures += 1
                }
            }
            await pause(250)
        }
    }

    /// The node's answer to a client that comes anew; nil where none comes.
    ///
    /// - Parameter head: the request's lines but for the empty one.
    private func answer(
        to head: [UInt8], _ body: [UInt8] = [], from address: String
    ) async -> (status: Int, body: Substring)? {
        guard
            let connection = try? await HostileConnection.open(to: target.apiPort, from: address)
        else { return nil }
        defer { connection.close() }
        await connection.send(head + [UInt8]("Connection: close\r\n\r\n".utf8) + body)
        guard await connection.waitForEnd() else { return nil }
        let text = String(decoding: connection.bytes, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 "), let status = Int(text.dropFirst(9).prefix(3)),
            let end = text.range(of: "\r\n\r\n")
        else { return nil }
        return (status, text[end.upperBound...])
    }

    private func askAsPeer() async {
        guard let identity = try? HostileIdentity() else { return }
        while !Task.isCancelled {
            guard
                let peer = try? await HostilePeer.connect(
                    to: target, as: identity, from: "127.9.0.2")
            else {
                if Task.isCancelled { return }
                figures.withLock { $0.peerFailures += 1 }
                await pause(200)
                continue
            }
            while peer.connection.isOpen, !Task.isCancelled {
                let before = peer.connection.receivedCount
                await peer.send(HostilePeer.Frame.sync, HostilePeer.newestRequest)
                let isAnswered = await peer.connection.waitForMore(than: before)
                if Task.isCancelled, !isAnswered { break }
                figures.withLock { figures in
                    if isAnswered { figures.peerAnswers += 1 } else { figures.peerFailures += 1 }
                }
                await pause(200)
            }
            peer.connection.close()
        }
    }

    private func lookAtProcess() async {
        while !Task.isCancelled {
            let memory = Self.residentKiB(of: process)
            // A process that has ended has no directory.
            let files =
                (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count)
                ?? 0
            figures.withLock { figures in
                figures.peakKiB = max(figures.peakKiB, memory)
                figures.peakFiles = max(figures.peakFiles, files)
            }
            await pause(100)
        }
    }

    /// Resident memory of a process in kibibytes; 0 for one that has ended.
    package static func residentKiB(of process: Int32) -> Int {
        let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0
    }
}
