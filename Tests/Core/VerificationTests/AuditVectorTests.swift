import Codec
import Cryptography
import Elections
import Foundation
import FrozenVectors
import Ledger
import Testing
import TransparencyLog
import Verification

/// The audit (section 12 of the protocol) against `Tests/Vectors/audits.json`: records that hold, and
/// records that do not, with the name of what is wrong and where.
struct AuditVectorTests {
    private struct File: Decodable {
        struct Succession: Decodable {
            let proof: HexBytes
            let valid: Bool
        }
        struct Checkpoint: Decodable {
            let note: String
            let certified: Bool
        }
        struct Chunk: Decodable {
            let blocks: [HexBytes]
            let finalization: HexBytes?
        }
        struct Case: Decodable {
            let what: String
            let successions: [Succession]
            let checkpoints: [Checkpoint]
            let chunks: [Chunk]
            let failures: [String]
            /// Of the first failure.
            let height: UInt64?
            /// How many styles miss leaves that are not due yet.
            let missingLeaves: Int
        }
        let genesis: HexBytes
        let cases: [Case]
    }

    @Test func everyRecordIsJudgedByItsNames() throws {
        let file = try FrozenVectors.read("audits.json", as: File.self)
        for vector in file.cases {
            var audit = try ChainAudit(genesis: file.genesis.bytes)
            for succession in vector.successions {
                let proof = try SuccessionProof(canonicalBytes: succession.proof.bytes)
                // Which reason it is has tests of its own.
                #expect(((try? audit.learn(proof)) != nil) == succession.valid, "\(vector.what)")
            }
            for checkpoint in vector.checkpoints {
                let note = [UInt8](checkpoint.note.utf8)
                let isCertified = (try? audit.expect(checkpoint: note)) != nil
                #expect(isCertified == checkpoint.certified, "\(vector.what)")
            }
            try Self.feed(vector.chunks, to: &audit)
            let report = audit.report()
            #expect(
                report.findings.map(\.failure.rawValue) == vector.failures, "\(vector.what)")
            #expect(report.findings.first?.height?.rawValue == vector.height, "\(vector.what)")
            let missing = report.notes.count { $0.detail.contains("roll leaves") }
            #expect(missing == vector.missingLeaves, "\(vector.what)")
        }
    }

    private static func feed(_ chunks: [File.Chunk], to audit: inout ChainAudit) throws {
        var random = SeededRandom(seed: 5)
        for chunk in chunks {
            let blocks = try chunk.blocks.map { try Block(canonicalBytes: $0.bytes) }
            let finalization = try chunk.finalization.map {
                try Certificate(canonicalBytes: $0.bytes)
            }
            do throws(AuditFinding) {
                try audit.add(blocks, finalization: finalization, random: &random)
            } catch {
                // It stands in the report.
                return
            }
        }
    }

    @Test func theFileIsTheOneThatTheGeneratorMakes() throws {
        #expect(try FrozenVectors.isFrozen("audits.json", try AuditVectors().content))
    }
}

/// Makes `audits.json`. Epochs have four blocks; all cases are of one genesis.
private struct AuditVectors {
    private typealias Chunk = (blocks: [Block], finalization: Certificate?)

    private static let first = TestChain.validators([1, 2, 3, 4])
    private static let second = TestChain.validators([2, 3, 4, 5])

    /// Six empty blocks.
    private let chain: TestChain
    /// The validators change after block 4; six blocks.
    private let changing: TestChain
    private var cases: [[String: Any]] = []

    init() throws {
        self.chain = try Self.empty(6)
        var changing = TestChain()
        try changing.add([try changing.change(1, to: [2, 3, 4, 5])])
        for _ in 2...6 { try changing.add() }
        self.changing = changing
        try self.makeSound()
        try self.makeHeaders()
        try self.makeOrder()
        try self.makeFinalizations()
        try self.makeValidators()
        try self.makeEnds()
        try self.makeTransactions()
        try self.makeLeaves()
    }

