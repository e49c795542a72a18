import Admission
import Chain
import Codec
import Ledger
import Testing

/// Submissions that an observer passes on, and the two versions of their answers.
@Suite struct RelayTests {
    private var observer = Bench(place: nil)

    init() {
        observer.start()
        for place in 0..<3 {
            _ = observer.handle(
                .connected(Bench.peer(place), isValidator: true, answerBytes: 1 << 20))
        }
    }

    private func answer(_ number: UInt64, _ outcome: SubmissionOutcome) -> PeerMessage {
        .answer(RelayedAnswer(number: number, transactionID: Entry([1]).id, outcome: outcome))
    }

    @Test mutating func aValidatorsAnswerIsTheClients() throws {
        let relay = try #require(observer.judge([1], Judgement(.admitted)).relayed.first)
        #expect(relay.submission.number & RelayedSubmission.newAnswer != 0)
        let accepted = SubmissionOutcome.accepted(promise: [7])
        // Nobody else may answer for it.
        let stranger = Bench.peer(relay.to == Bench.peer(0) ? 1 : 0)
        let wrong = observer.handle(
            .message(from: stranger, answer(relay.submission.number, accepted)))
        #expect(wrong.answers.isEmpty)
        let effects = observer.handle(
            .message(from: relay.to, answer(relay.submission.number, accepted)))
        #expect(effects.answers == [accepted])
    }

    @Test mutating func anotherValidatorIsAskedWhereOneCannot() throws {
        var relay = try #require(observer.judge([1], Judgement(.admitted)).relayed.first)
        var asked: Set<Bytes32> = [relay.to]
        // It has no room for it, then it is gone, then it is full; then nobody is left.
        let inputs: [(UInt64, Bytes32) -> TestInput] = [
            { .undelivered(number: $0, to: $1) }, { _, key in .disconnected(key) },
        ]
        for input in inputs {
            let effects = observer.handle(input(relay.submission.number, relay.to))
            relay = try #require(effects.relayed.first)
            #expect(asked.insert(relay.to).inserted)
        }
        let full = observer.handle(
            .message(
                from: relay.to,
                answer(relay.submission.number, .deferred(.nodeFull, retrySeconds: 5))))
        #expect(full.answers == [.deferred(.noValidator, retrySeconds: 3)])
    }

    @Test mutating func aValidatorThatSaysNothingIsGivenUp() throws {
        let relay = try #require(observer.judge([1], Judgement(.admitted)).relayed.first)
        observer.pass(milliseconds: 8001)
        let next = try #require(observer.handle(.tick).relayed.first)
        #expect(next.to != relay.to)
    }

    @Test mutating func whatNoStateAdmitsIsPassedOnToNobody() {
        for (blames, lasts) in [(true, false), (false, true)] {
            let refusal = TransactionRefusal(
                code: "E_PROOF", reason: "false", blamesSender: blames, isLasting: lasts)
            let effects = observer.judge([blames ? 1 : 2], Judgement(.refused(refusal)))
            #expect(effects.relayed.isEmpty)
            #expect(effects.answers == [.refused(code: "E_PROOF", reason: "false")])
        }
    }

    @Test func aValidatorAnswersInTheVersionThatIsAskedFor() throws {
        var validator = Bench()
        validator.start()
        let peer = SimulatedPeer.observer
        _ = validator.handle(.connected(peer, isValidator: false, answerBytes: 1 << 20))
        for number in [UInt64(5), 5 | RelayedSubmission.newAnswer] {
            let transaction = Entry([UInt8(number & 0xFF), UInt8(number >> 60)])
            let submitted = validator.handle(
                .message(
                    from: peer,
                    .submission(RelayedSubmission(number: number, transaction: transaction))))
            let refusal = TransactionRefusal(
                code: "E_PHASE", reason: "closed", blamesSender: false, isLasting: false)
            let judged = validator.handle(
                .judged(
                    JudgedTransactions(
                        number: submitted.judged.first?.number ?? 0,
                        judgements: [Judgement(.refused(refusal))])))
            let answer = try #require(judged.relayAnswers.first)
            #expect(answer.isOld == (number == 5))
            let message = PeerMessage.answer(answer)
            #expect(message.frameType == (number == 5 ? .oldAnswer : .answer))
            let decoded = try PeerMessage(
                type: message.frameType.rawValue, payload: message.payload)
            guard case .answer(let read) = decoded else {
                Issue.record("\(decoded) is no answer")
                return
            }
            #expect(read.outcome == .refused(code: "E_PHASE", reason: "closed"))
        }
    }

