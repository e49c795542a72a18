import Foundation

/// Who holds a TCP port of this machine, as the system says.
package struct PortHolder: Hashable, Sendable {
    /// What a port is used for.
    package enum Use: Hashable, Sendable {
        /// A program waits for connections on it.
        case listener
        /// A program has connected to somebody, and the system gave it this port.
        case client
        /// A connection has just ended.
        case ended
    }

    package struct Program: Hashable, Sendable {
        package let id: Int
        package let name: String
    }

    /// Nil where nobody holds the port any more.
    package let use: Use?
    /// Nil where this process may not see whose it is.
    package let program: Program?

    /// Looks the port up.
    ///
    /// - Parameter root: where the system shows its processes.
    package init(of port: Int, root: String = "/proc") {
        var sockets: [Socket] = []
        // The system's tables change while they are read: a line may be missing once.
        for _ in 0..<5 where sockets.isEmpty {
            sockets = ["tcp", "tcp6"].flatMap { table in
                Self.sockets(in: Self.text(at: "\(root)/net/\(table)"), on: port)
            }
        }
        let order: [Use] = [.listener, .client, .ended]
        let found = order.lazy.compactMap { use in sockets.first { $0.use == use } }.first
        use = found?.use
        program = found.flatMap { Self.program(with: $0.inode, root: root) }
    }

    /// A sentence to stand behind what failed, and a blank before it; empty where nobody holds the port.
    package var note: String {
        let name = program.map { " The program '\($0.name)' (process \($0.id))" }
        switch use {
        case .listener: return (name ?? " A program of another user") + " listens on this port."
        case .client:
            return (name ?? " A program of another user")
                + " has a connection from this port, which "
                + "the system chose for it. Configure a port below those that the system hands out "
                + "to clients: see /proc/sys/net/ipv4/ip_local_port_range."
        case .ended: return " A connection from this port has just ended: try again in a minute."
        case nil: return ""
        }
    }

    private struct Socket {
        let use: Use
        let inode: String
    }

    /// The lines of `/proc/net/tcp` whose own port is `port`.
    private static func sockets(in table: String, on port: Int) -> [Socket] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let columns = line.split(separator: " ")
            guard columns.count > 9, let text = columns[1].split(separator: ":").last,
                Int(text, radix: 16) == port
            else { return nil }
            let inode = String(columns[9])
            let use: Use = columns[3] == "0A" ? .listener : inode == "0" ? .ended : .client
            return Socket(use: use, inode: inode)
        }
    }

    private static func program(with inode: String, root: String) -> Program? {
        guard inode != "0" else { return nil }
        let files = FileManager.default
        // What this process may not see is passed over.
        for process in (try? files.contentsOfDirectory(atPath: root)) ?? [] {
            guard let id = Int(process) else { continue }
            let descriptors = "\(root)/\(process)/fd"
            for file in (try? files.contentsOfDirectory(atPath: descriptors)) ?? [] {
                let target = try? files.destinationOfSymbolicLink(atPath: "\(descriptors)/\(file)")
                guard target == "socket:[\(inode)]" else { continue }
                let name = text(at: "\(root)/\(process)/comm").split(separator: "\n").first
                return Program(id: id, name: printable(name ?? "unknown"))
            }
        }
        return nil
    }

    /// A program chooses its own name.
    private static func printable(_ name: Substring) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? $0 : "?" }))
    }

    private static func text(at path: String) -> String {
        // The system's tables cannot be read on other systems: nothing is known then.
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        // Only what was read is used; nothing is lost if closing it fails.
        defer { try? file.close() }
        var bytes = Data()
        // The system says that these files are empty, and gives them in pieces.
        while bytes.count < 16 << 20, let piece = try? file.read(upToCount: 1 << 16),
            !piece.isEmpty
        {
            bytes += piece
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