    var content: [String: Any] {
        [
            "about": "Records of a chain, and what an audit says of them; PROTOCOL.md section 12.",
            "genesis": Hexadecimal.encode(self.chain.genesis.canonicalBytes), "cases": self.cases,
        ]
    }

    private static func empty(_ count: Int) throws -> TestChain {
        var chain = TestChain()
        for _ in 0..<count { try chain.add() }
        return chain
    }

    private mutating func add(
        _ what: String, _ chunks: [Chunk], _ failures: [AuditFailure] = [], at height: Int? = nil,
        successions: [(SuccessionProof, Bool)] = [], checkpoints: [([UInt8], Bool)] = [],
        missingLeaves: Int = 0
    ) {
        self.cases.append([
            "what": what,
            "successions": successions.map {
                ["proof": Hexadecimal.encode($0.canonicalBytes), "valid": $1] as [String: Any]
            },
            "checkpoints": checkpoints.map {
                ["note": String(decoding: $0, as: UTF8.self), "certified": $1] as [String: Any]
            },
            "chunks": chunks.map {
                [
                    "blocks": $0.blocks.map { Hexadecimal.encode($0.canonicalBytes) },
                    "finalization": $0.finalization.map {
                        Hexadecimal.encode($0.canonicalBytes) as Any
                    } ?? NSNull(),
                ] as [String: Any]
            },
            "failures": failures.map(\.rawValue), "height": height.map { $0 as Any } ?? NSNull(),
            "missingLeaves": missingLeaves,
        ])
    }

    /// Blocks of the chain, from 1, with a finalization of the last by a quorum.
    private func chunk(
        _ heights: ClosedRange<Int>, of chain: TestChain? = nil, by set: ValidatorSet = Self.first
    ) throws -> Chunk {
        let chain = chain ?? self.chain
        let blocks = heights.map { chain.blocks[$0 - 1] }
        return (
            blocks, try chain.finalization(of: try #require(blocks.last).header, by: set)
        )
    }

    /// Block 3 with another header and body, finalized, after two good ones.
    private mutating func addHeader(
        _ what: String, _ failure: AuditFailure, body: [[UInt8]] = [],
        _ change: (BlockHeader) -> BlockHeader
    ) throws {
        let header = change(self.chain.blocks[2].header)
        let block = Block(header: header, transactions: body)
        self.add(
            what,
            [
                (
                    [Block](self.chain.blocks.prefix(2)) + [block],
                    try self.chain.finalization(of: header)
                )
            ],
            [failure], at: Int(header.height.rawValue))
    }

    private mutating func makeSound() throws {
        self.add("in one chunk", [try self.chunk(1...6)])
        self.add(
            "in three chunks",
            [try self.chunk(1...1), try self.chunk(2...4), try self.chunk(5...6)])
        self.add(
            "a chunk without a finalization, then the rest",
            [([Block](self.chain.blocks.prefix(2)), nil), try self.chunk(3...6)])
        self.add("nothing", [])
        self.add(
            "validators that change",
            [
                try self.chunk(1...4, of: self.changing),
                try self.chunk(5...6, of: self.changing, by: Self.second),
            ])
    }

    private mutating func makeHeaders() throws {
        try self.addHeader("another chain", .brokenChain) { $0.changing(chainID: .zero) }
        try self.addHeader("a height is left out", .brokenChain) { $0.changing(height: Height(4)) }
        try self.addHeader("another parent", .brokenChain) { $0.changing(parentHash: .zero) }
        let parentTime = self.chain.blocks[1].header.time
        try self.addHeader("the parent's time", .brokenChain) {
            $0.changing(time: parentTime)
        }
        try self.addHeader("another epoch", .brokenChain) { $0.changing(epoch: Epoch(1)) }
        try self.addHeader("another parentView", .brokenChain) { $0.changing(parentView: .root) }
        try self.addHeader("the parent's view", .brokenChain) {
            $0.changing(view: $0.parentView)
        }
        try self.addHeader("another validator's view", .brokenChain) {
            $0.changing(view: $0.view.next)
        }
        try self.addHeader("another proposer", .brokenChain) {
            $0.changing(proposer: ValidatorIndex(1))
        }
        try self.addHeader("no such proposer", .brokenChain) {
            $0.changing(proposer: ValidatorIndex(7))
        }
        try self.addHeader("other validators", .brokenChain) { $0.changing(validators: .zero) }
        try self.addHeader("other validators inside an epoch", .brokenChain) {
            $0.changing(next: Self.second.hash)
        }
        try self.addHeader("another count", .wrongBody) { $0.changing(transactionCount: 1) }
        try self.addHeader("other bytes", .wrongBody) { $0.changing(bodyBytes: 1) }
        try self.addHeader("another body root", .wrongBody) { $0.changing(bodyRoot: .zero) }
        try self.addHeader("a body that the header does not name", .wrongBody, body: [[0xFF]]) {
            $0
        }
        try self.addHeader("another state digest", .stateDiverges) {
            $0.changing(stateDigest: .zero)
        }
        try self.addHeader("another log size", .wrongLog) { $0.changing(logSize: $0.logSize + 1) }
        try self.addHeader("another log root", .wrongLog) { $0.changing(logRoot: .zero) }
    }

    /// Of two things that are wrong the one that is checked first has the name.
    private mutating func makeOrder() throws {
        try self.addHeader("the proposer, then the body", .brokenChain, body: [[0xFF]]) {
            $0.changing(proposer: ValidatorIndex(1))
        }
        try self.addHeader("the body, then the log size", .wrongBody, body: [[0xFF]]) {
            $0.changing(logSize: 0)
        }
        try self.addHeader("the state digest, then the log size", .stateDiverges) {
            $0.changing(logSize: 0, stateDigest: .zero)
        }
        let wrong = self.chain.blocks[2].header.changing(logSize: 0)
        let few = try self.chain.finalization(of: wrong, signers: 2)
        self.add(
            "the certificate, then the log size",
            [
                (
                    [Block](self.chain.blocks.prefix(2)) + [Block(header: wrong, transactions: [])],
                    few
                )
            ], [.badCertificate], at: 3)
        let body = Block(header: self.chain.blocks[2].header, transactions: [[0xFF]])
        self.add(
            "the body, then a certificate of too few",
            [([Block](self.chain.blocks.prefix(2)) + [body], few)], [.wrongBody], at: 3)
    }

    private func certificate(
        _ subject: VoteSubject, signers: [Int] = [1, 2, 3]
    ) throws -> Certificate {
        let message = subject.message(in: self.chain.context.domain)
        return try #require(
            Certificate(
                subject: subject,
                signatures: signers.map {
                    (
                        ValidatorIndex(UInt16($0 - 1)),
                        key("consensus \(min($0, 4))").sign(message)
                    )
                }))
    }

