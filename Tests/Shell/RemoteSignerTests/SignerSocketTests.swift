import Codec
import Consensus
import Cryptography
import Foundation
import Ledger
import Logging
import NIOCore
import NIOPosix
import RemoteSigner
import Testing

/// Node and signer over the socket.
@Suite(.serialized) struct SignerSocketTests {
    private let home = TestHome()

    /// Runs a signer while `body` runs, which is given the socket's path.
    private func withSigner(
        _ body: @escaping @Sendable (String) async throws -> Void
    ) async throws {
        try home.begin()
        let socket = home.path + "/socket"
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = SignerServer(
            holder: try home.holder(), socket: socket, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                while !FileManager.default.fileExists(atPath: socket) {
                    // The pause between two looks.
                    try await Task.sleep(for: .milliseconds(5))
                }
                try await body(socket)
            }
            // The signer runs until the body has ended.
            try await group.next()
            group.cancelAll()
        }
    }

    private func connect(_ socket: String) async throws -> SignerClient {
        let domain = home.domain
        return try await Self.blocking { try SignerClient(socket: socket, domain: domain) }
    }

    /// A call that waits belongs on a thread of its own.
    private static func blocking<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive { try body() }
    }

    private func vote(_ view: UInt64, block: UInt8 = 1) -> VoteSubject {
        .notarize(
            Proposal(
                round: Round(epoch: Epoch(0), view: View(view)), parentView: View(view - 1),
                blockHash: Bytes32(exactly: [UInt8](repeating: block, count: 32)) ?? .zero))
    }

    private func sign(_ subject: VoteSubject, by client: SignerClient) async throws -> Bytes64 {
        let domain = home.domain
        return try await Self.blocking {
            try client.sign(subject, message: subject.message(in: domain))
        }
    }

    @Test func votesAreSignedAndContradictionsRefused() async throws {
        try await withSigner { socket in
            let client = try await connect(socket)
            #expect(client.key == home.key.publicKey)
            let signature = try await sign(vote(1), by: client)
            #expect(try await sign(vote(1), by: client) == signature)
            await #expect(throws: SigningFailure.self) {
                try await sign(vote(1, block: 2), by: client)
            }
            _ = try await sign(vote(2), by: client)
        }
    }

    @Test func onlyTheOwnerMayConnect() async throws {
        try await withSigner { socket in
            let attributes = try FileManager.default.attributesOfItem(atPath: socket)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func aSecondNodeIsTurnedAwayUntilTheFirstIsGone() async throws {
        try await withSigner { socket in
            var first: SignerClient? = try await connect(socket)
            await #expect(throws: SignerConnectionFailure.busy(path: socket)) {
                try await connect(socket)
            }
            _ = try await sign(vote(1), by: try #require(first))
            first = nil
            var second: SignerClient?
            while second == nil {
                do {
                    second = try await connect(socket)
                } catch SignerConnectionFailure.busy {
                    // The end of the first takes a moment to arrive.
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            #expect(second?.record.round.view == View(1))
        }
    }

    @Test func aSignerOfAnotherChainIsNotUsed() async throws {
        try await withSigner { socket in
            let other = SigningDomain(kind: .training, chainID: home.key.publicKey)
            await #expect(throws: SignerConnectionFailure.self) {
                try await Self.blocking { try SignerClient(socket: socket, domain: other) }
            }
        }
    }

    @Test func aSignerThatIsNotThereIsToldWithItsPath() async throws {
        let socket = home.path + "/nowhere"
        let failure = await #expect(throws: SignerConnectionFailure.self) {
            try await connect(socket)
        }
        #expect(failure?.isTemporary == true)
        #expect("\(failure, default: "")".contains(socket))
    }

    @Test(
        arguments: [
            [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 1, 9], [0, 0, 0, 0], [0, 0, 0, 3, 1, 0, 0],
        ] as [[UInt8]])
    func garbageEndsItsConnectionAndNothingElse(_ garbage: [UInt8]) async throws {
        try await withSigner { socket in
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(unixDomainSocketPath: socket).get()
            try await channel.writeAndFlush(ByteBuffer(bytes: garbage))
            try await channel.closeFuture.get()
            var client: SignerClient?
            while client == nil {
                do {
                    client = try await connect(socket)
                } catch SignerConnectionFailure.busy {
                    // The end of the other connection takes a moment to arrive.
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            _ = try await sign(vote(1), by: try #require(client))
        }
    }
}
