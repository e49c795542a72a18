package import Codec
package import Ledger

/// A leader's proposal (b.2): the header, the ids of the transactions in order, the leader's own
/// NOTARIZE, and what certifies the parent where the leader holds it.
package struct ProposalMessage: Hashable, Sendable {
    package let header: BlockHeader
    package let transactionIDs: [Bytes32]
    /// The leader's NOTARIZE of this block: it signs the proposal.
    package let vote: SignedVote
    /// The parent's notarization or finalization; nil where the parent is the floor.
    package let parentCertificate: Certificate?

    package init(
        header: BlockHeader, transactionIDs: [Bytes32], vote: SignedVote,
        parentCertificate: Certificate?
    ) {
        self.header = header
        self.transactionIDs = transactionIDs
        self.vote = vote
        self.parentCertificate = parentCertificate
    }
}

/// How far a validator is (b.13). Nothing in it is believed: it only says what to send.
package struct StatusMessage: Hashable, Sendable {
    package let round: Round
    package let floorHeight: Height
    package let floorHash: Bytes32
    /// The view of the floor's finalization in `round.epoch`; 0 at the start of an epoch.
    package let floorView: View
    package let clock: Timestamp

    package init(
        round: Round, floorHeight: Height, floorHash: Bytes32, floorView: View, clock: Timestamp
    ) {
        self.round = round
        self.floorHeight = floorHeight
        self.floorHash = floorHash
        self.floorView = floorView
        self.clock = clock
    }
}

/// One transaction of a block by its place.
package struct PlacedTransaction: Hashable, Sendable {
    package let index: UInt32
    package let entry: Entry

    package init(index: UInt32, entry: Entry) {
        self.index = index
        self.entry = entry
    }
}

/// By which certificate a validator entered the view it is in (b.13): the answer to one in quarantine.
package struct EntryAnswer: Hashable, Sendable {
    /// The request's: an answer to an earlier life says nothing.
    package let nonce: Bytes32
    package let round: Round
    /// Of the view before; nil in the first view of an epoch.
    package let certificate: Certificate?

    package init(nonce: Bytes32, round: Round, certificate: Certificate?) {
        self.nonce = nonce
        self.round = round
        self.certificate = certificate
    }
}

/// Which vote of a validator's key another one received last (b.13): the answer to one that listens
/// whether its key votes elsewhere.
package struct VoteAnswer: Hashable, Sendable {
    /// The request's: an answer to an earlier life says nothing.
    package let nonce: Bytes32
    /// The vote of the highest round; nil where none came.
    package let vote: SignedVote?

    package init(nonce: Bytes32, vote: SignedVote?) {
        self.nonce = nonce
        self.vote = vote
    }
}

/// What validators say to each other about agreement.
package enum ConsensusMessage: Hashable, Sendable {
    case proposal(ProposalMessage)
    case vote(SignedVote)
    case certificate(Certificate)
    /// The newest final block, for who is behind.
    case finalized(FinalizedHeader)
    case status(StatusMessage)
    /// Asks for the certificates of the views above the first and below the second one.
    case certificateRequest(Epoch, above: View, below: View)
    /// The answer, newest first.
    case certificates([Certificate])
    case blockRequest(Bytes32)
    case block(Block)
    /// Asks for transactions of a block by their places.
    case transactionRequest(Bytes32, [UInt32])
    case transactions(Bytes32, [PlacedTransaction])
    /// Asks by which certificate the other entered its view; with 32 fresh random bytes.
    case entryRequest(Bytes32)
    case entryAnswer(EntryAnswer)
    /// Asks for the newest vote of the asker's own key; with 32 fresh random bytes.
    case voteRequest(Bytes32)
    case voteAnswer(VoteAnswer)

    /// Whether it carries content: such messages queue behind all others.
    package var isBulk: Bool {
        switch self {
        case .block, .transactions: true
        case .proposal, .vote, .certificate, .finalized, .status, .certificateRequest,
            .certificates, .blockRequest, .transactionRequest, .entryRequest, .entryAnswer,
            .voteRequest, .voteAnswer:
            false
        }
    }
}

extension ProposalMessage: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        header.encode(to: &writer)
        writer.write(list: transactionIDs, limit: Limits.transactionsPerBlock)
        vote.encode(to: &writer)
        writer.write(optional: parentCertificate)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            header: try BlockHeader(from: &reader),
            transactionIDs: try reader.readList(limit: Limits.transactionsPerBlock),
            vote: try SignedVote(from: &reader),
            parentCertificate: try reader.readOptional())
    }
}

