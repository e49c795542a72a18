import BallotCryptography
import Codec
import Cryptography
import Elections
import Foundation
import FrozenVectors
import Ledger
import Testing

/// Equivocations (sections 5 and 7.12 of the protocol) against `Tests/Vectors/evidence.json`.
struct EvidenceVectorTests {
    private struct File: Decodable {
        struct Case: Decodable {
            let what: String
            let afterHeight: UInt64
            /// Transactions of the same block that come before it.
            let before: [HexBytes]
            let transaction: HexBytes
            /// Nil where it is accepted.
            let code: String?
        }
        let genesis: HexBytes
        let blocks: [HexBytes]
        let cases: [Case]
    }

    @Test func everyEquivocationIsAcceptedOrRefusedWithItsCode() throws {
        let file = try FrozenVectors.read("evidence.json", as: File.self)
        let chain = ChainContext(genesis: try Genesis(canonicalBytes: file.genesis.bytes))
        var executed = GenesisState.execute(chain)
        var state = MemoryState()
        state.apply(executed.changes)
        var parent = (hash: chain.chainID, time: chain.genesis.time)
        var count = 0
        for height in 0...UInt64(file.blocks.count) {
            if height > 0 {
                let block = try Block(canonicalBytes: file.blocks[Int(height) - 1].bytes)
                var executor = try BlockExecutor(
                    chain: chain, parent: state, catalog: executed.catalog,
                    height: block.header.height, time: block.header.time,
                    parentHash: parent.hash)
                for bytes in block.transactions {
                    try executor.apply(Entry(bytes))
                }
                executed = try executor.finish()
                state.apply(executed.changes)
                parent = (block.header.hash, block.header.time)
            }
            for vector in file.cases where vector.afterHeight == height {
                count += 1
                var executor = try BlockExecutor(
                    chain: chain, parent: state, catalog: executed.catalog,
                    height: Height(height + 1), time: parent.time.adding(milliseconds: 1),
                    parentHash: parent.hash)
                for bytes in vector.before.map(\.bytes) {
                    try executor.apply(Entry(bytes))
                }
                let code = try Self.code(of: vector.transaction.bytes, &executor)
                #expect(code == vector.code, "\(vector.what)")
            }
        }
        #expect(count == file.cases.count)
    }

    private static func code(
        of bytes: [UInt8], _ executor: inout BlockExecutor
    ) throws -> String? {
        do throws(ExecutionFailure) {
            try executor.apply(Entry(bytes))
            return nil
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            return refusal.code.name
        }
    }

    @Test func theFileIsTheOneThatTheGeneratorMakes() throws {
        #expect(try FrozenVectors.isFrozen("evidence.json", try EvidenceVectors().content))
    }
}

/// Makes `evidence.json`: nine blocks of three epochs. After block 4 the validators are v2 to v5.
private struct EvidenceVectors {
    private var chain = TestChain()
    private var cases: [[String: Any]] = []

    init() throws {
        try self.chain.add([try self.chain.change(1, to: [2, 3, 4, 5])])
        for _ in 2...5 { try self.chain.add() }
        try self.chain.add([self.pair()])
        for _ in 7...8 { try self.chain.add() }
        self.makeAccepted()
        self.makeRefused()
        self.makeMalformed()
    }

    var content: [String: Any] {
        [
            "about": "Equivocations; PROTOCOL.md sections 5 (tag 60) and 7.12.",
            "genesis": Hexadecimal.encode(self.chain.genesis.canonicalBytes),
            "blocks": self.chain.blocks.map { Hexadecimal.encode($0.canonicalBytes) },
            "cases": self.cases,
        ]
    }

    private mutating func add(
        _ what: String, _ bytes: [UInt8], after height: Int = 6, _ code: String? = nil,
        before: [[UInt8]] = []
    ) {
        self.cases.append([
            "what": what, "afterHeight": height, "before": before.map { Hexadecimal.encode($0) },
            "transaction": Hexadecimal.encode(bytes), "code": code.map { $0 as Any } ?? NSNull(),
        ])
    }

    // Votes, by default in view 3 of epoch 1 by its validator 0, which is v2.

    private func round(_ epoch: UInt64, _ view: UInt64) -> Round {
        Round(epoch: Epoch(epoch), view: View(view))
    }

    private func notarize(
        _ block: UInt8, epoch: UInt64 = 1, view: UInt64 = 3, parentView: UInt64 = 2
    ) -> VoteSubject {
        .notarize(
            Proposal(
                round: self.round(epoch, view), parentView: View(parentView),
                blockHash: Bytes32([UInt8](repeating: block, count: 32)[...])))
    }

    private func finalize(_ block: UInt8, epoch: UInt64 = 1, view: UInt64 = 3) -> VoteSubject {
        .finalize(
            Proposal(
                round: self.round(epoch, view), parentView: View(2),
                blockHash: Bytes32([UInt8](repeating: block, count: 32)[...])))
    }

    private func nullify(epoch: UInt64 = 1, view: UInt64 = 3) -> VoteSubject {
        .nullify(self.round(epoch, view))
    }

    private func vote(
        _ subject: VoteSubject, by index: UInt16 = 0, _ signer: String = "consensus 2",
        in domain: SigningDomain? = nil
    ) -> [UInt8] {
        let message = subject.message(in: domain ?? self.chain.context.domain)
        return SignedVote(
            subject: subject, signer: ValidatorIndex(index), signature: key(signer).sign(message)
        ).canonicalBytes
    }

