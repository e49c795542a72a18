import Admission
import Codec
import Ledger
import NetworkAddresses
import Testing

/// Whom failed checks are charged to, and for how long.
@Suite struct SenderBookTests {
    private let start = Instant(microseconds: 5_000_000)

    private func network(_ number: Int, site: Int = 1) -> AdmissionSender {
        .client(AddressGroup("2001:db8:\(site):\(String(number, radix: 16))::1"))
    }

    @Test func aFailedCheckIsHeldAgainstItsSenderForAMinute() {
        var book = SenderBook()
        let sender = AdmissionSender.client(AddressGroup("192.0.2.1"))
        book.charge(sender, at: start)
        #expect(book.isSuspect(sender, at: start))
        #expect(book.seconds(of: sender, at: start) == 60)
        #expect(book.isSuspect(sender, at: start.adding(milliseconds: 59_999)))
        #expect(book.seconds(of: sender, at: start.adding(milliseconds: 59_999)) == 1)
        #expect(!book.isSuspect(sender, at: start.adding(milliseconds: 60_000)))
        #expect(!book.isSuspect(.client(AddressGroup("192.0.2.2")), at: start))
    }

    @Test func anotherFailureBeginsTheMinuteAnew() {
        var book = SenderBook()
        let sender = AdmissionSender.validator(TestBytes.id(1))
        book.charge(sender, at: start)
        book.charge(sender, at: start.adding(milliseconds: 30_000))
        #expect(book.isSuspect(sender, at: start.adding(milliseconds: 89_999)))
        #expect(book.count == 1)
    }

    @Test func aSiteIsSuspectOnceFourOfItsNetworksAre() {
        var book = SenderBook()
        for number in 0..<3 { book.charge(network(number), at: start) }
        #expect(!book.isSuspect(network(9), at: start))
        book.charge(network(3), at: start)
        #expect(book.isSuspect(network(9), at: start))
        #expect(!book.isSuspect(network(9, site: 2), at: start))
        #expect(!book.isSuspect(network(9), at: start.adding(milliseconds: 60_000)))
    }

    @Test func networksThatWereForgivenDoNotCountAgainstTheirSite() {
        var book = SenderBook()
        for number in 0..<3 { book.charge(network(number), at: start) }
        let later = start.adding(milliseconds: 60_000)
        book.charge(network(3), at: later)
        #expect(!book.isSuspect(network(9), at: later))
    }

    @Test func nobodyFillsTheBook() {
        var limits = CheckLimits()
        limits.suspectSenders = 8
        var book = SenderBook(limits: limits)
        for number in 0..<100 {
            let sender = AdmissionSender.client(AddressGroup("198.51.100.\(number)"))
            book.charge(sender, at: start.adding(milliseconds: UInt64(number)))
            #expect(book.count <= 8)
            #expect(book.isSuspect(sender, at: start.adding(milliseconds: UInt64(number))))
        }
    }

    @Test func thisNodeIsChargedWithNothing() {
        var book = SenderBook()
        book.charge(.own, at: start)
        book.charge(.restored, at: start)
        #expect(book.count == 0)
    }
}
