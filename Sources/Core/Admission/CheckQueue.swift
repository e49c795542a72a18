package import Ledger

/// Why a transaction finds no place among those that wait for their checks.
package enum CheckRefusal: Error, Equatable {
    /// The senders of its kind hold all that they may, and none of them holds more than its sender.
    case full
    /// Its sender, or the site, holds its share.
    case senderFull
    /// Checks of its sender's failed, and its share among suspects is taken.
    case suspect(seconds: Int)
}

extension CheckRefusal: CustomStringConvertible {
    /// In words, as they stand after a colon.
    package var description: String {
        switch self {
        case .full: "too many transactions wait for their checks"
        case .senderFull: "too many transactions of this sender wait for their checks"
        case .suspect(let seconds):
            "transactions of this sender failed their checks; it is served again in \(seconds) s"
        }
    }
}

/// Transactions that wait for their checks, which cost the node much more than they cost their
/// senders. Senders are served in turn, so that one sender's flood delays the others by one batch at
/// most; a sender whose transactions failed is served after everybody else.
///
/// A pure value: it has no clock, and learns the time with whatever is put into it.
package struct CheckQueue<Item: Sendable>: Sendable {
    /// One transaction on its way through the checks.
    package struct Entry: Sendable {
        package let item: Item
        package let sender: AdmissionSender
        /// In bytes.
        package let size: Int
        /// Whether its sender was suspect: it is checked alone, so that no batch fails for it.
        package fileprivate(set) var isSuspect = false

        package init(item: Item, sender: AdmissionSender, size: Int) {
            self.item = item
            self.sender = sender
            self.size = size
        }
    }

    private typealias Lanes =
        Turns<
            AdmissionSender.Kind,
            Turns<AdmissionSender, Turns<AdmissionSender, Line<Entry>>>
        >

    private let limits: CheckLimits
    private var book: SenderBook
    private var now = Instant(microseconds: 0)
    private var ordinary = Lanes()
    private var suspects = Lanes()
    private var suspectsWaiting: [AdmissionSender: Int] = [:]
    private var allSuspectsWaiting = 0
    private var suspectsUnderCheck = 0
    /// Transactions that wait, without those under check.
    package private(set) var waiting = 0
    private var batchesSinceSuspects = 0
    // Places of what waits and what is under check.
    private var held: [AdmissionSender: Int] = [:]
    private var heldBySite: [AdmissionSender: Int] = [:]
    private var heldByKind: [AdmissionSender.Kind: Int] = [:]
    /// Transactions that wait or are under check, and their bytes.
    package private(set) var count = 0
    package private(set) var bytes = 0

    /// Whether `take` has something to give: suspects wait until those under check are judged.
    package var hasNext: Bool { !ordinary.isEmpty || suspectsUnderCheck == 0 && !suspects.isEmpty }

    /// What all kinds of senders may have waiting or under check, in bytes.
    package var bytesBound: Int {
        AdmissionSender.Kind.allCases.reduce(0) { $0 + limits.places(of: $1) }
    }

    package init(limits: CheckLimits = CheckLimits()) {
        self.limits = limits
        book = SenderBook(limits: limits)
    }

    /// What one transaction takes of the places.
    private func places(_ size: Int) -> Int { max(size, limits.smallest) }

    /// Whether checks of a sender's transactions failed within the last minute.
    package func isSuspect(_ sender: AdmissionSender) -> Bool { book.isSuspect(sender, at: now) }

    /// Senders and sites whose failed checks are remembered.
    package var suspectSenders: Int { book.count }

    /// Adds a transaction.
    ///
    /// - Returns: transactions that had to make place for it, to be answered as in a full queue.
    /// - Throws: if it finds no place.
    package mutating func add(
        _ item: Item, of size: Int, from sender: AdmissionSender, at moment: Instant
    ) throws(CheckRefusal) -> [Entry] {
        now = max(now, moment)
        var entry = Entry(item: item, sender: sender, size: size)
        entry.isSuspect = sender.isBounded && book.isSuspect(sender, at: now)
        let needed = places(size)
        if entry.isSuspect, !hasSuspectRoom(for: needed, of: sender) {
            throw .suspect(seconds: book.seconds(of: sender, at: now))
        }
        let kindPlaces = limits.places(of: sender.kind)
        if sender.isBounded {
            guard held[sender, default: 0] + needed <= kindPlaces / limits.senderPart,
                heldBySite[sender.site, default: 0] + needed <= kindPlaces / limits.sitePart
            else { throw .senderFull }
        }
        var displaced: [Entry] = []
        while heldByKind[sender.kind, default: 0] + needed > kindPlaces {
            guard let victim = largest(of: sender.kind, above: sender, adding: needed),
                let gone = removeLast(of: victim)
            else {
                // Too large for what may be freed: they stay.
                for entry in displaced.reversed() {
                    hold(entry)
                    append(entry)
                }
                throw .full
            }
            displaced.append(gone)
        }
        hold(entry)
        append(entry)
        return displaced
    }

    /// Takes the next transactions: those of different senders first. Suspects are served when nobody
    /// else waits, and now and then.
    package mutating func take(upTo maximum: Int) -> [Entry] {
        let isSuspectTurn = ordinary.isEmpty || batchesSinceSuspects >= limits.batchesPerSuspectTurn
        // One batch of suspects at a time: the other cores are everybody else's.
        if isSuspectTurn, !suspects.isEmpty, suspectsUnderCheck == 0 {
            batchesSinceSuspects = 0
            var batch: [Entry] = []
            while batch.count < min(maximum, limits.suspectBatch), let entry = suspects.popFirst() {
                countSuspect(entry, -1)
                batch.append(entry)
            }
            suspectsUnderCheck = batch.count
            waiting -= batch.count
            return batch
        }
        // The batch ends when one site has its part. Since senders of a kind have turns, no other of that
        // kind has more left than it; other kinds go on in the next batch.
        var batch: [Entry] = []
        var bySite: [AdmissionSender: Int] = [:]
        var isFull = false
        while batch.count < maximum, !isFull, let entry = ordinary.popFirst() {
            batch.append(entry)
            switch entry.sender.kind {
            case .clients, .relays:
                bySite[entry.sender.site, default: 0] += 1
                isFull = bySite[entry.sender.site] == limits.siteBatch
            case .validators, .node: break
            }
        }
        if !batch.isEmpty { batchesSinceSuspects += 1 }
        waiting -= batch.count
        return batch
    }

    /// Gives back the place of a transaction that was judged.
    ///
    /// - Parameter hasFailed: whether a certificate, proof or signature of it was false.
    /// - Returns: transactions of the same sender that find no place among those of suspects, to be
    ///   answered as such.
    package mutating func settle(
        _ entry: Entry, hasFailed: Bool, at moment: Instant
    ) -> [Entry] {
        now = max(now, moment)
        release(entry)
        if entry.isSuspect { suspectsUnderCheck -= 1 }
        guard hasFailed, entry.sender.isBounded else { return [] }
        book.charge(entry.sender, at: now)
        return moveToSuspects(entry.sender)
    }

    /// Seconds until a sender is forgiven.
    package func seconds(of sender: AdmissionSender) -> Int { book.seconds(of: sender, at: now) }

    /// Takes out whatever waits, for the queue's end.
    package mutating func removeAll() -> [Entry] {
        var all: [Entry] = []
        while let entry = ordinary.popFirst() ?? suspects.popFirst() { all.append(entry) }
        for entry in all { release(entry) }
        waiting = 0
        suspectsWaiting = [:]
        allSuspectsWaiting = 0
        return all
    }
}

