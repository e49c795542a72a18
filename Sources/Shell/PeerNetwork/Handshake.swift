import Codec

/// The first frame each way, inside TLS: the dialing side's first, the other's in answer.
struct Hello: Equatable, Sendable {
    static let magic: [UInt8] = [0x56, 0x45, 0x43, 0x48]
    /// The version of frames and handshake. Peers with another are refused.
    static let version: UInt16 = 1

    let version: UInt16
    let chainID: Bytes32
    let role: PeerRole
    /// Random at each start: tells a restarted peer from a second connection of the same one.
    let instance: UInt64
}

extension Hello: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(raw: Self.magic)
        writer.write(version)
        writer.write(chainID)
        writer.write(role.rawValue)
        writer.write(instance)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        guard try reader.readRaw(Self.magic.count) == Self.magic else {
            throw .invalid("a hello begins with the magic bytes")
        }
        version = try reader.readUInt16()
        chainID = try reader.readBytes32()
        let byte = try reader.readUInt8()
        guard let role = PeerRole(rawValue: byte) else { throw .unknownTag(byte) }
        self.role = role
        instance = try reader.readUInt64()
    }
}

/// Why a peer is turned away. The code is the first byte of a refusal frame.
package enum Refusal: UInt8, Error, Sendable, CustomStringConvertible {
    case version = 1
    case chain = 2
    case role = 3
    case observersNotAccepted = 4
    case duplicate = 5
    case full = 6
    case ownKey = 7
    case keyElsewhere = 8

    /// What the other side is told, and what to do, for a person.
    package var description: String {
        switch self {
        case .version: "it speaks another version of the protocol; run the same release on both"
        case .chain: "it is on another chain; compare the genesis documents"
        case .role: "an older version compares roles by genesis; run the same release on both"
        case .observersNotAccepted: "the key is no validator's and observers are not accepted"
        case .duplicate: "there is already a connection between these two"
        case .full: "there is no place for another connection; try again later"
        case .ownKey: "both have the same node key; every node needs its own"
        case .keyElsewhere:
            "another node with this key is connected; stop one of the two, or give it a node key of its own"
        }
    }
}

/// What a refusal frame says.
package struct RefusalNotice: Equatable, Sendable {
    /// Nil for a code that this version does not know.
    package let refusal: Refusal?
    /// Where the other node with the key is, as the peer names it; empty for all other refusals.
    package let address: String

    /// The text of an address is not longer: IPv6 in brackets and a port have 47 bytes.
    package static let addressBytes = 64

    package init(_ refusal: Refusal, address: String = "") {
        self.refusal = refusal
        self.address = Self.printable(address.utf8)
    }

    package init(payload: [UInt8]) {
        refusal = payload.first.flatMap(Refusal.init)
        address = refusal == .keyElsewhere ? Self.printable(payload.dropFirst()) : ""
    }

    package var payload: [UInt8] { (refusal.map { [$0.rawValue] } ?? []) + address.utf8 }

    /// A peer's text goes into our log: nothing but printable ASCII is kept of it.
    private static func printable(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.prefix(addressBytes).filter { (0x20...0x7E) ~= $0 }, as: UTF8.self)
    }
}

/// Why a connection ended.
enum ConnectionFailure: Error {
    /// What no honest node sends.
    case violation(String)
    /// We turned the peer away.
    case refused(Refusal)
    /// The peer turned us away.
    case refusedByPeer(RefusalNotice)
    /// We ended it: silence, a stall, or the node's wish.
    case ended(String)
}

extension ConnectionFailure: CustomStringConvertible {
    /// In words, as they stand after a colon.
    var description: String {
        switch self {
        case .violation(let reason), .ended(let reason): reason
        case .refused(let refusal): "this node turned the peer away: \(refusal)"
        case .refusedByPeer(let notice):
            "the peer turned this node away: "
                + (notice.refusal?.description ?? "a reason that this version does not know")
        }
    }
}
