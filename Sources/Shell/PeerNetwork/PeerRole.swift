/// What a peer is on its chain. Follows from its key, never from its word.
package enum PeerRole: UInt8, Sendable {
    case validator = 1
    case observer = 2
}
