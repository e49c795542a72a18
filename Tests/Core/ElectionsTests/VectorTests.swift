import BallotCryptography
import Codec
import Cryptography
import Elections
import Foundation
import Ledger
import Ristretto
import Testing
import TransparencyLog

/// Section 7.3 of the protocol against `Tests/Vectors/state.json`.
struct StateVectorTests {
    @Test func everyTreeHasItsNodesAndDigest() throws {
        for tree in try Vector(file: "state.json")["trees"].list {
            var changes: [StateKey: [UInt8]?] = [:]
            for record in try tree["records"].list {
                changes.updateValue(
                    try record["value"].bytes, forKey: StateKey(try record["key"].bytes))
            }
            let (digest, all) = try StateDigest.after(StateChanges(changes), to: MemoryState())
            #expect(digest == (try tree["digest"].bytes32))
            let nodes = all.sorted.filter { $0.key.bytes.first == StateKey.treeSpace }
            let expected = try tree["nodes"].list
            #expect(nodes.count == expected.count)
            for (node, vector) in zip(nodes, expected) {
                #expect(node.key.bytes == (try vector["key"].bytes))
                #expect(node.value == (try vector["value"].bytes))
            }
        }
    }

    @Test func everyProofIsMadeAndVerifiesOnlyForItsValue() throws {
        for tree in try Vector(file: "state.json")["trees"].list {
            let digest = try tree["digest"].bytes32
            for vector in try tree["proofs"].list {
                let key = StateKey(try vector["key"].bytes)
                let value = try vector["value"].optionalBytes
                let proof = try StateProof(canonicalBytes: try vector["proof"].bytes)
                #expect(proof.canonicalBytes == (try vector["proof"].bytes))
                #expect(proof.verify(key, value: value, digest: digest))
                #expect(!proof.verify(key, value: (value ?? []) + [1], digest: digest))
                #expect(value == nil || !proof.verify(key, value: nil, digest: digest))
            }
        }
    }
}

/// A whole election against `Tests/Vectors/chain.json`, block by block.
struct ChainVectorTests {
    private let file: Vector
    private let genesis: Genesis
    private let chain: ChainContext

    init() throws {
        file = try Vector(file: "chain.json")
        genesis = try Genesis(canonicalBytes: try file["genesis"].bytes)
        chain = ChainContext(genesis: genesis)
    }

    private func blocks() throws -> [Block] {
        try file["chunks"].list.flatMap { chunk in
            try chunk["blocks"].list.map { try Block(canonicalBytes: try $0.bytes) }
        }
    }

