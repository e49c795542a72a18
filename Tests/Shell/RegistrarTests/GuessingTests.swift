import APISchema
import Codec
import Foundation
import Ledger
import NetworkAddresses
import Registrar
import Synchronization
import Testing

/// Whoever guesses access codes: slowed down, told nothing, and unable to shut out a voter.
@Suite struct GuessingTests {
    private func entry(
        _ office: Office, _ voter: String, _ code: String, from network: String
    ) async throws -> VoterEntry {
        try await office.issuer.entry(
            VoterIdentity(voter: voter, code: code), from: AddressGroup(network), election: "probe",
            chain: try await office.chain.snapshot())
    }

    private func refusal(
        _ office: Office, _ voter: String, _ code: String, from network: String
    ) async throws -> IssuingRefusal? {
        await #expect(throws: IssuingRefusal.self) {
            _ = try await entry(office, voter, code, from: network)
        }
    }

    @Test func wrongCodesFromOneNetworkDoNotShutTheVoterOut() async throws {
        let office = try await Office()
        for _ in 0..<3 {
            #expect(try await refusal(office, "v0", "guess", from: "evil") == .wrongIdentity)
        }
        #expect(
            try await refusal(office, "v0", "passcode-0", from: "evil")
                == .blocked(retryAfterSeconds: 900))
        // The voter, at home.
        _ = try await entry(office, "v0", "passcode-0", from: "home")
        // Another voter behind the same address.
        _ = try await entry(office, "v1", "passcode-1", from: "evil")
        office.wallTime.advance(seconds: 899)
        #expect(
            try await refusal(office, "v0", "passcode-0", from: "evil")
                == .blocked(retryAfterSeconds: 1))
        office.wallTime.advance(seconds: 1)
        _ = try await entry(office, "v0", "passcode-0", from: "evil")
    }

    @Test func listedAndUnlistedVotersGetTheSameAnswers() async throws {
        let office = try await Office()
        var answers: [[APIFailure]] = []
        for voter in ["v0", "nobody"] {
            var given: [APIFailure] = []
            for _ in 0..<5 {
                let refusal = try #require(
                    try await refusal(office, voter, "guess", from: "net-of-" + voter))
                given.append(refusal.failure)
            }
            answers.append(given)
        }
        #expect(answers[0] == answers[1])
        #expect(answers[0].map(\.code) == ["E_AUTH", "E_AUTH", "E_AUTH", "E_RATE", "E_RATE"])
    }

    /// Behind an operator's translation of addresses, or behind a proxy that does not name its clients.
    @Test func aNetworkThatGuessesForManyVotersShutsNoOtherOut() async throws {
        let office = try await Office()
        for number in 0..<40 {
            #expect(
                try await refusal(office, "someone-\(number)", "guess", from: "evil")
                    == .wrongIdentity)
        }
        // One typing error is forgiven in each such network, more only elsewhere.
        _ = try await entry(office, "v0", "passcode-0", from: "evil")
        #expect(try await refusal(office, "v1", "typo", from: "evil") == .wrongIdentity)
        #expect(
            try await refusal(office, "v1", "passcode-1", from: "evil")
                == .blocked(retryAfterSeconds: 900))
        _ = try await entry(office, "v1", "passcode-1", from: "home")
    }

    /// Such as where a client chooses what a proxy says of its address.
    @Test func guessesForOneVoterAreBoundedOverAllNetworks() async throws {
        let office = try await Office()
        _ = try await entry(office, "v0", "passcode-0", from: "home")
        var looked = 0
        for number in 0..<300 {
            let refusal = try await refusal(
                office, "v0", "guess-\(number)", from: "198.51.100.\(number % 256)")
            if refusal == .wrongIdentity { looked += 1 }
        }
        #expect(looked == 30)
        #expect(
            try await refusal(office, "v0", "passcode-0", from: "203.0.113.1")
                == .guessed(retryAfterSeconds: 900))
        // Where the right code came from before, others' guesses count for nothing.
        _ = try await entry(office, "v0", "passcode-0", from: "home")
        _ = try await entry(office, "v1", "passcode-1", from: "198.51.100.1")
        office.wallTime.advance(seconds: 900)
        _ = try await entry(office, "v0", "passcode-0", from: "203.0.113.1")
    }

    @Test func listedAndUnlistedVotersAreBoundedAlikeOverAllNetworks() async throws {
        let office = try await Office()
        var answers: [[APIFailure]] = []
        for voter in ["v0", "nobody"] {
            var given: [APIFailure] = []
            for number in 0..<40 {
                given.append(
                    try #require(
                        try await refusal(office, voter, "guess", from: "\(voter)-\(number)")
                    ).failure)
            }
            answers.append(given)
        }
        #expect(answers[0] == answers[1])
        #expect(answers[0].count { $0.code == "E_AUTH" } == 30)
    }

    /// The memory for counts has a bound, which nobody may use to have a count forgotten.
    @Test func namesOfOtherVotersPushOutNoCount() throws {
        let throttle = CodeThrottle(
            limits: CodeAttempts(
                perVoter: 3, perVoterFromAll: 30, perNetwork: 8, blockSeconds: 900),
            capacity: 400)
        func voter(_ number: Int) -> Bytes32 {
            RollPart.leaf(chainID: Fixture.chainID, salt: .zero, voter: "\(number)")
        }
        for number in 0..<30 {
            try throttle.admit(
                network: AddressGroup("198.51.100.\(number)"), voter: voter(0),
                now: Fixture.start)
        }
        for number in 2..<2000 {
            try throttle.admit(
                network: AddressGroup("192.0.2.1"), voter: voter(number), now: Fixture.during)
        }
        #expect(throws: IssuingRefusal.self) {
            try throttle.admit(
                network: AddressGroup("203.0.113.9"), voter: voter(0), now: Fixture.during)
        }
        try throttle.admit(
            network: AddressGroup("203.0.113.9"), voter: voter(1), now: Fixture.during)
        // What is over is forgotten before anything else.
        let later = Fixture.during.adding(milliseconds: 900_000)
        try throttle.admit(network: AddressGroup("203.0.113.9"), voter: voter(0), now: later)
    }

    /// Who has 48 bits of IPv6 has 65,536 networks.
    @Test func networksOfOneSiteAreBoundedTogether() async throws {
        let office = try await Office()
        var looked = 0
        for number in 0..<50 {
            let network = "2001:db8:1:\(String(number, radix: 16))::1"
            let refusal = try await refusal(office, "v0", "guess-\(number)", from: network)
            if refusal == .wrongIdentity { looked += 1 }
        }
        #expect(looked == 9)
        _ = try await entry(office, "v0", "passcode-0", from: "2001:db8:2::1")
        _ = try await entry(office, "v1", "passcode-1", from: "2001:db8:1::1")
    }

    /// What a letter, a form or a file adds to a code or a reference is no guess.
    @Test(arguments: [
        "  CODECÔDE1  ", "\u{FEFF}CODECÔDE1\r\n", "CODECO\u{302}DE1", "CODE CÔDE 1",
        "CODE\u{AD}C\u{200B}ÔDE1\u{A0}", "\tCODECÔDE1\u{2028}",
    ])
    func spacesMarksAndNormalFormsMakeNoOtherCode(code: String) async throws {
        let office = try await Office(
            register: "voter,code,style\nHélène,CODECÔDE1,1\n")
        for voter in ["Hélène", "He\u{301}le\u{300}ne", " Hélène\n", "\u{FEFF}Hélène"] {
            for _ in 0..<10 { _ = try await entry(office, voter, code, from: "home") }
        }
        #expect(try await refusal(office, "Hélène", "codecôde1", from: "home") == .wrongIdentity)
    }

    /// The leaf is made of the register's own bytes, whatever the voter types.
    @Test func theLeafOfAReferenceInAnyNormalFormIsTheRegisters() async throws {
        for reference in ["H\u{E9}l\u{E8}ne", "He\u{301}le\u{300}ne"] {
            let office = try await Office(
                register: "voter,code,style\n\(reference),CODECODE1,1\n")
            let found = try await entry(office, "H\u{E9}l\u{E8}ne", "CODECODE1", from: "home")
            let roll = office.chain.state.withLock { $0.rolls[1] ?? [] }
            #expect(
                roll.map(\.commitment) == [
                    RollPart.leaf(chainID: Fixture.chainID, salt: found.salt, voter: reference)
                ])
        }
    }

    /// Editors add a byte order mark or write UTF-16; letters come with line breaks.
    @Test(
        arguments: [
            [UInt8]("CODECODE1".utf8), [UInt8]("  CODECODE1 \r\n\n".utf8),
            [UInt8]("\u{FEFF}CODECODE1\n".utf8),
            [0xFF, 0xFE] + "CODECODE1\n".utf8.flatMap { [$0, 0] },
            [0xFE, 0xFF] + "CODECODE1\n".utf8.flatMap { [0, $0] },
        ] as [[UInt8]])
    func aCodeFileIsReadAsPeopleSaveIt(bytes: [UInt8]) {
        #expect(AccessCode(bytes: bytes)?.text == "CODECODE1")
    }

    @Test func whatIsNoTextIsNoCodeAndAShortOneIsKnown() {
        #expect(AccessCode(bytes: [0x43, 0xC3, 0x28]) == nil)
        #expect(AccessCode(" 1234 567 ").isLongEnough == false)
        #expect(AccessCode("1234 5678").isLongEnough)
        #expect(AccessCode("").isLongEnough == false)
    }

    @Test func rightCodesNeverAddUp() async throws {
        let office = try await Office()
        for _ in 0..<20 {
            #expect(try await refusal(office, "v0", "typo", from: "home") == .wrongIdentity)
            _ = try await entry(office, "v0", "passcode-0", from: "home")
            office.wallTime.advance(seconds: 300)
        }
        for _ in 0..<40 { _ = try await entry(office, "v1", "passcode-1", from: "university") }
    }

    @Test func guessesSideBySideAreNoMoreThanOneAfterTheOther() async throws {
        let office = try await Office()
        let chain = try await office.chain.snapshot()
        let looked = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                group.addTask {
                    do {
                        _ = try await office.issuer.entry(
                            VoterIdentity(voter: "v0", code: "guess-\(number)"),
                            from: AddressGroup("evil"),
                            election: "probe", chain: chain)
                        return true
                    } catch {
                        return error as? IssuingRefusal == .wrongIdentity
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(looked == 3)
    }

    @Test func codesAreCheckedAlsoBeforeACredentialIsIssued() async throws {
        let office = try await Office()
        let chain = try await office.chain.snapshot()
        let wrong = VoterIdentity(voter: "v0", code: "guess")
        for expected in [
            IssuingRefusal.wrongIdentity, .wrongIdentity, .wrongIdentity,
            .blocked(retryAfterSeconds: 900),
        ] {
            await #expect(throws: expected) {
                _ = try await office.issuer.credential(
                    Fixture.message(try Fixture.request(1), from: wrong),
                    from: AddressGroup("evil"),
                    election: "probe", chain: chain)
            }
        }
        #expect(try await office.database.totals().map(\.issued) == [0, 0])
    }

    @Test(arguments: [
        // A client without a proxy may claim what it likes.
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        // Only the last address is the proxy's own word.
        ("127.0.0.1", ["10.0.0.1, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["10.0.0.1", "203.0.113.9"], "203.0.113.9"),
        ("::ffff:127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("::ffff:198.51.100.7", [], "198.51.100.7"),
        // The rest of an IPv6 address is the client's to choose.
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
        ("2001:db8::9", [], "2001:db8:0:0::/64"),
        ("::1", ["2001:db8:1:2::9"], "2001:db8:1:2::/64"),
    ])
    func networkOfAClientIsWhatItCannotChoose(
        peer: String, forwarded: [String], network: String
    ) {
        let proxies = TrustedProxies(["127.0.0.1", "::1"])
        #expect("\(AddressGroup(proxies.client(of: peer, forwarded: forwarded)))" == network)
    }
}
