import BallotCryptography
import Codec
import Cryptography
import Elections
import Hashing
import Ledger
import Ristretto
import Testing
import Verification

/// Promises that somebody says were broken: who is named, and which claims are dismissed.
struct CensorshipClaimTests {
    /// Voting has begun, the count stands at 4, and two voters' ballots wait.
    private static let open = Result {
        var election = try TestElection.prepared.get()
        let opens = election.document.styles[0].opens
        try election.chain.add(
            milliseconds: opens.milliseconds - election.chain.time.milliseconds)
        try election.chain.add([try election.count(4)])
        return election
    }

    /// A ballot of a voter, and the promise that a validator gave for it now.
    private struct Case {
        var election: TestElection
        let ballot: [UInt8]
        let received: Height

        init() throws {
            var election = try CensorshipClaimTests.open.get()
            self.ballot = try election.ballot(voter: 1, option: 0)
            self.election = election
            self.received = try #require(election.chain.newest).height
        }

        func promise(
            of ballot: [UInt8]? = nil, after blocks: UInt64 = 10, by signer: String = "node 2",
            validator: UInt16 = 1, received: Height? = nil
        ) throws -> SignedPromise {
            let received = received ?? self.received
            guard case .ballot(let carried) = try Transaction(canonicalBytes: ballot ?? self.ballot)
            else { throw TestFailure.notInTheChain }
            let outline = try BallotOutline(carried.wire)
            func promise(_ signature: Bytes64) -> SignedPromise {
                SignedPromise(
                    electionID: outline.header.electionID, tracker: outline.tracker,
                    ballotID: outline.ballotID, credentialKey: outline.header.credentialKey,
                    sequence: outline.header.sequence, received: received,
                    promised: Height(received.rawValue + blocks),
                    validator: ValidatorIndex(validator), signature: signature)
            }
            let message = promise(.zero).message(in: self.election.chain.context.domain)
            return promise(key(signer).sign(message))
        }

        /// What an audit of the chain as it stands says.
        func report(
            _ promise: SignedPromise, _ transaction: [UInt8]? = nil
        ) throws -> AuditReport {
            var audit = try ChainAudit(genesis: self.election.chain.genesis.canonicalBytes)
            let claim = CensorshipClaim(promise: promise, transaction: transaction ?? self.ballot)
            audit.examine(claim.canonicalBytes)
            return try self.finish(&audit)
        }

        func finish(_ audit: inout ChainAudit) throws -> AuditReport {
            var random = SeededRandom(seed: 3)
            let chain = self.election.chain
            let rest = chain.blocks.filter { $0.header.height > audit.progress.height }
            try audit.add(
                rest, finalization: try chain.finalization(of: #require(chain.newest)),
                random: &random)
            return audit.report()
        }

        func verdict(
            _ promise: SignedPromise, _ transaction: [UInt8]? = nil
        ) throws -> ClaimVerdict? {
            let report = try self.report(promise, transaction)
            #expect(report.isSound)
            return report.claims.first?.verdict
        }
    }

    @Test func promisedBallotThatIsLeftOutNamesTheValidator() throws {
        var it = try Case()
        for _ in 0..<10 { try it.election.chain.add() }
        let report = try it.report(try it.promise())
        #expect(report.claims.map(\.verdict) == [.broken(validator: "v2")])
        #expect(report.alarms.map(\.alarm.name) == ["A_CENSOR"])
        #expect(report.isSound)
    }