    private mutating func makeFinalizations() throws {
        let header = self.chain.blocks[2].header
        func proposal(
            view: View? = nil, parentView: View? = nil, hash: Bytes32? = nil, epoch: Epoch? = nil
        ) -> Proposal {
            Proposal(
                round: Round(epoch: epoch ?? header.epoch, view: view ?? header.view),
                parentView: parentView ?? header.parentView, blockHash: hash ?? header.hash)
        }
        func three(_ what: String, _ certificate: Certificate, _ failure: AuditFailure?) {
            self.add(
                what, [([Block](self.chain.blocks.prefix(3)), certificate)],
                failure.map { [$0] } ?? [], at: failure.map { _ in 3 })
        }
        three("by all", try self.certificate(.finalize(proposal()), signers: [1, 2, 3, 4]), nil)
        three(
            "by two of four", try self.certificate(.finalize(proposal()), signers: [1, 2]),
            .badCertificate)
        three(
            "a bit above the validators",
            try self.certificate(.finalize(proposal()), signers: [1, 2, 3, 5]), .badCertificate)
        three("a notarization", try self.certificate(.notarize(proposal())), .badCertificate)
        three("a nullification", try self.certificate(.nullify(header.round)), .badCertificate)
        three(
            "with another parentView, which is not compared",
            try self.certificate(.finalize(proposal(parentView: View(77)))), nil)
        three(
            "of a later view", try self.certificate(.finalize(proposal(view: View(77)))),
            .badCertificate)
        three(
            "of another epoch", try self.certificate(.finalize(proposal(epoch: Epoch(1)))),
            .badCertificate)
        three(
            "of another block in this view",
            try self.certificate(.finalize(proposal(hash: .zero))), .fork)
        three(
            "of another block in this view, by two of four",
            try self.certificate(.finalize(proposal(hash: .zero)), signers: [1, 2]),
            .badCertificate)
        three(
            "of another block in another view",
            try self.certificate(.finalize(proposal(view: View(77), hash: .zero))),
            .badCertificate)
        let good = try self.certificate(.finalize(proposal()))
        var signatures = good.signatures
        signatures[1].signature = signatures[0].signature
        three(
            "one signature of three does not verify",
            try #require(Certificate(subject: good.subject, signatures: signatures)),
            .badCertificate)
        let last = self.chain.blocks[3].header
        let again = Proposal(
            round: Round(epoch: last.epoch, view: View(9)), parentView: View(6),
            blockHash: last.hash)
        self.add(
            "of an epoch's last block, proposed again in a later view",
            [([Block](self.chain.blocks.prefix(4)), try self.certificate(.finalize(again)))])
    }

