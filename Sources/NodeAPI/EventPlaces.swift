package import NetworkAddresses

/// Who listens to the event stream, who waits for a place, and which events each has still to take. A
/// pure value: time is an argument, and what it decides is carried out by `EventBroadcaster`.
///
/// All subscribers share one list of the newest events and have a position in it. So a subscriber costs
/// no bytes of its own, whatever it reads, and one that the list has left behind is dropped.
package struct EventPlaces {
    package typealias ID = UInt64

    /// What became of a reader.
    package enum Entry: Hashable {
        case admitted
        /// It waits for a place.
        case waiting
        /// As many wait as may.
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
        /// Readers that waited for as long as they may.
        package var givenUp: [ID] = []

        package init() {}
    }

    private struct Subscriber {
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
    /// Readers that wait, in the order of their arrival.
    private var line: [Reader] = []
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
    }

    package var count: Int { subscribers.count }
    package var waitingCount: Int { line.count }

    /// A reader wants to listen.
    package mutating func enter(
        _ id: ID, from group: AddressGroup, at now: Duration
    ) -> (Entry, Changes) {
        var changes = Changes()
        findSilent(at: now)
        // Nobody overtakes those who wait.
        if line.isEmpty, admit(id, group, at: now, &changes) { return (.admitted, changes) }
        let ofGroup = line.filter { $0.group == group }.count
        guard line.count < limits.waitingSubscribers,
            ofGroup < max(1, limits.waitingSubscribers / 2)
        else { return (.refused, changes) }
        line.append(Reader(id: id, group: group, since: now))
        admitWaiting(at: now, &changes)
        let isAdmitted = changes.admitted.contains(id)
        changes.admitted.removeAll { $0 == id }
        return (isAdmitted ? .admitted : .waiting, changes)
    }

    /// A subscriber or a waiting reader is gone.
    package mutating func leave(_ id: ID, at now: Duration) -> Changes {
        var changes = Changes()
        line.removeAll { $0.id == id }
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

    /// The next event for a subscriber, which has taken what it had before.
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

    /// Time has passed: one that does not read, or the one that has listened for longest, makes place
    /// for one that waits.
    package mutating func advance(to now: Duration) -> Changes {
        var changes = Changes()
        findSilent(at: now)
        admitWaiting(at: now, &changes)
        changes.givenUp = line.filter { now - $0.since >= limits.subscriberWait }.map(\.id)
        line.removeAll { changes.givenUp.contains($0.id) }
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
        subscribers[id] = nil
        places.leave(id)
    }

    /// One for which an event has waited for some time makes place for others.
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
            // Of those who wait, the first whose group would hold least.
            guard
                let reader = line.min(by: {
                    places.count(of: $0.group) < places.count(of: $1.group)
                }),
                admit(reader.id, reader.group, at: now, &changes)
            else { return }
            line.removeAll { $0.id == reader.id }
            changes.admitted.append(reader.id)
        }
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
            subscribers[other] = nil
        case .refused: return false
        }
        // Who has just come reads until the opposite is seen.
        places.setIdle(id, false)
        subscribers[id] = Subscriber(since: now, position: end)
        return true
    }
}
