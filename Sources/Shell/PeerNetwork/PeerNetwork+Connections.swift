import Codec
import NIOCore

extension PeerNetwork {
    /// A connection over a fresh socket.
    func connection(over channel: any Channel, isDialed: Bool) -> PeerConnection {
        PeerConnection(
            number: table.nextNumber(), channel: channel, isDialed: isDialed,
            limits: configuration.limits, budgets: budgets)
    }

    /// Serves one connection from handshake to end: it has a peer then if it was established.
    /// Returns why it ended; nil if the peer closed it.
    @discardableResult
    func serve(
        _ connection: PeerConnection, over secured: SecuredChannel, dialing peer: DialedPeer?
    ) async -> (any Error)? {
        var failure: (any Error)?
        do {
            try await secured.channel.executeThenClose { inbound, outbound in
                defer {
                    connection.outbox.close()
                    connection.close()
                }
                try await work(connection, inbound, outbound, secured)
            }
        } catch {
            failure = error
        }
        failure = connection.failure ?? failure
        // Counted first: who hears of the end finds it in the counters.
        report(connection, failure, dialed: peer)
        table.remove(connection)
        return failure
    }

    /// Reads, writes and looks at the clock until one of these says that the connection is over.
    private func work(
        _ connection: PeerConnection, _ inbound: NIOAsyncChannelInboundStream<WireFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, _ secured: SecuredChannel
    ) async throws {
        let (limits, table) = (configuration.limits, table)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await connection.keepTime(limits) { table.setIdle(connection, $0) }
                return true
            }
            group.addTask {
                await self.write(connection, to: outbound)
                return false
            }
            group.addTask {
                try await self.read(inbound, of: connection, secured)
                return true
            }
            group.addTask {
                // Waiting never fails. When another task ends the work, this one ends the socket.
                await withTaskCancellationHandler {
                    try? await connection.channel.closeFuture.get()
                } onCancel: {
                    connection.close()
                }
                // An observer's flood is not worked off when nobody is there any more.
                return !connection.isTrusted
            }
            // The socket's end may be seen before what was wrong with the last bytes.
            var failure: (any Error)?
            while let result = await group.nextResult() {
                switch result {
                case .success(false): break
                case .success(true): group.cancelAll()
                case .failure(let error):
                    if failure == nil, !(error is CancellationError) { failure = error }
                    group.cancelAll()
                }
            }
            if let failure { throw failure }
        }
    }

    /// Writes what waits, in its order, at the speed at which the peer reads.
    private func write(
        _ connection: PeerConnection, to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async {
        do {
            while let buffer = await connection.outbox.next() { try await outbound.write(buffer) }
            // After a last frame there is nothing more to say.
            if connection.failure != nil { connection.channel.close(promise: nil) }
        } catch {
            connection.end(because: .ended("the connection broke while writing"))
        }
    }

    private func read(
        _ inbound: NIOAsyncChannelInboundStream<WireFrame>, of connection: PeerConnection,
        _ secured: SecuredChannel
    ) async throws {
        if connection.isDialed { _ = connection.outbox.push(ownHello, as: .consensus) }
        var frames = inbound.makeAsyncIterator()
        guard let first = try await frames.next() else { return }
        connection.received(first)
        connection.receiving.release(first.size)
        if let notice = try greet(connection, first, secured) {
            let refused = ConnectionFailure.refused(notice.refusal ?? .full)
            connection.note(refused)
            _ = connection.outbox.push(notice.frame, as: .consensus)
            // The peer closes when it has read the reason; the clock of the handshake runs on.
            while let frame = try await frames.next() { connection.receiving.release(frame.size) }
            throw refused
        }
        guard let peer = connection.peer else { return }
        var assembly = MessageAssembly(limit: secured.limit.payloadBytes)
        // The operator has chosen those that we dial: they may answer at length.
        var rate = isConfigured(peer) ? nil : ObserverRate(connection.role, configuration.limits)
        while let frame = try await frames.next() {
            connection.received(frame)
            if let pause = rate?.take(frame) {
                connection.setHolding(true)
                try await Task.sleep(for: pause)
                connection.setHolding(false)
            }
            guard let message = try assembly.accept(frame, on: connection) else { continue }
            connection.setHolding(true)
            let isTaken = await inbox.push(
                InboundFrame(
                    peer: peer, role: connection.role, type: message.type,
                    payload: message.payload),
                connection: connection.number)
            connection.setHolding(false)
            connection.receiving.release(message.size)
            guard isTaken else { return }
        }
    }

    private var ownHello: WireFrame {
        let hello = Hello(
            version: Hello.version, chainID: configuration.chainID, role: ownRole,
            instance: instance)
        return WireFrame(type: TransportType.hello.rawValue, payload: hello.canonicalBytes)
    }

    /// Handles the first frame: the peer is known and established after it, or refused.
    private func greet(
        _ connection: PeerConnection, _ frame: WireFrame, _ secured: SecuredChannel
    ) throws -> RefusalNotice? {
        if frame.type == TransportType.refusal.rawValue {
            throw ConnectionFailure.refusedByPeer(RefusalNotice(payload: frame.payload))
        }
        guard frame.type == TransportType.hello.rawValue,
            let hello = try? Hello(canonicalBytes: frame.payload)
        else { throw ConnectionFailure.violation("the first frame is no hello") }
        guard let peer = secured.proof.proved else {
            throw ConnectionFailure.violation("no certificate was shown")
        }
        guard hello.version == Hello.version else { return RefusalNotice(.version) }
        guard hello.chainID == configuration.chainID else { return RefusalNotice(.chain) }
        guard peer != ownID else { return RefusalNotice(.ownKey) }
        // The peer states its role as it knows the validators; ours is what counts here. The two
        // differ while one of us has not seen the newest change yet.
        let role = role(of: peer)
        if case .observer = role, !connection.isDialed, !configuration.acceptsObservers,
            !isKept(peer)
        {
            return RefusalNotice(.observersNotAccepted)
        }
        connection.identify(
            as: peer, role: role, isConfigured: isConfigured(peer), instance: hello.instance)
        if !connection.isDialed {
            secured.limit.payloadBytes = largestPayload(from: peer)
        }
        let answer = connection.isDialed ? nil : ownHello
        switch table.establish(connection, answering: answer) {
        case .refused(let notice, let isReportDue):
            connection.forget()
            if notice.refusal == .keyElsewhere, isReportDue {
                reportCopy(of: peer, at: notice.address, connection)
            }
            return notice
        case .established(let copy):
            reportConnected(connection, to: peer, as: role)
            if let copy { reportCopy(of: peer, at: copy, connection) }
            return nil
        }
    }
}
