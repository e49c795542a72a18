import Synchronization

/// How far an attack has come.
package final class AttackProgress: Sendable {
    /// Where the attackers of a task report.
    @TaskLocal static var current: AttackProgress?

    private let count = Mutex(0)

    package init() {}

    /// Connections that the attackers have made so far, those that the node has ended since included.
    /// One that speaks TLS counts after its handshake.
    package var connections: Int { count.withLock { $0 } }

    func countConnection() { count.withLock { $0 += 1 } }
}

/// Something that a stranger does to a node for as long as it is let. Each is bounded in connections
/// and pace, goes to one node of this machine, and ends when its task is cancelled.
package enum Attack: String, CaseIterable, Sendable {
    /// 1,100 connections each to the peer port and the HTTP port that say nothing.
    case silentConnections
    /// Connections from 40 addresses that ask once and then keep their place.
    case idleClients
    /// 60 strangers that ask for blocks all the time and never read an answer.
    case silentPeers
    /// Long frames that are announced and not finished, and messages in parts without an end.
    case halfFrames
    /// Bursts of thousands of tiny frames, followed by the end of the connection.
    case tinyFrames
    /// Sixteen addresses with four observers each that do what honest ones do, for ever.
    case busyObservers
    /// Two peers with one key that connect again whenever they are pushed out.
    case oneKeyTwice
    /// Handshakes that stop at every place, and bytes that are no protocol.
    case brokenHandshakes
    /// Bodies without an end, after the node has refused them.
    case endlessBodies
    /// Heads and bodies that come a byte at a time.
    case slowRequests
    /// Long answers that are asked for and not read.
    case unreadAnswers
    /// Requests that are no HTTP, or that two readers would read in two ways.
    case malformedRequests
    /// Subscribers to events that never read.
    case silentSubscribers
    /// Ballots with false certificates, broken proofs, and forged later ballots of others.
    case badBallots

    /// After so many connections the attack is in full course: it has far more attackers, or these
    /// have come again.
    package var fullCourse: Int {
        switch self {
        case .silentConnections, .idleClients, .slowRequests, .unreadAnswers, .silentSubscribers:
            200
        case .silentPeers, .halfFrames, .tinyFrames, .busyObservers, .oneKeyTwice,
            .brokenHandshakes, .endlessBodies, .malformedRequests, .badBallots:
            16
        }
    }

    /// Attacks until the task is cancelled. What the node refuses is tried again.
    package func run(
        against target: Target, ballots: [[UInt8]] = [],
        progress: AttackProgress = AttackProgress()
    ) async {
        await AttackProgress.$current.withValue(progress) {
            await attack(target, ballots)
        }
    }

    private func attack(_ target: Target, _ ballots: [[UInt8]]) async {
        switch self {
        case .silentConnections: await PeerAttacks(target).silentConnections()
        case .idleClients: await ClientAttacks(target).idleClients()
        case .silentPeers: await PeerAttacks(target).silentPeers()
        case .halfFrames: await PeerAttacks(target).halfFrames()
        case .tinyFrames: await PeerAttacks(target).tinyFrames()
        case .busyObservers: await PeerAttacks(target).busyObservers()
        case .oneKeyTwice: await PeerAttacks(target).oneKeyTwice()
        case .brokenHandshakes: await PeerAttacks(target).brokenHandshakes()
        case .endlessBodies: await ClientAttacks(target).endlessBodies()
        case .slowRequests: await ClientAttacks(target).slowRequests()
        case .unreadAnswers: await ClientAttacks(target).unreadAnswers()
        case .malformedRequests: await ClientAttacks(target).malformedRequests()
        case .silentSubscribers: await ClientAttacks(target).silentSubscribers()
        case .badBallots: await BallotAttacks(target, ballots).run()
        }
    }
}

/// Keeps `count` attackers at work, each of which begins again when it has come to its end.
func keep(_ count: Int, _ attacker: @escaping @Sendable (Int) async throws -> Void) async {
    await withTaskGroup(of: Void.self) { group in
        for number in 0..<count {
            group.addTask {
                while !Task.isCancelled {
                    // An attacker that was refused or cut off tries again after a moment.
                    try? await attacker(number)
                    try? await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }
}

/// Waits until the other side has ended a connection or the task is cancelled, and closes it.
func hold(_ connection: HostileConnection) async {
    while connection.isOpen, !Task.isCancelled {
        // Cancelled: the loop ends.
        try? await Task.sleep(for: .milliseconds(100))
    }
    connection.close()
}
