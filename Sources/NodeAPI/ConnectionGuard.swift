import NIOCore
import Synchronization

/// Open connections by network address.
final class ConnectionCounts: Sendable {
    private let limits: APILimits
    private let counts = Mutex<[String: Int]>([:])

    init(limits: APILimits) { self.limits = limits }

    /// Counts a connection; false where its address has as many as it may have.
    func open(_ address: String) -> Bool {
        guard !limits.unboundedAddresses.contains(address) else { return true }
        return counts.withLock { counts in
            let count = counts[address, default: 0]
            guard count < limits.connectionsPerAddress else { return false }
            counts[address] = count + 1
            return true
        }
    }

    /// A connection that was counted has ended.
    func close(_ address: String) {
        guard !limits.unboundedAddresses.contains(address) else { return }
        counts.withLock { counts in
            let count = counts[address, default: 1] - 1
            counts[address] = count > 0 ? count : nil
        }
    }
}

/// Ends a connection that is one too many of its address, or whose client has taken nothing for too
/// long of what was sent to it. Whoever waits to write more, such as an event stream, ends with it.
final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let counts: ConnectionCounts
    private let writeLimit: TimeAmount
    /// The address that was counted.
    private var address: String?
    /// What the client had still to take when we looked last, and how often that was the same.
    private var unsentBytes = 0
    private var idleLooks = 0
    private var nextLook: Scheduled<Void>?

    /// Looks at a connection within its write limit; it is cut off when all saw the same.
    private static let looks: Int64 = 4

    init(counts: ConnectionCounts, writeLimit: TimeAmount) {
        self.counts = counts
        self.writeLimit = writeLimit
    }

    func channelActive(context: ChannelHandlerContext) {
        let address = context.remoteAddress?.ipAddress ?? "unknown"
        if counts.open(address) {
            self.address = address
            watch(context)
        } else {
            context.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        nextLook?.cancel()
        nextLook = nil
        if let address = address.take() { counts.close(address) }
        context.fireChannelInactive()
    }

    private func watch(_ context: ChannelHandlerContext) {
        let pause = TimeAmount.nanoseconds(writeLimit.nanoseconds / Self.looks)
        nextLook = context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
            self.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        // Every TCP channel has the option; one without it sends nothing that could wait.
        let unsent = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        let bytes = unsent ?? 0
        idleLooks = bytes > 0 && bytes == unsentBytes ? idleLooks + 1 : 0
        unsentBytes = bytes
        if idleLooks >= Self.looks {
            context.close(promise: nil)
        } else {
            watch(context)
        }
    }
}