    @Test(arguments: [(1, true), (10, true), (11, false)])
    func ballotIsInTimeUpToThePromisedHeight(blocks: Int, isKept: Bool) throws {
        var it = try Case()
        for _ in 1..<blocks { try it.election.chain.add() }
        try it.election.chain.add([it.ballot])
        while try #require(it.election.chain.newest).height.rawValue < it.received.rawValue + 12 {
            try it.election.chain.add()
        }
        let place = Height(it.received.rawValue + UInt64(blocks))
        #expect(
            try it.verdict(try it.promise())
                == (isKept ? .kept(at: place) : .broken(validator: "v2")))
    }

    @Test func twoBallotsWithOneNumberMakeNoValidatorGuilty() throws {
        var it = try Case()
        let other = try it.election.ballot(voter: 1, option: 2)
        // Two validators promised in good faith; nine blocks later one ballot is ordered.
        for _ in 0..<9 { try it.election.chain.add() }
        try it.election.chain.add([other])
        let height = Height(it.received.rawValue + 10)
        #expect(
            try it.verdict(try it.promise()) == .void(.otherBallot(sequence: 1, at: height)))
        #expect(
            try it.verdict(
                try it.promise(of: other, by: "node 3", validator: 2), other)
                == .kept(at: height))
    }

    @Test func spoiledTrackerAndAbortedElectionBindNobody() throws {
        var spoiled = try Case()
        try spoiled.election.chain.add([try spoiled.election.spoil(voter: 1, of: spoiled.ballot)])
        for _ in 0..<9 { try spoiled.election.chain.add() }
        #expect(
            try spoiled.verdict(try spoiled.promise())
                == .void(.spoiled(at: spoiled.received.next)))
        let notes = try spoiled.report(try spoiled.promise()).notes
        #expect(notes.count == 1 && notes[0].detail.hasSuffix("can never be cast"))
        var aborted = try Case()
        try aborted.election.chain.add([try aborted.election.abortion()])
        for _ in 0..<9 { try aborted.election.chain.add() }
        #expect(
            try aborted.verdict(try aborted.promise())
                == .void(.aborted(at: aborted.received.next)))
    }

    @Test func usedUpCountBindsNobodyUnlessItHadRoomForTwoRotations() throws {
        // 8 blocks are two rotations of four leaders; 4 had room, and 6 more come.
        var early = try Case()
        let four = try (2...5).map { try early.election.ballot(voter: $0, option: 1) }
        for _ in 0..<3 { try early.election.chain.add() }
        try early.election.chain.add(four)
        for _ in 0..<6 { try early.election.chain.add() }
        #expect(
            try early.verdict(try early.promise()) == .void(.hardlyOpen(blocks: 4, needed: 8)))
        var late = try Case()
        let others = try (2...5).map { try late.election.ballot(voter: $0, option: 1) }
        for _ in 0..<8 { try late.election.chain.add() }
        try late.election.chain.add(others)
        try late.election.chain.add()
        #expect(try late.verdict(try late.promise()) == .broken(validator: "v2"))
    }

    @Test(arguments: [(7, false), (8, true)])
    func closeBindsNobodyUnlessTwoRotationsCameBefore(blocks: Int, isBroken: Bool) throws {
        var it = try Case()
        for _ in 0..<blocks { try it.election.chain.add() }
        try it.election.close()
        for _ in 0..<4 { try it.election.chain.add() }
        let expected = ClaimVerdict.void(.hardlyOpen(blocks: UInt64(blocks), needed: 8))
        let verdict = try it.report(try it.promise()).claims.first?.verdict
        #expect(verdict == (isBroken ? .broken(validator: "v2") : expected))
    }

    @Test func forgedPromisesAreDismissed() throws {
        var it = try Case()
        for _ in 0..<10 { try it.election.chain.add() }
        let dismissed = ClaimVerdict.unfounded(.forged)
        #expect(try it.verdict(try it.promise(by: "node 1")) == dismissed)
        #expect(try it.verdict(try it.promise(by: "consensus 2")) == dismissed)
        #expect(try it.verdict(try it.promise(validator: 9)) == dismissed)
        // One byte changed, each place once, all in one audit.
        let good = try it.promise().canonicalBytes
        var audit = try ChainAudit(genesis: it.election.chain.genesis.canonicalBytes)
        for index in good.indices {
            var bytes = good
            bytes[index] ^= 1
            let forged = try SignedPromise(canonicalBytes: bytes)
            audit.examine(
                CensorshipClaim(promise: forged, transaction: it.ballot).canonicalBytes)
        }
        audit.examine(
            CensorshipClaim(promise: try it.promise(), transaction: it.ballot).canonicalBytes)
        let report = try it.finish(&audit)
        #expect(report.claims.last?.verdict == .broken(validator: "v2"))
        for (index, judged) in report.claims.dropLast().enumerated() {
            switch judged.verdict {
            case .unfounded: break
            case .undecided:
                #expect(try #require(judged.claim).promise.received > it.received)
            case .kept, .broken, .void: Issue.record("byte \(index) may be changed")
            }
        }
    }

    @Test func complaintNeedsTheBallotItIsAbout() throws {
        var it = try Case()
        let other = try it.election.ballot(voter: 2, option: 0)
        for _ in 0..<10 { try it.election.chain.add() }
        #expect(try it.verdict(try it.promise(), [1, 2, 3]) == .unfounded(.notAValidBallot))
        #expect(try it.verdict(try it.promise(), other) == .unfounded(.otherBallot))
        // A validator that promised junk took nothing from anybody.
        guard case .ballot(let ballot) = try Transaction(canonicalBytes: it.ballot) else { return }
        var wire = ballot.wire
        wire[wire.count - 32] ^= 1
        let junk = Transaction.ballot(
            BallotTransaction(wire: wire, certificate: ballot.certificate)
        ).canonicalBytes
        #expect(try it.verdict(try it.promise(of: junk), junk) == .unfounded(.notAValidBallot))
        let uncertified = Transaction.ballot(
            BallotTransaction(
                wire: ballot.wire, certificate: [UInt8](repeating: 1, count: 384))
        ).canonicalBytes
        #expect(
            try it.verdict(try it.promise(), uncertified) == .unfounded(.notAValidBallot))
    }

    /// Anybody can encrypt one: without the number 1 it needs no certificate, and its proof is valid.
    @Test func aPromiseOfABallotBeforeTheFirstIsDismissed() throws {
        var it = try Case()
        let ballot = try it.election.ballot(voter: 3, option: 0, sequence: 0)
        for _ in 0..<10 { try it.election.chain.add() }
        #expect(
            try it.verdict(try it.promise(of: ballot), ballot) == .unfounded(.notAValidBallot))
    }

    @Test func promiseOutOfReachOrNotYetDueDecidesNothing() throws {
        var it = try Case()
        for _ in 0..<10 { try it.election.chain.add() }
        #expect(try it.verdict(try it.promise(after: 11)) == .undecided)
        #expect(try it.verdict(try it.promise(after: 10_001)) == .unfounded(.outOfReach))
    }

    /// Its signature is valid: the reason must not say that nobody signed it.
    @Test func promiseForTheBlockThatWasFinalIsOutOfReachAndNotForged() throws {
        var it = try Case()
        for _ in 0..<10 { try it.election.chain.add() }
        let verdict = try #require(try it.verdict(try it.promise(after: 0)))
        #expect(verdict == .unfounded(.outOfReach))
        #expect(!"\(verdict)".contains("signed"))
        #expect(try it.verdict(try it.promise(after: 1)) == .broken(validator: "v2"))
    }

    @Test func nothingIsSaidOfAKeptPromiseBeforeThePromisedBlock() throws {
        var it = try Case()
        let promise = try it.promise()
        let forged = try it.promise(by: "node 1")
        try it.election.chain.add([it.ballot])
        for _ in 1..<9 { try it.election.chain.add() }
        #expect(try it.verdict(promise) == .undecided)
        #expect(try it.verdict(forged) == .unfounded(.forged))
        try it.election.chain.add()
        #expect(try it.verdict(promise) == .kept(at: it.received.next))
        #expect(try it.verdict(forged) == .unfounded(.forged))
    }

    /// The ballot was in the chain before: a promise of it that nobody signed is not kept either.
    @Test func forgedPromiseOfABallotInTheChainIsDismissed() throws {
        var it = try Case()
        try it.election.chain.add([it.ballot])
        let after = try #require(it.election.chain.newest).height
        for _ in 0..<10 { try it.election.chain.add() }
        let late = try it.promise(by: "node 1", received: after)
        #expect(try it.verdict(late) == .unfounded(.forged))
        let good = try it.promise(received: after)
        #expect(try it.verdict(good) == .kept(at: after))
    }

    @Test func bytesThatAreNoClaimAreDismissedAndTheAuditGoesOn() throws {
        var it = try Case()
        for _ in 0..<10 { try it.election.chain.add() }
        let claim = CensorshipClaim(promise: try it.promise(), transaction: it.ballot)
            .canonicalBytes
        var audit = try ChainAudit(genesis: it.election.chain.genesis.canonicalBytes)
        let wrong = [[], [0x2A], [UInt8](claim.dropLast()), claim + [0]]
        for bytes in wrong + [claim] { audit.examine(bytes) }
        let report = try it.finish(&audit)
        #expect(report.isSound)
        #expect(
            report.claims.map(\.verdict)
                == wrong.map { _ in .unfounded(.notAClaim) } + [.broken(validator: "v2")])
    }

    /// Two voters who share their randomness get two promises in good faith; the chain takes one of
    /// the ballots.
    @Test func ballotThatSharesItsRandomnessWithAnotherMakesNoValidatorGuilty() throws {
        var it = try Case()
        let first = try it.election.ballot(voter: 3, option: 0, r: Scalar(77))
        let second = try it.election.ballot(voter: 4, option: 1, r: Scalar(77))
        let promise = try it.promise(of: second, by: "node 3", validator: 2)
        for _ in 0..<9 { try it.election.chain.add() }
        try it.election.chain.add([first])
        #expect(try it.verdict(promise, second) == .void(.usedElement))
    }

    @Test func claimComesBeforeTheBlocksItIsAbout() throws {
        var it = try Case()
        var audit = try ChainAudit(genesis: it.election.chain.genesis.canonicalBytes)
        for _ in 0..<10 { try it.election.chain.add() }
        _ = try it.finish(&audit)
        audit.examine(
            CensorshipClaim(promise: try it.promise(), transaction: it.ballot).canonicalBytes)
        #expect(audit.report().claims.map(\.verdict) == [.unfounded(.tooLate)])
    }
}