    /// Tag 60 over two votes as they are.
    private func transaction(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        [0x60, 0x01] + first + second
    }

    /// Two notarizations.
    private func pair(
        epoch: UInt64 = 1, view: UInt64 = 3, by index: UInt16 = 0,
        _ signer: String = "consensus 2", blocks: (UInt8, UInt8) = (1, 2)
    ) -> [UInt8] {
        self.transaction(
            self.vote(self.notarize(blocks.0, epoch: epoch, view: view), by: index, signer),
            self.vote(self.notarize(blocks.1, epoch: epoch, view: view), by: index, signer))
    }

    private mutating func makeAccepted() {
        self.add("two notarizations", self.pair(view: 4))
        self.add(
            "two notarizations of one block with two parents",
            self.transaction(
                self.vote(self.notarize(1, view: 4, parentView: 2)),
                self.vote(self.notarize(1, view: 4, parentView: 3))))
        self.add(
            "two finalizations",
            self.transaction(self.vote(self.finalize(1)), self.vote(self.finalize(2))))
        self.add(
            "a nullification and a finalization",
            self.transaction(self.vote(self.nullify()), self.vote(self.finalize(1))))
        self.add(
            "of the epoch before, by a validator that left", self.pair(epoch: 0, "consensus 1"))
        self.add("by a new validator", self.pair(by: 3, "consensus 5"))
        self.add("in the highest view", self.pair(view: .max))
        self.add("in view 0", self.pair(view: 0))
        self.add(
            "the fourth in a block", self.pair(view: 13),
            before: (10...12).map { self.pair(view: $0) })
    }

    private mutating func makeRefused() {
        let recorded = self.chain.blocks[5].transactions[0]
        self.add("the same transaction again", recorded, "E_DUP")
        self.add("other blocks, the same round and kind", self.pair(blocks: (3, 4)), "E_DUP")
        self.add(
            "the fifth in a block", self.pair(view: 14), "E_RATE",
            before: (10...13).map { self.pair(view: $0) })
        self.add("of the next epoch", self.pair(epoch: 2), "E_PHASE")
        self.add("of the last epoch there is", self.pair(epoch: .max), "E_PHASE")
        self.add(
            "of the epoch before the last one", self.pair(epoch: 0, "consensus 1"), after: 8,
            "E_PHASE")
        self.add("no such validator", self.pair(by: 4), "E_AUTH")
        self.add("signed by another validator", self.pair(view: 4, "consensus 3"), "E_PROOF")
        self.add(
            "by the validator of this place in the next epoch", self.pair(epoch: 0), "E_PROOF")
        self.add(
            "signed with a node key", self.pair(view: 4, "node 2"), "E_PROOF")
        self.add(
            "the second is signed by another",
            self.transaction(
                self.vote(self.notarize(1, view: 4)),
                self.vote(self.notarize(2, view: 4), "consensus 3")), "E_PROOF")
        self.add(
            "the first is signed by another",
            self.transaction(
                self.vote(self.notarize(1, view: 4), "consensus 3"),
                self.vote(self.notarize(2, view: 4))), "E_PROOF")
        for (what, domain) in [
            ("for another chain", SigningDomain(kind: .training, chainID: .zero)),
            (
                "for an official chain",
                SigningDomain(kind: .official, chainID: self.chain.context.chainID)
            ),
        ] {
            self.add(
                what,
                self.transaction(
                    self.vote(self.notarize(1, view: 4), in: domain),
                    self.vote(self.notarize(2, view: 4), in: domain)), "E_PROOF")
        }
    }

    /// What is no value of the type, whoever signed it.
    private mutating func makeMalformed() {
        let (one, two) = (self.vote(self.notarize(1)), self.vote(self.notarize(2)))
        self.add("in falling order", self.transaction(two, one), "E_PARAM")
        self.add("one vote twice", self.transaction(one, one), "E_PARAM")
        self.add(
            "of two validators",
            self.transaction(one, self.vote(self.notarize(2), by: 1, "consensus 3")), "E_PARAM")
        self.add(
            "of two views", self.transaction(one, self.vote(self.notarize(2, view: 4))), "E_PARAM")
        self.add(
            "of two epochs", self.transaction(self.vote(self.notarize(1, epoch: 0)), two),
            "E_PARAM")
        self.add(
            "a notarization and a finalization of another block",
            self.transaction(one, self.vote(self.finalize(2))), "E_PARAM")
        self.add(
            "a notarization and a nullification",
            self.transaction(one, self.vote(self.nullify())), "E_PARAM")
        // A NULLIFY names neither parent view nor block: byte 24 and the last of the subject.
        for (what, place) in [("a parent view", 24), ("a block", 56)] {
            var vote = self.vote(self.nullify())
            vote[place] = 1
            self.add(
                "a nullification that names \(what)",
                self.transaction(vote, self.vote(self.finalize(1))), "E_PARAM")
        }
        for kind in [UInt8(0), 4] {
            var vote = two
            vote[0] = kind
            self.add("of the unknown kind \(kind)", self.transaction(one, vote), "E_VERSION")
        }
        self.add("version 2", [0x60, 0x02] + one + two, "E_VERSION")
        self.add("a byte is missing", self.transaction(one, [UInt8](two.dropLast())), "E_LENGTH")
        self.add("a byte too many", self.transaction(one, two + [0]), "E_LENGTH")
    }
}
