import Foundation
import NIOCore
import NIOPosix
import ProcessLimits
import Testing

struct PortHolderTests {
    private func bound() async throws -> (any Channel, Int) {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        return (channel, try #require(channel.localAddress?.port))
    }

    @Test func theProgramThatListensIsNamed() async throws {
        let (channel, port) = try await bound()
        let holder = PortHolder(of: port)
        #expect(holder.use == .listener)
        #expect(holder.program?.id == Int(ProcessInfo.processInfo.processIdentifier))
        #expect(holder.note.contains("(process \(holder.program?.id ?? 0)) listens"))
        try await channel.close().get()
        #expect(PortHolder(of: port).use == nil)
    }

    /// The system may give a client the port that a node was configured for.
    @Test func aClientThatHasThePortIsNamed() async throws {
        let (server, port) = try await bound()
        let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port).get()
        let own = try #require(client.localAddress?.port)
        let holder = PortHolder(of: own)
        #expect(holder.use == .client)
        #expect(holder.program?.id == Int(ProcessInfo.processInfo.processIdentifier))
        #expect(holder.note.contains("ip_local_port_range"))
        try await client.close().get()
        try await server.close().get()
    }

    @Test func whatThisProcessMayNotSeeIsSaidToBeAnothers() throws {
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("proc-\(UUID().uuidString)")
        let table = root.appendingPathComponent("net/tcp6")
        try FileManager.default.createDirectory(
            at: table.deletingLastPathComponent(), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        let any = String(repeating: "0", count: 32)
        try """
        sl local_address remote_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode
        0: \(any):1F90 \(any):0000 0A 00000000:00000000 00:00000000 00000000 7 0 4711 1
        1: \(any):1F91 \(any):0050 06 00000000:00000000 00:00000000 00000000 7 0 0 1
        2: \(any):zz
        """.write(to: table, atomically: true, encoding: .utf8)
        let holder = PortHolder(of: 8080, root: root.path)
        #expect(holder.use == .listener)
        #expect(holder.program == nil)
        #expect(holder.note.hasPrefix(" A program of another user listens"))
        #expect(PortHolder(of: 8081, root: root.path).use == .ended)
        #expect(PortHolder(of: 8082, root: root.path).use == nil)
        #expect(PortHolder(of: 8082, root: root.path).note.isEmpty)
        #expect(PortHolder(of: 8080, root: "/nowhere").use == nil)
    }
}