// Lanes and places.
extension CheckQueue {
    private mutating func append(_ entry: Entry) {
        waiting += 1
        if entry.isSuspect {
            countSuspect(entry, 1)
            suspects.line(of: entry.sender) { $0.append(entry) }
        } else {
            ordinary.line(of: entry.sender) { $0.append(entry) }
        }
    }

    private func hasSuspectRoom(for places: Int, of sender: AdmissionSender) -> Bool {
        suspectsWaiting[sender, default: 0] + places <= limits.suspect
            && allSuspectsWaiting + places <= limits.suspects
    }

    private mutating func countSuspect(_ entry: Entry, _ sign: Int) {
        let places = sign * places(entry.size)
        allSuspectsWaiting += places
        suspectsWaiting.add(places, to: entry.sender)
    }

    private mutating func hold(_ entry: Entry) { count(entry, 1) }

    private mutating func release(_ entry: Entry) { count(entry, -1) }

    private mutating func count(_ entry: Entry, _ sign: Int) {
        count += sign
        bytes += sign * entry.size
        let places = sign * places(entry.size)
        held.add(places, to: entry.sender)
        heldBySite.add(places, to: entry.sender.site)
        heldByKind.add(places, to: entry.sender.kind)
    }

    /// Moves what a suspect has waiting, and its site if that is suspect; gives what finds no place.
    private mutating func moveToSuspects(_ sender: AdmissionSender) -> [Entry] {
        var senders = [sender]
        if book.isSuspect(sender.site, at: now) {
            senders = ordinary[sender.kind]?[sender.site]?.keys ?? []
        }
        var gone: [Entry] = []
        for sender in senders {
            while var entry = ordinary.line(of: sender, { $0.popFirst() }) {
                entry.isSuspect = true
                waiting -= 1
                if hasSuspectRoom(for: places(entry.size), of: sender) {
                    append(entry)
                } else {
                    release(entry)
                    gone.append(entry)
                }
            }
        }
        return gone
    }