    private mutating func makeValidators() throws {
        self.add(
            "over a change of the validators, finalized by the new ones",
            [try self.chunk(1...6, of: self.changing, by: Self.second)], [.badCertificate], at: 5)
        self.add(
            "over a change of the validators, finalized by the old ones",
            [try self.chunk(1...6, of: self.changing)], [.badCertificate], at: 5)
        self.add(
            "the change is finalized by the new validators",
            [try self.chunk(1...4, of: self.changing, by: Self.second)], [.badCertificate], at: 4)
        self.add(
            "the new epoch is finalized by the old validators",
            [try self.chunk(1...4, of: self.changing), try self.chunk(5...6, of: self.changing)],
            [.badCertificate], at: 6)
        let boundary = self.changing.blocks[3].header.changing(next: Self.first.hash)
        self.add(
            "a change that the log decides is left out",
            [
                (
                    [Block](self.changing.blocks.prefix(3))
                        + [Block(header: boundary, transactions: [])],
                    try self.changing.finalization(of: boundary)
                )
            ], [.brokenChain], at: 4)
        let invented = self.chain.blocks[3].header.changing(next: Self.second.hash)
        self.add(
            "a change that the log does not decide",
            [
                (
                    [Block](self.chain.blocks.prefix(3))
                        + [Block(header: invented, transactions: [])],
                    try self.chain.finalization(of: invented)
                )
            ], [.brokenChain], at: 4)
        try self.makeSuccessions()
    }

    private mutating func makeSuccessions() throws {
        let boundary = self.changing.blocks[3].header
        func proof(_ header: BlockHeader, signers: Int) throws -> SuccessionProof {
            SuccessionProof(steps: [
                SuccessionStep(
                    boundary: FinalizedHeader(
                        header: header,
                        finalization: try self.changing.finalization(of: header, signers: signers)),
                    next: Self.second)
            ])
        }
        let record = [
            try self.chunk(1...4, of: self.changing),
            try self.chunk(5...6, of: self.changing, by: Self.second),
        ]
        // A quorum of the new validators, of whom the old set knows two.
        let note = try self.changing.checkpoint(by: TestChain.validators([3, 4, 5])).bytes
        self.add(
            "with the proof of its succession", record,
            successions: [(try proof(boundary, signers: 3), true)], checkpoints: [(note, true)])
        self.add(
            "a proof by two of four proves nothing, and a checkpoint of the new validators is not"
                + " certified", record, successions: [(try proof(boundary, signers: 2), false)],
            checkpoints: [(note, false)])
        let other = boundary.changing(time: boundary.time.adding(milliseconds: 1))
        self.add(
            "another boundary block is proven", record, [.fork], at: 4,
            successions: [(try proof(other, signers: 3), true)])
    }

