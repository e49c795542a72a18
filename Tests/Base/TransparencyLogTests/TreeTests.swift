import Codec
import Testing
import TransparencyLog

/// RFC 6962 section 2.1 word for word, over leaf hashes.
private enum Naive {
    static func root(_ leaves: ArraySlice<Bytes32>) -> Bytes32 {
        guard leaves.count > 1 else { return leaves.first ?? LogHash.emptyRoot }
        let split = leaves.startIndex + split(leaves.count)
        return LogHash.node(root(leaves[..<split]), root(leaves[split...]))
    }

    static func path(_ index: Int, _ leaves: ArraySlice<Bytes32>) -> [Bytes32] {
        guard leaves.count > 1 else { return [] }
        let middle = split(leaves.count)
        let (left, right) = (leaves.prefix(middle), leaves.dropFirst(middle))
        return index < middle
            ? path(index, left) + [root(right)] : path(index - middle, right) + [root(left)]
    }

    static func proof(_ old: Int, _ leaves: ArraySlice<Bytes32>, isWhole: Bool) -> [Bytes32] {
        guard old < leaves.count else { return isWhole ? [] : [root(leaves)] }
        let middle = split(leaves.count)
        let (left, right) = (leaves.prefix(middle), leaves.dropFirst(middle))
        return old <= middle
            ? proof(old, left, isWhole: isWhole) + [root(right)]
            : proof(old - middle, right, isWhole: false) + [root(left)]
    }

    private static func split(_ count: Int) -> Int {
        var split = 1
        while split * 2 < count { split *= 2 }
        return split
    }
}

struct TreeTests {
    private let leaves = (UInt64(0)..<70).map { LogHash.leaf(entry($0)) }

    private func tree(_ size: Int) -> MemoryTree {
        var tree = MemoryTree()
        for leaf in leaves.prefix(size) { tree.append(leaf: leaf) }
        return tree
    }

    @Test func rootOfEverySizeIsTheOneOfTheDefinition() throws {
        let whole = tree(leaves.count)
        for size in 0...leaves.count {
            let expected = Naive.root(leaves[..<size])
            #expect(try root(size: UInt64(size), from: whole) == expected)
            #expect(tree(size).frontier.root == expected)
        }
    }

    @Test func everyInclusionProofIsTheOneOfTheDefinitionAndVerifies() throws {
        let whole = tree(leaves.count)
        for size in 1...leaves.count {
            let treeRoot = Naive.root(leaves[..<size])
            for index in 0..<size {
                let proof = try inclusionProof(
                    index: UInt64(index), size: UInt64(size), from: whole)
                #expect(proof == Naive.path(index, leaves[..<size]))
                try verifyInclusion(
                    leaf: leaves[index], index: UInt64(index), size: UInt64(size), proof: proof,
                    root: treeRoot)
            }
        }
    }

    @Test func everyConsistencyProofIsTheOneOfTheDefinitionAndVerifies() throws {
        let whole = tree(leaves.count)
        for new in 1...leaves.count {
            for old in 1...new {
                let proof = try consistencyProof(
                    old: UInt64(old), new: UInt64(new), from: whole)
                #expect(proof == Naive.proof(old, leaves[..<new], isWhole: true))
                try verifyConsistency(
                    old: UInt64(old), oldRoot: Naive.root(leaves[..<old]), new: UInt64(new),
                    newRoot: Naive.root(leaves[..<new]), proof: proof)
            }
        }
    }

    @Test func proofOfAnIndexOrSizeThatTheTreeDoesNotHaveIsRefused() {
        let whole = tree(5)
        let huge = LogLimits.treeSize + 1
        #expect(throws: TreeReadError<Never>.outsideOfTree) {
            try inclusionProof(index: 5, size: 5, from: whole)
        }
        #expect(throws: TreeReadError<Never>.outsideOfTree) {
            try inclusionProof(index: 0, size: huge, from: whole)
        }
        #expect(throws: TreeReadError<Never>.outsideOfTree) {
            try consistencyProof(old: 5, new: 4, from: whole)
        }
        #expect(throws: TreeReadError<Never>.outsideOfTree) {
            try consistencyProof(old: 0, new: huge, from: whole)
        }
        #expect(throws: TreeReadError<Never>.outsideOfTree) { try root(size: huge, from: whole) }
    }

    @Test func changedProofIsRefused() throws {
        var generator = SeededGenerator(seed: 7)
        let whole = tree(leaves.count)
        for _ in 0..<300 {
            let size = Int.random(in: 2...leaves.count, using: &generator)
            let index = Int.random(in: 0..<size, using: &generator)
            var proof = Naive.path(index, leaves[..<size])
            let place = Int.random(in: 0..<proof.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: proof[place] = LogHash.leaf(proof[place].bytes)
            case 1: proof.remove(at: place)
            default: proof.insert(leaves[0], at: place)
            }
            #expect(throws: ProofError.self) {
                try verifyInclusion(
                    leaf: leaves[index], index: UInt64(index), size: UInt64(size), proof: proof,
                    root: root(size: UInt64(size), from: whole))
            }
        }
    }

    @Test func emptyTreeNeedsTheEmptyRoot() throws {
        try verifyConsistency(
            old: 0, oldRoot: LogHash.emptyRoot, new: 0, newRoot: LogHash.emptyRoot, proof: [])
        #expect(throws: ProofError.wrongRoot) {
            try verifyConsistency(
                old: 0, oldRoot: LogHash.emptyRoot, new: 0, newRoot: leaves[0], proof: [])
        }
    }

    @Test func frontierReportsEveryPerfectSubtreeOnce() throws {
        var frontier = Frontier()
        var completed: [SubtreeHash] = []
        for leaf in leaves { frontier.append(leaf: leaf, into: &completed) }
        var expected = 0
        for height in 0...6 {
            for index in 0..<(leaves.count >> height) {
                expected += 1
                let range = (index << height)..<((index + 1) << height)
                let subtree = SubtreeHash(
                    height: UInt8(height), index: UInt64(index), hash: Naive.root(leaves[range]))
                #expect(completed.filter { $0 == subtree }.count == 1)
            }
        }
        #expect(completed.count == expected)
    }

    @Test func frontierIsReadBackFromItsBytesAndFromAStore() throws {
        for size in 0...leaves.count {
            let frontier = tree(size).frontier
            #expect(try Frontier(canonicalBytes: frontier.canonicalBytes) == frontier)
            #expect(Frontier(size: UInt64(size), from: tree(size)) == frontier)
        }
    }

    @Test func frontierAboveTheLargestTreeOrWithMissingHashesIsRefused() {
        #expect(throws: CodecError.self) {
            try Frontier(canonicalBytes: [UInt8](repeating: 0xFF, count: 8 + 64 * 32))
        }
        let frontier = tree(7).frontier.canonicalBytes
        #expect(throws: CodecError.self) {
            try Frontier(canonicalBytes: [UInt8](frontier.dropLast(32)))
        }
        #expect(throws: CodecError.self) { try Frontier(canonicalBytes: frontier + [0]) }
    }
}
