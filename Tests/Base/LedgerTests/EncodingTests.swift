import Codec
import Ledger
import Testing

/// Whatever decodes encodes to the same bytes, and nothing that arrives stops the process.
struct EncodingTests {
    /// Decodes, and holds what decoded against the bytes.
    private func check<Value: CanonicalCodable>(_ type: Value.Type, _ bytes: [UInt8]) {
        // A refusal is a right answer; only what decodes must encode to itself.
        if let value = try? Value(canonicalBytes: bytes) {
            #expect(value.canonicalBytes == bytes)
        }
    }

    private func checkAll(_ bytes: [UInt8]) {
        self.check(Genesis.self, bytes)
        self.check(Parameters.self, bytes)
        self.check(ValidatorSet.self, bytes)
        self.check(BlockHeader.self, bytes)
        self.check(Block.self, bytes)
        self.check(Proposal.self, bytes)
        self.check(VoteSubject.self, bytes)
        self.check(SignedVote.self, bytes)
        self.check(Certificate.self, bytes)
        self.check(ElectionDocument.self, bytes)
        self.check(Transaction.self, bytes)
        self.check(Commission.self, bytes)
    }

    private var goodEncodings: [[UInt8]] {
        get throws {
            let vote = SignedVote(
                subject: Samples.subjects[0], signer: ValidatorIndex(2),
                signature: signature("vote"))
            let certificate = try #require(
                Certificate(
                    subject: Samples.subjects[1],
                    signatures: [0, 1, 30].map { (ValidatorIndex($0), signature("\($0)")) }))
            return [
                Samples.genesis().canonicalBytes, Samples.header.canonicalBytes,
                Samples.block.canonicalBytes, Samples.proposal.canonicalBytes,
                vote.canonicalBytes, certificate.canonicalBytes,
                DocumentParts().document.canonicalBytes, Samples.commission.canonicalBytes,
            ] + Samples.subjects.map(\.canonicalBytes)
                + Samples.transactions.map(\.canonicalBytes)
        }
    }

    private func roundTrips<Value: CanonicalCodable & Equatable>(_ value: Value) throws -> Bool {
        try Value(canonicalBytes: value.canonicalBytes) == value
    }

    @Test func everyTypeIsReadAsItWasWritten() throws {
        #expect(try self.roundTrips(Samples.genesis()))
        #expect(try self.roundTrips(Samples.header))
        #expect(try self.roundTrips(Samples.block))
        #expect(try self.roundTrips(Samples.proposal))
        #expect(try self.roundTrips(DocumentParts().document))
        for subject in Samples.subjects {
            #expect(try self.roundTrips(subject))
            #expect(
                try self.roundTrips(
                    SignedVote(
                        subject: subject, signer: ValidatorIndex(1), signature: signature("v"))))
            let certificate = try #require(
                Certificate(
                    subject: subject,
                    signatures: [0, 3, 31].map { (ValidatorIndex($0), signature("\($0)")) }))
            #expect(try self.roundTrips(certificate))
        }
    }

    @Test(arguments: Samples.transactions)
    func everyTransactionIsReadAsItWasWritten(transaction: Transaction) throws {
        #expect(try self.roundTrips(transaction))
        #expect(transaction.canonicalBytes.first == transaction.tag.rawValue)
        #expect(transaction.canonicalBytes.count <= Limits.entryBytes)
    }

    @Test func samplesHoldEveryKindOfTransaction() {
        let tags = Set(Samples.transactions.map(\.tag))
        #expect(tags == Set(EntryTag.allCases).subtracting([.genesis, .header]))
    }

    @Test(arguments: 0..<60)
    func changedBytesAreRefusedOrEncodeToThemselves(run: Int) throws {
        var noise = Noise(run)
        for good in try self.goodEncodings {
            for _ in 0..<6 { self.checkAll(noise.mutated(good)) }
        }
    }

    @Test(arguments: 0..<40)
    func randomBytesAreRefusedOrEncodeToThemselves(run: Int) {
        var noise = Noise(run)
        for _ in 0..<40 {
            var bytes = noise.bytes(Int.random(in: 0...400, using: &noise))
            self.checkAll(bytes)
            // The same behind a known tag and version.
            guard bytes.count > 1, let tag = EntryTag.allCases.randomElement(using: &noise)
            else { continue }
            bytes[0] = tag.rawValue
            bytes[1] = EntryTag.version
            self.checkAll(bytes)
        }
    }

    @Test func truncatedTransactionsAreRefused() {
        for transaction in Samples.transactions {
            let good = transaction.canonicalBytes
            for count in stride(from: 0, to: good.count, by: 7) {
                #expect(throws: CodecError.self) {
                    try Transaction(canonicalBytes: [UInt8](good.prefix(count)))
                }
            }
            #expect(throws: CodecError.trailingBytes(count: 1)) {
                try Transaction(canonicalBytes: good + [0])
            }
        }
    }

    @Test func unknownTagsAndVersionsAreRefused() {
        let good = Samples.transactions.last?.canonicalBytes ?? []
        var tag = good
        tag[0] = 0x99
        #expect(throws: CodecError.unknownTag(0x99)) { try Transaction(canonicalBytes: tag) }
        var version = good
        version[1] = 2
        #expect(throws: CodecError.unknownTag(2)) { try Transaction(canonicalBytes: version) }
    }

    @Test func genesisAndHeadersAreNoTransactions() {
        for bytes in [Samples.genesis().canonicalBytes, Samples.header.canonicalBytes] {
            #expect(throws: CodecError.invalid("a genesis or a header is no transaction")) {
                try Transaction(canonicalBytes: bytes)
            }
        }
    }

    @Test func transactionAboveTheSizeOfAnEntryIsRefused() {
        #expect(throws: CodecError.overLimit(count: 65_536, limit: 65_535)) {
            try Transaction(canonicalBytes: [UInt8](repeating: 0x40, count: 65_536))
        }
    }

    @Test(arguments: [
        (0, false), (1, true), (UInt64(Int64.max), true), (1 << 63, false), (.max, false),
    ])
    func headersHaveTheHeightsOfBlocksAlone(height: UInt64, isRead: Bool) {
        var writer = ByteWriter()
        writer.write(height)
        var bytes = Samples.header.canonicalBytes
        // After tag, version, chain id and epoch.
        bytes.replaceSubrange(42..<50, with: writer.bytes)
        let header = try? BlockHeader(canonicalBytes: bytes)
        #expect(header?.height == (isRead ? Height(height) : nil))
    }

    @Test func nullifyThatNamesABlockIsRefused() {
        var bytes = VoteSubject.nullify(Samples.proposal.round).canonicalBytes
        bytes[bytes.count - 1] = 1
        #expect(throws: CodecError.invalid("a NULLIFY names no block")) {
            try VoteSubject(canonicalBytes: bytes)
        }
    }

    @Test func approvalsThatDoNotRiseAreRefused() throws {
        let approved = try #require(
            Samples.approved(AbortElection(election: digest("e"), reason: "r")))
        #expect(
            Approved(
                chainID: approved.chainID, body: approved.body,
                approvals: approved.approvals.reversed()) == nil)
        var bytes = Transaction.abortElection(approved).canonicalBytes
        // The second approval's member, 66 bytes from the end, becomes the first one's.
        bytes[bytes.count - 65] = 0
        #expect(throws: CodecError.invalid("approving members rise strictly")) {
            try Transaction(canonicalBytes: bytes)
        }
    }
}