    private mutating func makeEnds() throws {
        let note = try self.chain.checkpoint().bytes
        self.add("up to its checkpoint", [try self.chunk(1...6)], checkpoints: [(note, true)])
        self.add(
            "beyond its checkpoint", [try self.chunk(1...6)],
            checkpoints: [(try Self.empty(3).checkpoint().bytes, true)])
        self.add(
            "the last block is missing", [try self.chunk(1...5)], [.truncated], at: 5,
            checkpoints: [(note, true)])
        self.add(
            "nothing but a checkpoint", [], [.truncated], at: 0, checkpoints: [(note, true)])
        self.add(
            "a quorum cosigned another root", [try self.chunk(1...6)], [.fork], at: 6,
            checkpoints: [(try self.chain.checkpoint(root: .zero).bytes, true)])
        self.add(
            "a checkpoint with two cosignatures of four proves nothing", [try self.chunk(1...5)],
            checkpoints: [(try self.chain.checkpoint(signers: 2).bytes, false)])
        self.add(
            "a checkpoint with another root and two cosignatures proves nothing",
            [try self.chunk(1...6)],
            checkpoints: [(try self.chain.checkpoint(signers: 2, root: .zero).bytes, false)])
        self.add(
            "garbage for a checkpoint proves nothing", [try self.chunk(1...6)],
            checkpoints: [([0x67, 0x0A], false)])
        self.add(
            "the last two blocks have no finalization",
            [try self.chunk(1...4), ([Block](self.chain.blocks.suffix(2)), nil)], [.truncated],
            at: 6)
        self.add(
            "a block is missing", [try self.chunk(1...2), try self.chunk(4...6)], [.brokenChain],
            at: 4)
        self.add(
            "a block comes twice", [try self.chunk(1...2), try self.chunk(2...4)], [.brokenChain],
            at: 2)
    }

    private mutating func makeTransactions() throws {
        let created = try TestElection()
        let creation = created.chain.blocks[0].transactions[0]
        func second(_ what: String, _ transactions: [[UInt8]], _ failure: AuditFailure) throws {
            let header = try created.chain.header(over: transactions)
            let block = Block(header: header, transactions: transactions)
            self.add(
                what, [(created.chain.blocks + [block], try self.chain.finalization(of: header))],
                [failure], at: 2)
        }
        try second("a transaction that is in the log already", [creation], .invalidTransaction)
        try second("an empty transaction", [[]], .invalidTransaction)
        let share = PartialDecryptionMessage(
            election: created.election, trustee: 1, unit: 1, payload: [1])
        try second(
            "a share before the close",
            [
                Transaction.partialDecryption(
                    created.chain.signed(.partialDecryption, share, by: "trustee 1")
                ).canonicalBytes
            ], .early)
        try second(
            "a share that nobody signed",
            [
                Transaction.partialDecryption(
                    created.chain.signed(.partialDecryption, share, by: "trustee 2")
                ).canonicalBytes
            ], .invalidTransaction)
    }

    private mutating func makeLeaves() throws {
        var election = try TestElection.prepared.get()
        let opens = election.document.styles[0].opens
        try election.chain.add(
            milliseconds: opens.milliseconds - election.chain.time.milliseconds)
        try election.chain.add([try election.count(4)])
        func record(
            _ what: String, _ failures: [AuditFailure] = [], missing: Int = 0
        ) throws {
            let height = election.chain.blocks.count
            self.add(
                what, [try self.chunk(1...height, of: election.chain)], failures,
                at: failures.isEmpty ? nil : height, missingLeaves: missing)
        }
        try record("four ballots were issued, before the close")
        try election.close()
        try record("at the close", missing: 1)
        try election.chain.add(milliseconds: 3_599_999)
        try record("a millisecond before leaves are due", missing: 1)
        try election.chain.add(milliseconds: 1)
        try record("leaves are due", [.quota])
        let leaves = IssuedLeaves(election: election.election, style: 1, leaves: [0, 1, 3, 4])
        try election.chain.add([
            Transaction.issuedLeaves(
                election.chain.signed(.issuedLeaves, leaves, by: "registrar")
            ).canonicalBytes
        ])
        try record("they came late")
    }
}
