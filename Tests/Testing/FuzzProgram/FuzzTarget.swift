import Decoders
import PeerTraffic

/// What libFuzzer's bytes are given to.
enum FuzzTarget {
    case decoder(Decoder)
    /// A hostile connection to a node's handlers: the bytes are the choices of the attacker.
    case session

    static let names = Decoder.all.map(\.name) + [sessionName]
    private static let sessionName = "PeerSession"

    init?(_ name: String) {
        if name == Self.sessionName {
            self = .session
        } else if let decoder = Decoder.named(name) {
            self = .decoder(decoder)
        } else {
            return nil
        }
    }

    /// Ends the process where the bytes bring about what nothing may.
    func take(_ bytes: [UInt8]) {
        switch self {
        case .decoder(let decoder):
            if let rewritten = decoder.rewritten(bytes), rewritten != bytes {
                fatalError("what was accepted is not what is written again")
            }
        case .session:
            do throws(AttackFinding) {
                _ = try AttackSession.run(Choices(bytes: bytes))
            } catch {
                fatalError("the attacker succeeded: \(error)")
            }
        }
    }

    /// What to begin with.
    func seeds(vectors: String) throws -> [[UInt8]] {
        switch self {
        case .decoder(let decoder):
            let seeds = try Seeds(vectors: vectors)
            let accepted = seeds.accepted(by: decoder)
            return accepted.isEmpty ? seeds.all : accepted
        case .session:
            return (UInt64(0)..<100).map { seed in
                var choices = Choices(seed: seed)
                return choices.noise(400 + 20 * Int(seed))
            }
        }
    }
}
