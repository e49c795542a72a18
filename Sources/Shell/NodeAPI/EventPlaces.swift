package import NetworkAddresses

/// The subscribers of the event stream, the readers that wait for a place, and the events that each
/// subscriber has still to take. A pure value: time is an argument, and `EventBroadcaster` carries out
/// what it decides.
///
/// All subscribers share one list of the newest events and have a position in it. So a subscriber costs
/// no bytes of its own. A subscriber is dropped once the list no longer has its next event.
package struct EventPlaces {
    package typealias ID = UInt64

    /// What became of a reader.
    package enum Entry: Hashable {
        case admitted
        /// It waits for a place.
        case waiting
        /// The line has no room for it.
        case refused
    }

    /// What must be carried out after a change.
    package struct Changes: Hashable {
        /// Subscribers that read: their streams end in order, and they connect again.
        package var ended: [ID] = []
        /// Subscribers that do not read: their connections are closed.
        package var cutOff: [ID] = []
        /// Readers that waited and have a place now.
        package var admitted: [ID] = []
        /// Readers that leave the line without a place: they have waited for as long as they may, or
        /// made room in the line for a reader of a smaller party.
        package var givenUp: [ID] = []

        package init() {}
    }

    private struct Subscriber {
        let group: AddressGroup
        let since: Duration
        /// The number of the next event for it.
        var position: UInt64
        /// Since when an event waits for it, or it takes one.
        var waitsSince: Duration?
    }

    private struct Reader {
        let id: ID
        let group: AddressGroup
        let since: Duration
    }

    private let limits: APILimits
    private var places: Places<ID>
    private var subscribers: [ID: Subscriber] = [:]
    /// How many subscribers each site has.
    private var sites: [AddressGroup: Int] = [:]
    /// Readers that wait, in the order of their arrival.
    private var line: [Reader] = []
    /// The room in the line, shared fairly like the places. None of its holders is ever idle.
    private var room: Places<ID>
    private var events: [[UInt8]] = []
    private var eventBytes = 0
    /// The number of the first of `events`.
    private var first: UInt64 = 0
    private var end: UInt64 { first + UInt64(events.count) }

    package init(limits: APILimits) {
        self.limits = limits
        // No group has a bound of its own while places are free: a proxy may answer for many.
        places = Places(
            Places.Bounds(
                total: limits.subscribers, perGroup: limits.subscribers,
                perSite: limits.subscribers))
        let half = max(1, limits.waitingSubscribers / 2)
        room = Places(
            Places.Bounds(total: limits.waitingSubscribers, perGroup: half, perSite: half))
    }

    package var count: Int { subscribers.count }
    package var waitingCount: Int { line.count }

    /// A reader wants to listen.
    package mutating func enter(
        _ id: ID, from group: AddressGroup, at now: Duration
    ) -> (Entry, Changes) {
        var changes = Changes()
        findSilent(at: now)
        admitWaiting(at: now, &changes)
        // No reader in line is entitled to a place now. So a newcomer that is entitled to one overtakes
        // only readers whose parties hold more than its own.
        if admit(id, group, at: now, &changes) { return (.admitted, changes) }
        switch room.enter(id, from: group) {
        case .admitted: break
        case .inPlaceOf(let other):
            line.removeAll { $0.id == other }
            changes.givenUp.append(other)
        case .refused: return (.refused, changes)
        }
        room.setIdle(id, false)
        line.append(Reader(id: id, group: group, since: now))
        return (.waiting, changes)
    }

    /// A subscriber or a waiting reader is gone.
    package mutating func leave(_ id: ID, at now: Duration) -> Changes {
        var changes = Changes()
        leaveLine(id)
        remove(id)
        findSilent(at: now)
        admitWaiting(at: now, &changes)
        return changes
    }

    /// Adds an event for everybody.
    package mutating func publish(_ bytes: [UInt8], at now: Duration) -> Changes {
        events.append(bytes)
        eventBytes += bytes.count
        while events.count > max(1, limits.eventsPerSubscriber)
            || events.count > 1 && eventBytes > APILimits.eventBytes
        {
            eventBytes -= events.removeFirst().count
            first += 1
        }
        var changes = Changes()
        for (id, subscriber) in subscribers.sorted(by: { $0.key < $1.key }) {
            if subscriber.position < first {
                changes.cutOff.append(id)
            } else if subscriber.waitsSince == nil {
                subscribers[id]?.waitsSince = now
            }
        }
        for id in changes.cutOff { remove(id) }
        admitWaiting(at: now, &changes)
        return changes
    }

    /// The next event for a subscriber that has taken all earlier ones.
    package mutating func next(_ id: ID, at now: Duration) -> [UInt8]? {
        guard let subscriber = subscribers[id] else { return nil }
        guard subscriber.position < end else {
            subscribers[id]?.waitsSince = nil
            places.setIdle(id, false)
            return nil
        }
        subscribers[id]?.position += 1
        subscribers[id]?.waitsSince = now
        places.setIdle(id, false)
        return events[Int(subscriber.position - first)]
    }

    /// Time has passed: a subscriber that does not read, or the one that has listened for longest, makes
    /// place for a reader that waits.
    package mutating func advance(to now: Duration) -> Changes {
        var changes = Changes()
        findSilent(at: now)
        admitWaiting(at: now, &changes)
        changes.givenUp = line.filter { now - $0.since >= limits.subscriberWait }.map(\.id)
        for id in changes.givenUp { leaveLine(id) }
        var waiting = line.count
        let longest = subscribers.filter { now - $0.value.since >= limits.subscriberTurn }
            .sorted { ($0.value.since, $0.key) < ($1.value.since, $1.key) }
        for (id, _) in longest where waiting > 0 {
            changes.ended.append(id)
            remove(id)
            waiting -= 1
        }
        admitWaiting(at: now, &changes)
        return changes
    }

    private mutating func remove(_ id: ID) {
        forget(id)
        places.leave(id)
    }

    /// Forgets a subscriber whose place is free or given away already.
    private mutating func forget(_ id: ID) {
        guard let site = subscribers.removeValue(forKey: id)?.group.site else { return }
        sites[site] = sites[site].flatMap { $0 > 1 ? $0 - 1 : nil }
    }

    private mutating func leaveLine(_ id: ID) {
        line.removeAll { $0.id == id }
        room.leave(id)
    }

    /// A subscriber for which an event has waited for some time makes place for others.
    private mutating func findSilent(at now: Duration) {
        for (id, subscriber) in subscribers {
            guard let since = subscriber.waitsSince, now - since >= limits.silentSubscriber else {
                continue
            }
            places.setIdle(id, true)
        }
    }

    private mutating func admitWaiting(at now: Duration, _ changes: inout Changes) {
        while true {
            // The first reader in line whose party holds least. `Places` compares parties likewise, so
            // that where this reader gets no place, no other one would.
            guard
                let reader = line.min(by: { held(by: $0.group) < held(by: $1.group) }),
                admit(reader.id, reader.group, at: now, &changes)
            else { return }
            leaveLine(reader.id)
            changes.admitted.append(reader.id)
        }
    }

    /// How many places a group's site holds, and the group itself.
    private func held(by group: AddressGroup) -> (Int, Int) {
        (sites[group.site, default: 0], places.count(of: group))
    }

    private mutating func admit(
        _ id: ID, _ group: AddressGroup, at now: Duration, _ changes: inout Changes
    ) -> Bool {
        switch places.enter(id, from: group) {
        case .admitted: break
        case .inPlaceOf(let other):
            let isSilent = subscribers[other].flatMap(\.waitsSince).map {
                now - $0 >= limits.silentSubscriber
            }
            if isSilent == true {
                changes.cutOff.append(other)
            } else {
                changes.ended.append(other)
            }
            forget(other)
        case .refused: return false
        }
        // A new subscriber counts as one that reads until an event has waited for it.
        places.setIdle(id, false)
        subscribers[id] = Subscriber(group: group, since: now, position: end)
        sites[group.site, default: 0] += 1
        return true
    }
}
