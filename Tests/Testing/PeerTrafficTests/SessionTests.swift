import Codec
import Consensus
import Ledger
import PeerTraffic
import Testing

/// Hostile sessions against the handlers of a node in one process. A trap ends the test run.
@Suite struct SessionTests {
    #if DEBUG
        private static let sessions: UInt64 = 200
    #else
        private static let sessions: UInt64 = 2000
    #endif

    @Test(arguments: 0..<UInt64(8))
    func noSessionEndsANodeOrLeadsItAstray(part: UInt64) throws {
        for number in 0..<(Self.sessions / 8) {
            let seed = part << 32 | number
            do throws(AttackFinding) {
                _ = try AttackSession.run(Choices(seed: seed))
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }

    /// What a session finds says something only if it comes beyond the first check.
    @Test func sessionsComeDeep() throws {
        var heard = 0
        var hasGrown = 0
        var hasLeftViews = 0
        for seed in UInt64(0)..<100 {
            let outcome = try AttackSession.run(Choices(seed: seed))
            heard += outcome.heard
            if outcome.floor > Height(29) { hasGrown += 1 }
            if outcome.view > View(3) { hasLeftViews += 1 }
        }
        #expect(heard > 1000)
        #expect(hasGrown > 0)
        #expect(hasLeftViews > 10)
    }

    @Test func aSessionIsTheSameEachTime() throws {
        for seed in UInt64(0)..<10 {
            #expect(
                try AttackSession.run(Choices(seed: seed))
                    == AttackSession.run(Choices(seed: seed)))
        }
    }

    /// Half of the frames decode: the others are what no honest peer sends.
    @Test func mostFramesAreWellFormed() throws {
        let chain = FinalChain(height: 12)
        var traffic = PeerTraffic(
            Choices(seed: 1), knowing: chain.knowledge(asValidator: true))
        var kinds: Set<UInt8> = []
        var tags: Set<UInt8> = []
        var decoded = 0
        var all = 0
        for _ in 0..<4000 {
            let frame = traffic.nextFrame()
            kinds.insert(frame.type)
            guard frame.type == PeerFrameKind.consensus.rawValue else { continue }
            all += 1
            // A refusal is counted as such.
            guard (try? ConsensusMessage(canonicalBytes: frame.payload)) != nil else { continue }
            decoded += 1
            if let tag = frame.payload.first { tags.insert(tag) }
        }
        #expect(kinds.isSuperset(of: 1...6))
        #expect(tags == Set(1...15))
        #expect(decoded * 2 > all)
    }
}