    /// The sender of a kind that holds the most of those with something waiting, where its site holds
    /// more than the newcomer's would, or, within one site, it itself does. Suspects come first.
    private func largest(
        of kind: AdmissionSender.Kind, above newcomer: AdmissionSender, adding places: Int
    ) -> AdmissionSender? {
        let site = heldBySite[newcomer.site, default: 0] + places
        let own = held[newcomer, default: 0] + places
        for lanes in [suspects, ordinary] {
            guard let sites = lanes[kind] else { continue }
            let senders = sites.keys.flatMap { sites[$0]?.keys ?? [] }
            let largest = senders.max { size(of: $0) < size(of: $1) }
            guard let largest else { continue }
            let (largestSite, largestOwn) = size(of: largest)
            if largest.site == newcomer.site ? largestOwn > own : largestSite > site {
                return largest
            }
        }
        return nil
    }

    private func size(of sender: AdmissionSender) -> (Int, Int) {
        (heldBySite[sender.site, default: 0], held[sender, default: 0])
    }

    /// Takes off a sender's newest.
    private mutating func removeLast(of sender: AdmissionSender) -> Entry? {
        var gone = suspects.line(of: sender) { $0.popLast() }
        if let entry = gone { countSuspect(entry, -1) }
        if gone == nil { gone = ordinary.line(of: sender) { $0.popLast() } }
        if let entry = gone {
            waiting -= 1
            release(entry)
        }
        return gone
    }
}

extension Turns {
    /// Changes the line of a sender: senders are in turn within their site, sites within their kind.
    fileprivate mutating func line<Element, Result>(
        of sender: AdmissionSender, _ body: (inout Line<Element>) -> Result
    ) -> Result
    where
        Key == AdmissionSender.Kind,
        Inner == Turns<AdmissionSender, Turns<AdmissionSender, Line<Element>>>
    {
        change(sender.kind) { sites in
            sites.change(sender.site) { senders in senders.change(sender, body) }
        }
    }
}

extension Dictionary where Value == Int {
    /// Adds to a count; one that comes to nothing is gone.
    fileprivate mutating func add(_ amount: Int, to key: Key) {
        let sum = self[key, default: 0] + amount
        self[key] = sum > 0 ? sum : nil
    }
}
