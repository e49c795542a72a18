import Codec
import Testing
import TransparencyLog

private struct Roots: Decodable {
    struct Leaf: Decodable {
        let entryHex, leafHashHex: String
    }
    struct Root: Decodable {
        let size: UInt64
        let rootHex: String
    }
    struct Reference: Decodable {
        let entriesHex, rootsHex: [String]
    }
    let leafHashes: [Leaf]
    let roots: [Root]
    let ctReference: Reference
}

private struct InclusionProofs: Decodable {
    struct Proof: Decodable {
        let why: String?
        let index, size: UInt64
        let leafHashHex, rootHex: String
        let proofHex: [String]
    }
    let valid, invalid: [Proof]
}

private struct ConsistencyProofs: Decodable {
    struct Proof: Decodable {
        let why: String?
        let oldSize, newSize: UInt64
        let oldRootHex, newRootHex: String
        let proofHex: [String]

        func verify() throws {
            try verifyConsistency(
                old: oldSize, oldRoot: hash(oldRootHex), new: newSize, newRoot: hash(newRootHex),
                proof: hashes(proofHex))
        }
    }
    let valid, invalid: [Proof]
    let sizeIsNotInTheRoot: Proof
}

struct TreeVectorTests {
    @Test func leavesAndRootsAreThoseOfTheVectors() throws {
        let vectors = try vectors("merkle_roots", as: Roots.self)
        for leaf in vectors.leafHashes {
            #expect(LogHash.leaf(try bytes(leaf.entryHex)) == (try hash(leaf.leafHashHex)))
        }
        for vector in vectors.roots {
            #expect(try root(size: vector.size, from: vectorTree) == hash(vector.rootHex))
        }
    }

    @Test func treeOfTheCertificateTransparencySuitesHasItsPublishedRoots() throws {
        let reference = try vectors("merkle_roots", as: Roots.self).ctReference
        var frontier = Frontier()
        #expect(frontier.root == (try hash(reference.rootsHex[0])))
        for (entry, root) in zip(reference.entriesHex, reference.rootsHex.dropFirst()) {
            frontier.append(leaf: LogHash.leaf(try bytes(entry)))
            #expect(frontier.root == (try hash(root)))
        }
    }

    @Test func inclusionProofsAreThoseOfTheVectors() throws {
        for vector in try vectors("inclusion_proofs", as: InclusionProofs.self).valid {
            let proof = try hashes(vector.proofHex)
            #expect(
                try inclusionProof(index: vector.index, size: vector.size, from: vectorTree)
                    == proof)
            try verifyInclusion(
                leaf: hash(vector.leafHashHex), index: vector.index, size: vector.size,
                proof: proof, root: hash(vector.rootHex))
        }
    }

    @Test func damagedInclusionProofsAreRefused() throws {
        for vector in try vectors("inclusion_proofs", as: InclusionProofs.self).invalid {
            #expect(throws: ProofError.self, "\(vector.why ?? "")") {
                try verifyInclusion(
                    leaf: hash(vector.leafHashHex), index: vector.index, size: vector.size,
                    proof: hashes(vector.proofHex), root: hash(vector.rootHex))
            }
        }
    }

    @Test func consistencyProofsAreThoseOfTheVectors() throws {
        for vector in try vectors("consistency_proofs", as: ConsistencyProofs.self).valid {
            #expect(
                try consistencyProof(old: vector.oldSize, new: vector.newSize, from: vectorTree)
                    == hashes(vector.proofHex))
            try vector.verify()
        }
    }

    @Test func damagedConsistencyProofsAreRefused() throws {
        for vector in try vectors("consistency_proofs", as: ConsistencyProofs.self).invalid {
            #expect(throws: ProofError.self, "\(vector.why ?? "")") { try vector.verify() }
        }
    }

    @Test func rootDoesNotFixTheSize() throws {
        try vectors("consistency_proofs", as: ConsistencyProofs.self).sizeIsNotInTheRoot.verify()
    }
}
