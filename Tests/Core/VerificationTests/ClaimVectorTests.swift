import BallotCryptography
import Codec
import Cryptography
import Elections
import FrozenVectors
import Ledger
import Ristretto
import Testing
import Verification

/// Section 8.6 of the protocol against `Tests/Vectors/claims.json`: one chain, and what it says of
/// each claim.
struct ClaimVectorTests {
    private struct File: Decodable {
        struct Claim: Decodable {
            let what: String
            let claim: HexBytes
            let verdict: String
            /// The rule of 8.6.
            let rule: Int
            /// Where a kept one is.
            let height: UInt64?
            /// Who broke one.
            let validator: String?
        }
        let genesis: HexBytes
        let chunks: [VectorChunk]
        let claims: [Claim]
    }

    @Test func everyClaimHasItsVerdict() throws {
        let file = try FrozenVectors.read("claims.json", as: File.self)
        var audit = try ChainAudit(genesis: file.genesis.bytes)
        for vector in file.claims { audit.examine(vector.claim.bytes) }
        var random = SeededRandom(seed: 4)
        for chunk in file.chunks {
            try audit.add(
                try chunk.blocks.map { try Block(canonicalBytes: $0.bytes) },
                finalization: try Certificate(canonicalBytes: chunk.finalization.bytes),
                random: &random)
        }
        let report = audit.report()
        #expect(report.isSound)
        #expect(report.claims.count == file.claims.count)
        for (judged, vector) in zip(report.claims, file.claims) {
            #expect(judged.verdict.vectorName == vector.verdict, "\(vector.what)")
            switch judged.verdict {
            case .kept(let height): #expect(height.rawValue == vector.height)
            case .broken(let validator): #expect(validator == vector.validator)
            case .void, .unfounded, .undecided: break
            }
        }
    }

    @Test func theFileIsTheOneThatTheGeneratorMakes() throws {
        #expect(try FrozenVectors.isFrozen("claims.json", try ClaimVectors().content))
    }
}

extension ClaimVerdict {
    fileprivate var vectorName: String {
        switch self {
        case .kept: "kept"
        case .broken: "broken"
        case .void: "void"
        case .unfounded: "dismissed"
        case .undecided: "undecided"
        }
    }
}

/// Makes `claims.json`.
///
/// Voting is open from block 9 on, with five ballots issued. After block 12 the validators are v2 to
/// v5. The election closes in block 31 and is aborted in block 33; 36 is the last block.
private struct ClaimVectors {
    private var election: TestElection
    private var ballots: [String: [UInt8]] = [:]
    private var claims: [[String: Any]] = []

    init() throws {
        self.election = try TestElection.prepared.get()
        try self.makeChain()
        try self.makeClaims()
    }

    var content: [String: Any] {
        get throws {
            let chain = self.election.chain
            func chunk(_ heights: ClosedRange<Int>, _ validators: [Int]) throws -> [String: Any] {
                let blocks = heights.map { chain.blocks[$0 - 1] }
                let last = try #require(blocks.last).header
                return [
                    "blocks": blocks.map { Hexadecimal.encode($0.canonicalBytes) },
                    "finalization": Hexadecimal.encode(
                        try chain.finalization(of: last, by: TestChain.validators(validators))
                            .canonicalBytes),
                ]
            }
            return [
                "about": "Claims that promises were broken; PROTOCOL.md section 8.6.",
                "genesis": Hexadecimal.encode(chain.genesis.canonicalBytes),
                "chunks": [
                    try chunk(1...12, [1, 2, 3, 4]),
                    try chunk(13...chain.blocks.count, [2, 3, 4, 5]),
                ],
                "claims": self.claims,
            ]
        }
    }