extension StatusMessage: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        round.encode(to: &writer)
        floorHeight.encode(to: &writer)
        writer.write(floorHash)
        floorView.encode(to: &writer)
        clock.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            round: try Round(from: &reader),
            floorHeight: try Height(from: &reader),
            floorHash: try reader.readBytes32(),
            floorView: try View(from: &reader),
            clock: try Timestamp(from: &reader))
    }
}

extension PlacedTransaction: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(index)
        entry.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(index: try reader.readUInt32(), entry: try Entry(from: &reader))
    }
}

extension EntryAnswer: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(nonce)
        round.encode(to: &writer)
        writer.write(optional: certificate)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            nonce: try reader.readBytes32(), round: try Round(from: &reader),
            certificate: try reader.readOptional())
    }
}

extension VoteAnswer: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(nonce)
        writer.write(optional: vote)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(nonce: try reader.readBytes32(), vote: try reader.readOptional())
    }
}

extension ConsensusMessage: CanonicalCodable {
    private enum Tag: UInt8 {
        case proposal = 1
        case vote = 2
        case certificate = 3
        case finalized = 4
        case status = 5
        case certificateRequest = 6
        case certificates = 7
        case blockRequest = 8
        case block = 9
        case transactionRequest = 10
        case transactions = 11
        case entryRequest = 12
        case entryAnswer = 13
        case voteRequest = 14
        case voteAnswer = 15
    }

    /// A tag (u8) and the message.
    package func encode(to writer: inout ByteWriter) {
        func write(_ tag: Tag, _ content: some CanonicalCodable) {
            writer.write(tag.rawValue)
            content.encode(to: &writer)
        }
        switch self {
        case .proposal(let proposal): write(.proposal, proposal)
        case .vote(let vote): write(.vote, vote)
        case .certificate(let certificate): write(.certificate, certificate)
        case .finalized(let finalized): write(.finalized, finalized)
        case .status(let status): write(.status, status)
        case .certificateRequest(let epoch, let above, let below):
            write(.certificateRequest, epoch)
            above.encode(to: &writer)
            below.encode(to: &writer)
        case .certificates(let certificates):
            writer.write(Tag.certificates.rawValue)
            writer.write(list: certificates, limit: ConsensusLimits.certificatesPerReply)
        case .blockRequest(let hash): write(.blockRequest, hash)
        case .block(let block): write(.block, block)
        case .transactionRequest(let hash, let indices):
            write(.transactionRequest, hash)
            precondition(
                indices.count <= Limits.transactionsPerBlock, "a block has only so many places")
            writer.write(UInt32(indices.count))
            for index in indices { writer.write(index) }
        case .transactions(let hash, let transactions):
            write(.transactions, hash)
            writer.write(list: transactions, limit: Limits.transactionsPerBlock)
        case .entryRequest(let nonce): write(.entryRequest, nonce)
        case .entryAnswer(let answer): write(.entryAnswer, answer)
        case .voteRequest(let nonce): write(.voteRequest, nonce)
        case .voteAnswer(let answer): write(.voteAnswer, answer)
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let byte = try reader.readUInt8()
        guard let tag = Tag(rawValue: byte) else { throw .unknownTag(byte) }
        switch tag {
        case .proposal: self = .proposal(try ProposalMessage(from: &reader))
        case .vote: self = .vote(try SignedVote(from: &reader))
        case .certificate: self = .certificate(try Certificate(from: &reader))
        case .finalized: self = .finalized(try FinalizedHeader(from: &reader))
        case .status: self = .status(try StatusMessage(from: &reader))
        case .certificateRequest:
            self = .certificateRequest(
                try Epoch(from: &reader), above: try View(from: &reader),
                below: try View(from: &reader))
        case .certificates:
            self = .certificates(
                try reader.readList(limit: ConsensusLimits.certificatesPerReply))
        case .blockRequest: self = .blockRequest(try reader.readBytes32())
        case .block: self = .block(try Block(from: &reader))
        case .transactionRequest:
            let hash = try reader.readBytes32()
            let count = Int(try reader.readUInt32())
            guard count <= Limits.transactionsPerBlock else {
                throw .overLimit(count: count, limit: Limits.transactionsPerBlock)
            }
            var indices: [UInt32] = []
            for _ in 0..<count { indices.append(try reader.readUInt32()) }
            self = .transactionRequest(hash, indices)
        case .transactions:
            self = .transactions(
                try reader.readBytes32(),
                try reader.readList(limit: Limits.transactionsPerBlock))
        case .entryRequest: self = .entryRequest(try reader.readBytes32())
        case .entryAnswer: self = .entryAnswer(try EntryAnswer(from: &reader))
        case .voteRequest: self = .voteRequest(try reader.readBytes32())
        case .voteAnswer: self = .voteAnswer(try VoteAnswer(from: &reader))
        }
    }
}
