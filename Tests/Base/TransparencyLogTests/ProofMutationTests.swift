import Codec
import Cryptography
import Mutations
import Testing
import TransparencyLog

private struct Proofs: Decodable {
    struct Valid: Decodable {
        let proof: String
        let entryHex: String
    }
    let logVkey: String
    let cosignerVkeys: [String]
    let quorum: Int
    let valid: [Valid]
}

/// Every single change of receipts, checkpoints and tiles: none is believed.
struct ProofMutationTests {
    private let verifier = Ed25519Verifier()

    /// What a changed receipt may still prove is what the original proves. Beside the proof stand
    /// bytes for the device's own use, for which nothing vouches, and lines of signers whom the
    /// policy does not know or does not need.
    @Test func changedReceiptsProveNothingElse() throws {
        let file = try vectors("tlog_proofs", as: Proofs.self)
        let policy = TrustPolicy(
            log: try VerifierKey(vkey: file.logVkey),
            cosigners: try file.cosignerVkeys.map { try VerifierKey(vkey: $0) },
            threshold: file.quorum)
        var refused = 0
        for vector in file.valid.prefix(2) {
            let bytes = [UInt8](vector.proof.utf8)
            let leaf = LogHash.leaf(try #require(Hexadecimal.decode(vector.entryHex)))
            let original = try LogProof(parsing: bytes)
            let root = try original.verify(leaf: leaf, policy: policy, with: self.verifier)
            let all = EveryChange.of(bytes, beside: [[UInt8](file.valid[2].proof.utf8)])
            for (index, changed) in all.enumerated() where index.isMultiple(of: 23) {
                do throws(LogProofError) {
                    let proof = try LogProof(parsing: changed)
                    let certified = try proof.verify(
                        leaf: leaf, policy: policy, with: self.verifier)
                    #expect(certified.checkpoint == root.checkpoint)
                    #expect(proof.index == original.index && proof.hashes == original.hashes)
                } catch { refused += 1 }
            }
            // And no other leaf, whatever the path.
            #expect(throws: LogProofError.self) {
                try original.verify(
                    leaf: LogHash.leaf([1]), policy: policy, with: self.verifier)
            }
        }
        #expect(refused > 1_000)
    }

    /// Checkpoints have no second text for one tree, and no change keeps the tree.
    @Test func changedCheckpointsAreOtherCheckpointsOrNone() throws {
        let proof = try LogProof(
            parsing: [UInt8](try vectors("tlog_proofs", as: Proofs.self).valid[0].proof.utf8))
        let original = try Checkpoint(text: proof.checkpoint.text)
        for bytes in EveryChange.of(proof.checkpoint.text) {
            do throws(CheckpointError) {
                let changed = try Checkpoint(text: bytes)
                #expect(changed.text == bytes)
                #expect(changed != original)
            } catch {}  // Refused.
        }
    }

    /// An inclusion proof with one thing changed leads to another root.
    @Test func changedPathsLeadNowhere() throws {
        var tree = MemoryTree()
        for index in UInt64(0)..<37 { tree.append(leaf: LogHash.leaf(entry(index))) }
        for index in [0, 17, 36] as [UInt64] {
            let path = try inclusionProof(index: index, size: 37, from: tree)
            let top = try root(size: 37, from: tree)
            let bytes = path.flatMap(\.bytes)
            for changed in EveryChange.ofABit(bytes)
                + EveryChange.ofTwoPieces(bytes, size: 32, step: 32)
            {
                let hashes = stride(from: 0, to: changed.count, by: 32).map {
                    Bytes32(changed[$0..<($0 + 32)])
                }
                #expect(throws: ProofError.self) {
                    try verifyInclusion(
                        leaf: LogHash.leaf(entry(index)), index: index, size: 37, proof: hashes,
                        root: top)
                }
            }
        }
    }
}