    private mutating func makeChain() throws {
        let opens = self.election.document.styles[0].opens
        try self.election.chain.add(
            milliseconds: opens.milliseconds - self.election.chain.time.milliseconds)
        try self.election.chain.add([
            try self.election.count(5), try self.election.chain.change(1, to: [2, 3, 4, 5]),
        ])
        #expect(self.election.chain.newest?.height == Height(9))
        self.ballots["missing"] = try self.election.ballot(voter: 1, option: 0)
        self.ballots["cast"] = try self.election.ballot(voter: 2, option: 1)
        self.ballots["shared"] = try self.election.ballot(voter: 3, option: 0, r: Scalar(77))
        self.ballots["other"] = try self.election.ballot(voter: 3, option: 2)
        self.ballots["spoiled"] = try self.election.ballot(voter: 4, option: 2)
        self.ballots["shares"] = try self.election.ballot(voter: 5, option: 1, r: Scalar(77))
        self.ballots["before the first"] = try self.election.ballot(
            voter: 5, option: 0, sequence: 0)
        self.ballots["without its predecessor"] = try self.election.ballot(
            voter: 2, option: 0, sequence: 2)
        self.ballots["too many"] = try self.election.ballot(
            voter: 2, option: 0, sequence: 2,
            previous: try Self.outline(self.ballot("cast")).ballotID)
        try self.makeWrongBallots()
        try self.election.chain.add()
        try self.election.chain.add([try self.ballot("cast")])
        try self.election.chain.add([try self.ballot("shared")])
        try self.election.chain.add([
            try self.election.spoil(voter: 4, of: try self.ballot("spoiled"))
        ])
        for _ in 14...30 { try self.election.chain.add() }
        try self.election.close()
        try self.election.chain.add()
        try self.election.chain.add([try self.election.abortion()])
        for _ in 34...36 { try self.election.chain.add() }
    }

    /// The ballot of voter 1 with a wrong proof, and with a certificate that nobody signed.
    private mutating func makeWrongBallots() throws {
        guard case .ballot(let good) = try Transaction(canonicalBytes: self.ballot("missing"))
        else { throw TestFailure.notInTheChain }
        var wire = good.wire
        wire[wire.count - 32] ^= 1
        self.ballots["wrong proof"] =
            Transaction.ballot(
                BallotTransaction(wire: wire, certificate: good.certificate)
            ).canonicalBytes
        self.ballots["wrong certificate"] =
            Transaction.ballot(
                BallotTransaction(wire: good.wire, certificate: [UInt8](repeating: 1, count: 384))
            ).canonicalBytes
    }