    /// The state after each block from genesis on, with its hash.
    private func replay(
        _ visit: (_ height: Int, _ state: MemoryState, _ executed: ExecutedBlock, Bytes32) throws
            -> Void
    ) throws {
        var executed = GenesisState.execute(chain)
        var state = MemoryState()
        var hash = genesis.chainID
        state.apply(executed.changes)
        try visit(0, state, executed, hash)
        for (place, block) in try blocks().enumerated() {
            let header = block.header
            #expect(
                header.parentHash == hash && header.stateDigestAfterParent == executed.stateDigest)
            #expect(block.bodyMatchesHeader)
            var executor = try BlockExecutor(
                chain: chain, parent: state, catalog: executed.catalog, height: header.height,
                time: header.time, parentHash: hash)
            for bytes in block.transactions {
                try executor.apply(Entry(bytes))
            }
            executed = try executor.finish()
            state.apply(executed.changes)
            hash = header.hash
            try visit(place + 1, state, executed, hash)
        }
    }

    @Test func everyBlockLeadsToItsStateDigest() throws {
        #expect(genesis.chainID == (try file["chainId"].bytes32))
        let digests =
            [try file["genesisStateDigest"].bytes32]
            + (try file["stateDigests"].list.map { try $0.bytes32 })
        try replay { height, _, executed, _ in
            #expect(executed.stateDigest == digests[height], "block \(height)")
        }
    }

    @Test func everyRefusedTransactionHasItsCode() throws {
        let refusals = try file["refusals"].list
        var count = 0
        try replay { height, state, executed, hash in
            for vector in refusals {
                let after: Int = try vector["afterHeight"].number()
                guard after == height else { continue }
                count += 1
                var executor = try BlockExecutor(
                    chain: chain, parent: state, catalog: executed.catalog,
                    height: Height(UInt64(height) + 1),
                    time: Timestamp(milliseconds: try vector["time"].number()), parentHash: hash)
                let bytes = try vector["transaction"].bytes
                let code = try vector["code"].text
                do throws(ExecutionFailure) {
                    try executor.apply(Entry(bytes))
                    Issue.record("a transaction was not refused with \(code)")
                } catch {
                    guard case .refused(let refusal) = error else { throw error }
                    #expect(refusal.code.name == code)
                }
            }
        }
        #expect(count == refusals.count)
    }

    @Test func unitsAndResultProtocolAreThoseOfTheVectors() throws {
        var last = MemoryState()
        try replay { _, state, _, _ in last = state }
        let queries = ElectionQueries(last)
        let election = try file["election"].bytes32
        #expect(
            try queries.resultProtocol(election) == [UInt8](try file["resultProtocol"].text.utf8))
        let status = try #require(try queries.status(election))
        #expect(status.resultHash == (try file["resultHash"].bytes32))
        #expect(status.electionID == (try file["electionId"].bytes32))
        let units = try queries.units(election)
        let expected = try file["counts"].list
        #expect(units.count == expected.count)
        for (unit, vector) in zip(units, expected) {
            #expect(unit.unit == (try vector["unit"].number()))
            #expect(unit.total.counted == (try vector["counted"].number()))
            #expect(unit.counts == (try vector["counts"].optionalNumbers))
        }
    }

    @Test func logFinalizationsCheckpointAndReceiptsFitTogether() throws {
        var frontier = Frontier()
        var entry = genesis.canonicalBytes
        for chunk in try file["chunks"].list {
            let blocks = try chunk["blocks"].list.map { try Block(canonicalBytes: try $0.bytes) }
            for block in blocks {
                frontier.append(leaf: LogHash.leaf(entry))
                for bytes in block.transactions { frontier.append(leaf: LogHash.leaf(bytes)) }
                #expect(block.header.logSize == frontier.size)
                #expect(block.header.logRoot == frontier.root)
                entry = block.header.canonicalBytes
            }
            let header = try #require(blocks.last).header
            try FinalizedHeader(
                header: header,
                finalization: try Certificate(canonicalBytes: try chunk["finalization"].bytes)
            ).verify(
                in: chain.domain, validators: genesis.validators, parameters: genesis.parameters,
                verifier: Ed25519Verifier())
        }
        let policy = try #require(
            TrustPolicy(
                origin: genesis.origin, logKey: genesis.logKey,
                cosigners: genesis.validators.validators.map {
                    (genesis.cosignerName(of: $0), $0.cosigningKey)
                }))
        #expect(policy.text == [UInt8](try file["policy"].text.utf8))
        let certified = try CertifiedCheckpoint(
            parsing: [UInt8](try file["checkpoint"].text.utf8), by: policy,
            with: Ed25519Verifier())
        #expect(certified.checkpoint.size == frontier.size)
        #expect(certified.checkpoint.root == frontier.root)
        for vector in try file["receipts"].list {
            let bytes = [UInt8](try vector["receipt"].text.utf8)
            let proof = try LogProof(parsing: bytes)
            let leaf = LogHash.leaf(try vector["transaction"].bytes)
            _ = try proof.verify(leaf: leaf, policy: policy, with: Ed25519Verifier())
            #expect(proof.bytes == bytes)
            #expect(proof.index == (try vector["index"].number()))
            let tracker = try vector["tracker"].bytes32
            #expect(proof.extra == ReceiptExtra(transactionID: leaf, tracker: tracker).bytes)
            #expect(TrackingCode(tracker: tracker).text == (try vector["trackingCode"].text))
        }
    }

    @Test func promiseHasItsBytesDigestAndSignature() throws {
        let vector = file["promise"]
        let promise = try SignedPromise(canonicalBytes: try vector["bytes"].bytes)
        #expect(promise.canonicalBytes == (try vector["bytes"].bytes))
        #expect(promise.digest == (try vector["digest"].bytes32))
        #expect(promise.message(in: chain.domain) == (try vector["message"].bytes))
        #expect(
            promise.isValid(
                in: chain.domain, validators: genesis.validators, verifier: Ed25519Verifier()))
        let first = try #require(try file["receipts"].list.first)
        #expect(promise.tracker == (try first["tracker"].bytes32))
        #expect(promise.ballotID == (try first["ballotId"].bytes32))
    }
}

