import PeerNetwork
import Testing

/// Keys that become validators' while connections stand, and cease to be.
@Suite struct RoleChangeTests {
    @Test func aPeerThatBecomesAValidatorComesAgainAsOne() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let newcomer = try TestNode(9, dialing: [await first.asPeer], port: nil)
            _ = start(newcomer)
            try await first.recorder.wait { $0.contains(.connected(newcomer.id, .observer)) }
            let validators = Set(try (1...4).map { try nodeKey($0) })
            first.network.setValidators(validators.union([newcomer.id]))
            // The two do not know the change at the same moment: only one's view of the other counts.
            try await first.recorder.wait { $0.contains(.connected(newcomer.id, .validator)) }
            #expect(first.network.role(of: newcomer.id) == .validator)
            #expect(newcomer.network.ownRole == .observer)
            newcomer.network.setValidators(validators.union([newcomer.id]))
            #expect(newcomer.network.ownRole == .validator)
        }
    }

    @Test func aValidatorThatIsOneNoMoreIsBoundedAsAnObserver() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let second = try TestNode(2, dialing: [await first.asPeer])
            _ = start(second)
            try await first.recorder.wait { $0.contains(.connected(second.id, .validator)) }
            first.network.setValidators([first.id])
            try await first.recorder.wait { $0.contains(.connected(second.id, .observer)) }
            #expect(first.network.broadcast(1, [1], as: .consensus).isEmpty)
        }
    }

    @Test func whoseRoleStaysKeepsItsConnection() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let second = try TestNode(2, dialing: [await first.asPeer])
            _ = start(second)
            try await first.waitFor(second.id)
            first.network.setValidators([first.id, second.id])
            #expect(first.network.broadcast(1, [1], as: .consensus) == [second.id])
            try await second.recorder.wait { $0.frameCount(from: first.id) == 1 }
        }
    }
}
