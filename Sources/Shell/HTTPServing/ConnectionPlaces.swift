import NIOCore
package import NetworkAddresses
import Synchronization

/// The connections of one server. They are spread over several event loops, so that a lock guards them.
package final class ConnectionPlaces: Sendable {
    private struct State {
        var places: Places<UInt64>
        var channels: [UInt64: any Channel] = [:]
        var next: UInt64 = 0
    }

    package let limits: ConnectionLimits
    private let proxies: TrustedProxies
    private let state: Mutex<State>

    /// - Parameter proxies: they answer for many, so that they have no bound of their own.
    package init(limits: ConnectionLimits, proxies: TrustedProxies) {
        self.limits = limits
        self.proxies = proxies
        state = Mutex(State(places: Places(limits.places)))
    }

    /// How many have a place now.
    package var count: Int { state.withLock { $0.places.count } }

    /// Gives a connection a place; the one that makes place for it is closed.
    ///
    /// - Returns: the number of the place, nil where there is none.
    func enter(_ channel: any Channel) -> UInt64? {
        // An address is missing only where the client has gone already.
        let address = channel.remoteAddress?.ipAddress ?? "unknown"
        let group = AddressGroup(address)
        let isExempt = group.isThisMachine || proxies.contains(address)
        let (id, victim): (UInt64?, (any Channel)?) = state.withLock { state in
            state.next += 1
            let id = state.next
            switch state.places.enter(id, from: group, isExempt: isExempt) {
            case .admitted:
                state.channels[id] = channel
                return (id, nil)
            case .inPlaceOf(let other):
                state.channels[id] = channel
                return (id, state.channels.removeValue(forKey: other))
            case .refused:
                return (nil, nil)
            }
        }
        victim?.close(promise: nil)
        return id
    }

    func leave(_ id: UInt64) {
        state.withLock { state in
            state.places.leave(id)
            state.channels[id] = nil
        }
    }

    /// Says whether a connection does nothing, so that it makes place for newcomers.
    func setIdle(_ id: UInt64, _ isIdle: Bool) {
        state.withLock { $0.places.setIdle(id, isIdle) }
    }
}
