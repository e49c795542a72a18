import NIOCore
import Synchronization

/// The errors of a channel, as text.
final class FailureCatcher: Sendable {
    private let texts = Mutex("")

    var text: String { texts.withLock { $0 } }

    func add(_ error: any Error) { texts.withLock { $0 += "\(error) " } }
}

/// Notes the errors that arrive at the end of a pipeline.
final class ErrorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let failures: FailureCatcher

    init(failures: FailureCatcher) { self.failures = failures }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failures.add(error)
    }
}