    /// Nodes of earlier releases read these bytes.
    @Test func answersOfVersionOneStayAsTheyAre() {
        let id = Bytes32([UInt8](repeating: 0xAB, count: 32)[...])
        func bytes(_ outcome: SubmissionOutcome) -> String {
            let answer = RelayedAnswer(number: 7, transactionID: id, outcome: outcome)
            return Hexadecimal.encode(OldRelayedAnswer(answer).canonicalBytes)
        }
        let head = "0000000000000007"
        let hash = String(repeating: "ab", count: 32)
        #expect(
            bytes(.accepted(promise: [1, 2]))
                == head + "01" + hash + "00000008" + "6163636570746564" + "00000004" + "30313032")
        #expect(bytes(.final) == head + "01" + hash + "00000005" + "66696e616c" + "00000000")
        #expect(
            bytes(.refused(code: "E_SEQ", reason: "no"))
                == head + "00" + "01a6" + "00000005" + "455f534551" + "00000002" + "6e6f"
                + "00000000")
        #expect(bytes(.deferred(.backlog, retrySeconds: 5)).hasPrefix(head + "00" + "01f7"))
        #expect(bytes(.deferred(.suspect, retrySeconds: 5)).hasPrefix(head + "00" + "01ad"))
    }

    @Test(arguments: [
        SubmissionOutcome.accepted(promise: nil), .accepted(promise: [1, 2, 3]),
        .waiting(promise: nil), .final, .refused(code: "E_QUOTA", reason: "ä"),
        .deferred(.nodeFull, retrySeconds: 1), .deferred(.shareTaken, retrySeconds: 2),
        .deferred(.countAwaited, retrySeconds: 3), .deferred(.suspect, retrySeconds: 4),
        .deferred(.peerBusy, retrySeconds: 5), .deferred(.siteBusy, retrySeconds: 6),
        .deferred(.relaysBusy, retrySeconds: 7), .deferred(.noValidator, retrySeconds: 8),
        .deferred(.noMember, retrySeconds: 9), .deferred(.stopped, retrySeconds: 10),
        .deferred(.backlog, retrySeconds: 11),
    ])
    func answersOfVersionTwoComeBackAsTheyWere(outcome: SubmissionOutcome) throws {
        let answer = RelayedAnswer(
            number: RelayedSubmission.newAnswer | 3, transactionID: .zero, outcome: outcome)
        #expect(try RelayedAnswer(canonicalBytes: answer.canonicalBytes) == answer)
        // No number of HTTP is in it.
        #expect(!answer.isOld)
    }

    @Test mutating func whatNoNodeSendsEndsAConnection() {
        let peer = Bench.peer(0)
        for (type, payload) in [(UInt8(0x99), [UInt8]()), (0x05, [1]), (0x07, [1])] {
            let effects = observer.handle(.frame(from: peer, type: type, payload: payload))
            #expect(effects.faults.count == 1)
        }
        // Who is not connected any more is not heard.
        let late = observer.handle(.frame(from: Bench.peer(3), type: 0x99, payload: []))
        #expect(late.isEmpty)
    }

    @Test(arguments: [(UInt64(Int64.max), true), (1 << 63, false), (.max, false)])
    func linesOfATreeThatCannotBeAreNoMessage(size: UInt64, isRead: Bool) throws {
        let kind = try #require(FrameKinds.all.first { $0.name == "CheckpointLines" })
        var writer = ByteWriter()
        writer.write(size)
        writer.write(Bytes32.zero)
        writer.write(UInt32(0))
        // nil for what is refused.
        #expect((try? kind.reencoded(writer.bytes)) == (isRead ? writer.bytes : nil))
    }
}

private enum SimulatedPeer {
    static let observer = Bytes32([UInt8](repeating: 0x77, count: 32)[...])
}
