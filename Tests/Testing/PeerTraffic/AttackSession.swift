package import Ledger

/// One hostile connection from its begin to its end, in one process. What it does follows from its
/// choices alone, so that a finding is found again.
package struct AttackSession {
    /// What the attack came to.
    package struct Outcome: Hashable, Sendable {
        /// Frames of the attacker.
        package var frames = 0
        /// Frames that the node said to it.
        package var heard = 0
        /// How far the node came, by blocks that others made or served and by views.
        package var floor: Height
        package var view: View
    }

    private static let newest = Height(29)
    private static let whole = FinalChain(height: newest.rawValue)

    /// Runs a session.
    ///
    /// - Parameter frames: after how many frames it ends at the latest.
    /// - Throws: what no peer may bring about. A trap ends the process.
    package static func run(
        _ choices: Choices, frames limit: Int = 120
    ) throws(AttackFinding) -> Outcome {
        var choices = choices
        let isValidator = choices.chance(50)
        let known = [Height(1), Height(10), Height(13), Height(16), newest][choices.below(5)]
        var node = try AttackedNode(
            has: whole.prefix(known), ofWhich: newest, attackedByValidator: isValidator)
        var traffic = PeerTraffic(choices, knowing: whole.knowledge(asValidator: isValidator))
        var outcome = Outcome(floor: node.floorHeight, view: node.view)
        while outcome.frames < limit, !traffic.choices.isExhausted {
            for frame in node.takeSaid() {
                outcome.heard += 1
                traffic.hear(frame)
            }
            try node.receive(traffic.nextFrame())
            outcome.frames += 1
            if traffic.choices.chance(25) {
                try node.pass(milliseconds: [1, 50, 400, 2500][traffic.choices.below(4)])
            }
        }
        outcome.floor = node.floorHeight
        outcome.view = node.view
        return outcome
    }
}
