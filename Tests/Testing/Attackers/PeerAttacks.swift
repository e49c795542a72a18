/// Attacks on the port of peers.
struct PeerAttacks: Sendable {
    private let target: Target

    init(_ target: Target) { self.target = target }

    func silentConnections() async {
        let target = target
        await keep(1100) { number in
            let port = number % 2 == 0 ? target.peerPort : target.apiPort
            let connection = try await HostileConnection.open(
                to: port, from: hostileAddress(number % 300))
            await hold(connection)
        }
    }

    func silentPeers() async {
        let target = target
        await keep(60) { number in
            let peer = try await HostilePeer.connect(
                to: target, as: try HostileIdentity(), from: hostileAddress(number), reads: false)
            defer { peer.connection.close() }
            while peer.connection.isOpen, !Task.isCancelled {
                await peer.send(
                    HostilePeer.Frame.sync, HostilePeer.rangeRequest(from: 1, count: 128))
                await peer.send(HostilePeer.Frame.ping, [UInt8](repeating: 0, count: 8))
            }
        }
    }

    func halfFrames() async {
        let target = target
        await keep(60) { number in
            let peer = try await HostilePeer.connect(
                to: target, as: try HostileIdentity(), from: hostileAddress(number), reads: false)
            let long = [UInt8](repeating: 0x55, count: 1 << 20)
            if number % 2 == 0 {
                // One byte less than was announced.
                await peer.connection.send(bytes(UInt32(long.count)) + [2] + long.dropLast(2))
            } else {
                for part in 0..<15 where !Task.isCancelled {
                    await peer.send(HostilePeer.Frame.part, Array(long[..<(64 << 10 - part)]))
                }
            }
            await hold(peer.connection)
        }
    }

    func tinyFrames() async {
        let target = target
        await keep(8) { number in
            let peer = try await HostilePeer.connect(
                to: target, as: try HostileIdentity(), from: hostileAddress(number))
            let frame =
                switch number % 4 {
                case 0: HostilePeer.frame(HostilePeer.Frame.ping, [UInt8](repeating: 1, count: 8))
                case 1: HostilePeer.frame(HostilePeer.Frame.part, [0])
                case 2: HostilePeer.frame(HostilePeer.Frame.sync, HostilePeer.newestRequest)
                default: HostilePeer.frame(0x7F, [])
                }
            let burst = Array(repeatElement(frame, count: 10_000).joined())
            await peer.connection.send(burst)
            if number % 2 == 0 { await peer.connection.send([0, 0, 0, 0]) }
            peer.connection.close()
        }
    }

    func busyObservers() async {
        let target = target
        await keep(64) { number in
            let peer = try await HostilePeer.connect(
                to: target, as: try HostileIdentity(), from: hostileAddress(number / 4))
            while peer.connection.isOpen, !Task.isCancelled {
                await peer.send(HostilePeer.Frame.sync, HostilePeer.newestRequest)
                try await Task.sleep(for: .milliseconds(500))
            }
            peer.connection.close()
        }
    }

    func oneKeyTwice() async {
        let target = target
        guard let identity = try? HostileIdentity() else { return }
        await keep(4) { number in
            let peer = try await HostilePeer.connect(
                to: target, as: identity, from: hostileAddress(number),
                instance: UInt64(number))
            await hold(peer.connection)
        }
    }

    func brokenHandshakes() async {
        let target = target
        await keep(40) { number in
            let address = hostileAddress(number)
            switch number % 4 {
            case 0:
                let connection = try await HostileConnection.open(
                    to: target.peerPort, from: address)
                await connection.send([UInt8](repeating: UInt8(number), count: 4096))
                await hold(connection)
            case 1:
                // The beginning of a ClientHello, and no more.
                let connection = try await HostileConnection.open(
                    to: target.peerPort, from: address)
                await connection.send([0x16, 0x03, 0x01, 0x3F, 0xFF, 0x01, 0x00, 0x3F, 0xFB])
                await hold(connection)
            case 2:
                let connection = try await HostileConnection.openPeer(
                    to: target.peerPort, as: try HostileIdentity(), from: address)
                await hold(connection)
            default:
                let connection = try await HostileConnection.openPeer(
                    to: target.peerPort, as: try HostileIdentity(), from: address)
                await connection.send(HostilePeer.frame(HostilePeer.Frame.hello, [1, 2, 3]))
                await hold(connection)
            }
        }
    }
}
