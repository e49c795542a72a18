package import Codec
package import Consensus
import Cryptography
package import Ledger
import NIOCore
import NIOPosix
import NetworkErrors
import PlainText
import Synchronization

/// Why a node has no signer.
package enum SignerConnectionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case unreachable(path: String, reason: String)
    case busy(path: String)
    /// Another chain's or another key's.
    case wrong(path: String, problem: String)

    /// Whether a later attempt may succeed.
    package var isTemporary: Bool {
        if case .unreachable = self { return true }
        return false
    }

    package var description: String {
        switch self {
        case .unreachable(let path, let reason):
            "The signer at \(path) cannot be reached (\(reason)). Start it with "
                + "`veche-signer --home DIR`, and check the path in node.json."
        case .busy(let path):
            "The signer at \(path) serves another node. Two nodes that vote with one key can fork "
                + "the chain: stop the other one first, and find out why it runs."
        case .wrong(let path, let problem):
            "The signer at \(path) is not this node's: \(problem)."
        }
    }
}

/// The node's side: asks the signer for each vote and waits for the answer. It must not be used on an
/// event loop.
package final class SignerClient: Sendable {
    /// Whose key it is.
    package let key: Bytes32
    /// What the key signed last.
    package let record: SignerRecord
    private let path: String
    private let domain: SigningDomain
    private let channel: any Channel
    private let exchange: ExchangeHandler

    /// How long an answer may take: the signer waits for its disk.
    private static let patience = TimeAmount.seconds(10)

    /// Connects and takes the key.
    package init(
        socket path: String, domain: SigningDomain
    ) throws(SignerConnectionFailure) {
        self.path = path
        self.domain = domain
        let exchange = ExchangeHandler()
        self.exchange = exchange
        let greeting: SignerGreeting
        do {
            channel = try ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers(
                            ByteToMessageHandler(SignerFrameDecoder()),
                            MessageToByteHandler(SignerFrameEncoder()), exchange)
                    }
                }
                .connect(unixDomainSocketPath: path).wait()
            greeting = try SignerGreeting(
                canonicalBytes: try exchange.next(on: channel, within: Self.patience).wait())
        } catch {
            throw .unreachable(path: path, reason: NetworkError.reason(error))
        }
        guard case .ready(let chainID, let key, let record) = greeting else {
            throw .busy(path: path)
        }
        guard chainID == domain.chainID else {
            throw .wrong(path: path, problem: "it signs for the chain \(chainID)")
        }
        self.key = key
        self.record = record
    }

    deinit { channel.close(promise: nil) }

    /// The signature of a statement that this validator is ready (`PROTOCOL.md`, set changes).
    package func sign(_ body: ValidatorReady) throws(SigningFailure) -> Bytes64 {
        try ask(
            .readiness(body),
            message: Transaction.signedMessage(tag: .validatorReady, body: body, in: domain))
    }

    private func ask(
        _ request: SignerRequest, message: [UInt8]
    ) throws(SigningFailure) -> Bytes64 {
        let answer: SignerAnswer
        do {
            let next = exchange.next(on: channel, within: Self.patience)
            channel.writeAndFlush(request.canonicalBytes, promise: nil)
            answer = try SignerAnswer(canonicalBytes: try next.wait())
        } catch {
            // What comes later would be taken for the answer to the next request.
            channel.close(promise: nil)
            throw .unavailable(
                "The signer at \(path) does not answer: \(NetworkError.reason(error)).")
        }
        switch answer {
        case .signed(let signature):
            guard Ed25519Verifier().isValid(signature, of: message, by: key) else {
                throw .unavailable("The signer at \(path) gave a signature that does not verify.")
            }
            return signature
        case .refused(let reason):
            throw .refused("The signer at \(path) refused: \(reason.plainLine)")
        }
    }
}

extension SignerClient: VoteSigner {
    package func sign(
        _ subject: VoteSubject, message: [UInt8]
    ) throws(SigningFailure) -> Bytes64 {
        try ask(.vote(subject), message: message)
    }
}

/// Hands the next message of a connection to whoever waits for it.
private final class ExchangeHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = [UInt8]

    private enum State {
        case idle
        case waiting(EventLoopPromise<[UInt8]>)
        /// Came before anybody waited: the greeting.
        case arrived([UInt8])
        case ended
    }

    struct Ended: Error, CustomStringConvertible {
        let description: String
    }

    private let state = Mutex(State.idle)

    /// The next message; it fails when the connection ends or the time is over.
    func next(on channel: any Channel, within limit: TimeAmount) -> EventLoopFuture<[UInt8]> {
        let promise = channel.eventLoop.makePromise(of: [UInt8].self)
        let timer = channel.eventLoop.scheduleTask(in: limit) { [self] in
            finish(.idle)?.fail(Ended(description: "no answer came in time"))
        }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        state.withLock { state in
            switch state {
            case .idle: state = .waiting(promise)
            case .waiting: promise.fail(Ended(description: "one question at a time"))
            case .arrived(let bytes):
                state = .idle
                promise.succeed(bytes)
            case .ended: promise.fail(Ended(description: "the connection has ended"))
            }
        }
        return promise.futureResult
    }

    /// Goes to another state; gives the promise that waits.
    private func finish(_ next: State) -> EventLoopPromise<[UInt8]>? {
        state.withLock { state in
            defer { state = next }
            if case .waiting(let promise) = state { return promise }
            return nil
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let (promise, isSurplus) = state.withLock {
            (state) -> (EventLoopPromise<[UInt8]>?, Bool) in
            switch state {
            case .waiting(let promise):
                state = .idle
                return (promise, false)
            case .idle:
                state = .arrived(bytes)
                return (nil, false)
            case .arrived, .ended: return (nil, true)
            }
        }
        promise?.succeed(bytes)
        // An answer that nobody asked for.
        if isSurplus { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.ended)?.fail(Ended(description: "the connection has ended"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.ended)?.fail(error)
        context.close(promise: nil)
    }
}