/// Elections that do not go straight, and validators that change, against the vectors.
struct ScenarioVectorTests {
    @Test(arguments: ["scenarios.json", "validators.json"])
    func everyBlockOfEveryScenarioLeadsToItsDigest(file: String) throws {
        for scenario in try Vector(file: file)["chains"].list {
            let genesis = try Genesis(canonicalBytes: try scenario["genesis"].bytes)
            let chain = ChainContext(genesis: genesis)
            var executed = GenesisState.execute(chain)
            var state = MemoryState()
            state.apply(executed.changes)
            let name = try scenario["name"].text
            for (vector, digest) in try zip(scenario["blocks"].list, scenario["digests"].list) {
                let block = try Block(canonicalBytes: try vector.bytes)
                let header = block.header
                #expect(header.stateDigestAfterParent == executed.stateDigest)
                var executor = try BlockExecutor(
                    chain: chain, parent: state, catalog: executed.catalog,
                    height: header.height, time: header.time, parentHash: header.parentHash)
                #expect(executor.validators.matches(header))
                for bytes in block.transactions {
                    try executor.apply(Entry(bytes))
                }
                executed = try executor.finish()
                state.apply(executed.changes)
                let expected = try digest.bytes32
                #expect(
                    executed.stateDigest == expected, "\(name), block \(header.height.rawValue)")
            }
        }
    }
}

/// A part of a vector file.
private struct Vector {
    struct Malformed: Error {}

    private let value: Any

    init(file: String) throws {
        var folder = URL(filePath: #filePath)
        while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
        let data = try Data(contentsOf: folder.appending(path: "Vectors/\(file)"))
        value = try JSONSerialization.jsonObject(with: data)
    }

    private init(_ value: Any) { self.value = value }

    subscript(name: String) -> Vector {
        Vector((value as? [String: Any])?[name] ?? NSNull())
    }

    var list: [Vector] {
        get throws {
            guard let list = value as? [Any] else { throw Malformed() }
            return list.map { Vector($0) }
        }
    }

    var text: String {
        get throws {
            guard let text = value as? String else { throw Malformed() }
            return text
        }
    }

    var bytes: [UInt8] {
        get throws {
            guard let bytes = Hexadecimal.decode(try text) else { throw Malformed() }
            return bytes
        }
    }

    var bytes32: Bytes32 {
        get throws {
            guard let value = Bytes32(exactly: try bytes) else { throw Malformed() }
            return value
        }
    }

    /// Nil where the file says null.
    var optionalBytes: [UInt8]? { get throws { value is NSNull ? nil : try bytes } }

    /// Nil where the file says null.
    var optionalNumbers: [UInt64]? {
        get throws { value is NSNull ? nil : try list.map { try $0.number() } }
    }

    func number<Number: FixedWidthInteger>() throws -> Number {
        guard let number = value as? NSNumber,
            let exact = Number(exactly: number.uint64Value)
        else { throw Malformed() }
        return exact
    }
}