extension TestElection {
    func count(_ total: UInt32) throws -> [UInt8] {
        let count = IssueCount(election: self.election, style: 1, total: total)
        return Transaction.issueCount(self.chain.signed(.issueCount, count, by: "registrar"))
            .canonicalBytes
    }

    func abortion() throws -> [UInt8] {
        let abortion = AbortElection(election: self.election, reason: "a fire")
        return Transaction.abortElection(
            try self.chain.approved(.abortElection, abortion, by: ["chair", "clerk"])
        ).canonicalBytes
    }

    /// Spoils the tracker of a ballot of this voter.
    mutating func spoil(voter: Int, of ballot: [UInt8]) throws -> [UInt8] {
        guard case .ballot(let carried) = try Transaction(canonicalBytes: ballot) else {
            throw TestFailure.notInTheChain
        }
        let outline = try BallotOutline(carried.wire)
        let arithmetic = ConstantTimeArithmetic()
        let request = try CredentialRequest(
            seed: SHA256.digest([UInt8(voter)]), electionID: outline.header.electionID, style: 1,
            modulus: self.issuingKey.modulus, arithmetic: arithmetic)
        var random = SeededRandom(seed: 9)
        let proof = SpoilProof(
            tracker: outline.tracker, electionID: outline.header.electionID,
            credential: request.key, arithmetic: arithmetic, random: &random)
        return Transaction.spoil(
            SpoilTransaction(
                electionID: outline.header.electionID, style: 1, proof: proof.canonicalBytes,
                certificate: carried.certificate)
        ).canonicalBytes
    }
}