    private func ballot(_ name: String) throws -> [UInt8] { try #require(self.ballots[name]) }

    private static func outline(_ ballot: [UInt8]) throws -> BallotOutline {
        guard case .ballot(let carried) = try Transaction(canonicalBytes: ballot) else {
            throw TestFailure.notInTheChain
        }
        return try BallotOutline(carried.wire)
    }

    private func promise(
        _ name: String, _ received: UInt64, _ promised: UInt64, _ validator: UInt16,
        by signer: String
    ) throws -> SignedPromise {
        let outline = try Self.outline(self.ballot(name))
        func promise(_ signature: Bytes64) -> SignedPromise {
            SignedPromise(
                electionID: outline.header.electionID, tracker: outline.tracker,
                ballotID: outline.ballotID, credentialKey: outline.header.credentialKey,
                sequence: outline.header.sequence, received: Height(received),
                promised: Height(promised), validator: ValidatorIndex(validator),
                signature: signature)
        }
        let message = promise(.zero).message(in: self.election.chain.context.domain)
        return promise(key(signer).sign(message))
    }

    private mutating func add(
        _ what: String, _ bytes: [UInt8], _ verdict: String, rule: Int, height: Int? = nil,
        validator: String? = nil
    ) {
        var claim: [String: Any] = [
            "what": what, "claim": Hexadecimal.encode(bytes), "verdict": verdict, "rule": rule,
        ]
        claim["height"] = height
        claim["validator"] = validator
        self.claims.append(claim)
    }

    /// A claim about a ballot, by validator `index`, whose node key is `signer`'s.
    private mutating func add(
        _ what: String, _ ballot: String, _ heights: (UInt64, UInt64), by index: UInt16,
        _ signer: String, _ verdict: String, rule: Int, height: Int? = nil,
        validator: String? = nil, transaction: [UInt8]? = nil
    ) throws {
        let promise = try self.promise(ballot, heights.0, heights.1, index, by: signer)
        let claim = CensorshipClaim(
            promise: promise, transaction: try transaction ?? self.ballot(ballot))
        self.add(
            what, claim.canonicalBytes, verdict, rule: rule, height: height, validator: validator)
    }

    private mutating func makeClaims() throws {
        try self.makeDismissed()
        try self.add(
            "the last block comes before the promised one", "missing", (30, 37), by: 0, "node 2",
            "undecided", rule: 2)
        try self.add(
            "the ballot is in the chain, the promised block is not", "cast", (9, 9 + 10_000),
            by: 1, "node 2", "undecided", rule: 2)
        try self.add(
            "a signer of a height that is not there is not judged", "missing", (37, 47), by: 9,
            "node 2", "undecided", rule: 2)
        try self.add(
            "in the promised block", "cast", (9, 11), by: 1, "node 2", "kept", rule: 3,
            height: 11)
        try self.add(
            "before the promised block", "cast", (9, 19), by: 2, "node 3", "kept", rule: 3,
            height: 11)
        try self.add(
            "before the promise", "cast", (12, 14), by: 1, "node 3", "kept", rule: 3, height: 11)
        for name in ["wrong proof", "wrong certificate"] {
            try self.add(name, name, (9, 19), by: 1, "node 2", "dismissed", rule: 4)
        }
        try self.makeVoid()
        try self.add(
            "left out", "missing", (9, 19), by: 1, "node 2", "broken", rule: 8, validator: "v2")
        try self.add(
            "one block late", "cast", (9, 10), by: 1, "node 2", "broken", rule: 8,
            validator: "v2")
        try self.add(
            "signed by a validator of the next epoch's set, whose place it is", "missing",
            (12, 22), by: 0, "node 2", "broken", rule: 8, validator: "v2")
        try self.add(
            "by a new validator", "missing", (20, 30), by: 3, "node 5", "broken", rule: 8,
            validator: "v5")
    }

    private mutating func makeDismissed() throws {
        let good = CensorshipClaim(
            promise: try self.promise("missing", 9, 19, 1, by: "node 2"),
            transaction: try self.ballot("missing")
        ).canonicalBytes
        self.add("no bytes", [], "dismissed", rule: 1)
        self.add("a byte is missing", [UInt8](good.dropLast()), "dismissed", rule: 1)
        self.add("a byte too many", good + [0], "dismissed", rule: 1)
        try self.add(
            "the transaction is an issue count", "missing", (9, 19), by: 1, "node 2",
            "dismissed", rule: 1, transaction: try self.election.count(6))
        try self.add(
            "ballots are numbered from 1", "before the first", (9, 19), by: 1, "node 2",
            "dismissed", rule: 1)
        try self.add(
            "the promise is about another ballot", "missing", (9, 19), by: 1, "node 2",
            "dismissed", rule: 1, transaction: try self.ballot("other"))
        try self.add(
            "for the block that was final, validly signed", "missing", (9, 9), by: 1, "node 2",
            "dismissed", rule: 1)
        try self.add(
            "for an earlier block", "missing", (10, 9), by: 1, "node 2", "dismissed", rule: 1)
        try self.add(
            "too far ahead", "missing", (9, 10_010), by: 1, "node 2", "dismissed", rule: 1)
        try self.add(
            "signed with a consensus key", "missing", (9, 19), by: 1, "consensus 2", "dismissed",
            rule: 1)
        try self.add(
            "another validator's place", "missing", (9, 19), by: 0, "node 2", "dismissed",
            rule: 1)
        try self.add(
            "no such validator", "missing", (9, 19), by: 4, "node 2", "dismissed", rule: 1)
        try self.add(
            "signed by a validator that left with block received", "missing", (12, 22), by: 0,
            "node 1", "dismissed", rule: 1)
        try self.add(
            "forged, of a ballot in the chain", "cast", (12, 14), by: 1, "node 1", "dismissed",
            rule: 1)
        try self.add(
            "forged, before the promised block", "missing", (30, 40), by: 0, "node 1",
            "dismissed", rule: 1)
    }

    private mutating func makeVoid() throws {
        try self.add(
            "another ballot of this number came first", "other", (9, 19), by: 1, "node 2", "void",
            rule: 5)
        try self.add("spoiled", "spoiled", (9, 19), by: 1, "node 2", "void", rule: 5)
        try self.add("aborted", "missing", (27, 34), by: 0, "node 2", "void", rule: 5)
        try self.add(
            "closed after three blocks of five", "missing", (27, 32), by: 0, "node 2", "void",
            rule: 6)
        try self.add(
            "its predecessor is not the last", "without its predecessor", (9, 19), by: 1,
            "node 2", "void", rule: 7)
        try self.add(
            "more than ballotsPerVoter", "too many", (9, 19), by: 1, "node 2", "void", rule: 7)
        try self.add(
            "its A is another ballot's", "shares", (9, 19), by: 1, "node 2", "void", rule: 7)
    }
}
