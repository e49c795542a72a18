import Codec
import Cryptography
import Testing
import TransparencyLog

private struct Policies: Decodable {
    struct Evaluation: Decodable {
        let cosignedBy: [String]
        let accept: Bool
    }
    struct Policy: Decodable {
        let text: String
        let evaluations: [Evaluation]
    }
    struct Invalid: Decodable {
        let why, text: String
    }
    struct Quorum: Decodable {
        let validators, quorum: Int
    }
    let policies: [Policy]
    let invalid: [Invalid]
    let bftQuorums: [Quorum]
}

private struct Proofs: Decodable {
    struct Valid: Decodable {
        let index, size: UInt64
        let entryHex, proof: String
        let extraHex: String?
    }
    struct Invalid: Decodable {
        let why, entryHex, proof: String
    }
    struct TooFew: Decodable {
        let entryHex, proof: String
    }
    let logVkey: String
    let cosignerVkeys: [String]
    let quorum: Int
    let valid: [Valid]
    let invalid: [Invalid]
    let tooFewCosignatures: TooFew

    var policy: TrustPolicy {
        get throws {
            TrustPolicy(
                log: try VerifierKey(vkey: logVkey),
                cosigners: try cosignerVkeys.map { try VerifierKey(vkey: $0) }, threshold: quorum)
        }
    }
}

struct TrustTests {
    private let verifier = Ed25519Verifier()

    @Test func policiesAreSatisfiedAsInTheVectors() throws {
        for vector in try vectors("policies", as: Policies.self).policies {
            let policy = try TrustPolicy(parsing: [UInt8](vector.text.utf8))
            #expect(try TrustPolicy(parsing: policy.text) == policy)
            for evaluation in vector.evaluations {
                let cosigned = policy.witnesses.indices.filter {
                    evaluation.cosignedBy.contains(string(policy.witnesses[$0].name))
                }
                #expect(
                    policy.isSatisfied(byWitnesses: [Int](cosigned)) == evaluation.accept,
                    "\(vector.text) \(evaluation.cosignedBy)")
            }
        }
    }

    @Test func damagedPoliciesAreRefused() throws {
        for vector in try vectors("policies", as: Policies.self).invalid {
            #expect(throws: PolicyError.self, "\(vector.why)") {
                try TrustPolicy(parsing: [UInt8](vector.text.utf8))
            }
        }
    }

    @Test func everyWrongLineIsNamedWithItsReason() throws {
        let policy = try vectors("policies", as: Policies.self).policies[0].text
        let log = try #require(policy.split(separator: "\n").first { $0.hasPrefix("log") })
        let witness = try #require(policy.split(separator: "\n").first { $0.hasPrefix("witness") })
        let wrong: [(String, PolicyError)] = [
            ("", PolicyError(line: 0, reason: .noQuorum)),
            ("quorum none\nquorum none", PolicyError(line: 2, reason: .secondQuorum)),
            ("\nfoo", PolicyError(line: 2, reason: .unknownKeyword)),
            ("quorum", PolicyError(line: 1, reason: .wrongWordCount)),
            ("log x", PolicyError(line: 1, reason: .wrongKey(.malformed))),
            ("quorum v1", PolicyError(line: 1, reason: .undefinedName)),
            ("witness none x", PolicyError(line: 1, reason: .reservedName)),
            ("\(witness)\n\(witness)", PolicyError(line: 2, reason: .duplicateName)),
            ("\(log)\n\(log)", PolicyError(line: 2, reason: .duplicateKey)),
            ("\(witness)\ngroup g 2 v1", PolicyError(line: 2, reason: .wrongThreshold)),
            ("\(witness)\ngroup g all v1 v1", PolicyError(line: 2, reason: .memberOfTwoGroups)),
            ("quorum none\r", PolicyError(line: 0, reason: .notText)),
        ]
        for (text, error) in wrong {
            #expect(throws: error, "\(text)") { try TrustPolicy(parsing: [UInt8](text.utf8)) }
        }
        let swapped = witness.replacing("witness v1 ", with: "log ")
        #expect(throws: PolicyError(line: 1, reason: .wrongKeyKind)) {
            try TrustPolicy(parsing: [UInt8](swapped.utf8))
        }
    }

    @Test func quorumIsTheByzantineOne() throws {
        for vector in try vectors("policies", as: Policies.self).bftQuorums {
            #expect(TrustPolicy.byzantineQuorum(of: vector.validators) == vector.quorum)
        }
    }

    @Test func policyOfAChainIsReadBackFromItsText() throws {
        let policy = try vectors("tlog_proofs", as: Proofs.self).policy
        #expect(try TrustPolicy(parsing: policy.text) == policy)
        #expect(
            string(policy.text).hasSuffix("group validators 3 v1 v2 v3 v4\nquorum validators\n"))
    }

    @Test func policyOfAChainIsMadeFromTheNamesAndKeysOfItsGenesis() throws {
        let policy = try vectors("tlog_proofs", as: Proofs.self).policy
        let log = policy.logs[0].key
        let cosigners = policy.witnesses.map {
            (name: $0.key.name.description, key: $0.key.publicKey)
        }
        let made = TrustPolicy(
            origin: log.name.description, logKey: log.publicKey, cosigners: cosigners)
        #expect(made == policy)
        #expect(TrustPolicy(origin: "a b", logKey: log.publicKey, cosigners: cosigners) == nil)
        #expect(
            TrustPolicy(origin: "a", logKey: log.publicKey, cosigners: [("", log.publicKey)]) == nil
        )
        #expect(TrustPolicy(origin: "a", logKey: log.publicKey, cosigners: []) == nil)
    }

    @Test func proofsOfTheVectorsVerifyAndAreReadBack() throws {
        let vectors = try vectors("tlog_proofs", as: Proofs.self)
        for vector in vectors.valid {
            let proof = try LogProof(parsing: [UInt8](vector.proof.utf8))
            #expect(string(proof.bytes) == vector.proof)
            #expect(proof.index == vector.index)
            #expect(proof.extra == (try vector.extraHex.map(bytes)))
            let certified = try proof.verify(
                leaf: LogHash.leaf(try bytes(vector.entryHex)), policy: vectors.policy,
                with: verifier)
            #expect(certified.checkpoint.size == vector.size)
            #expect(certified.cosigners.count >= vectors.quorum)
        }
    }

    @Test func damagedProofsAreRefused() throws {
        let vectors = try vectors("tlog_proofs", as: Proofs.self)
        for vector in vectors.invalid {
            #expect(throws: LogProofError.self, "\(vector.why)") {
                try LogProof(parsing: [UInt8](vector.proof.utf8)).verify(
                    leaf: LogHash.leaf(bytes(vector.entryHex)), policy: vectors.policy,
                    with: verifier)
            }
        }
    }

    @Test func proofWithTooFewCosignaturesIsRefused() throws {
        let vectors = try vectors("tlog_proofs", as: Proofs.self)
        let vector = vectors.tooFewCosignatures
        let proof = try LogProof(parsing: [UInt8](vector.proof.utf8))
        #expect(throws: LogProofError.certification(.tooFewCosignatures(count: 2))) {
            try proof.verify(
                leaf: LogHash.leaf(bytes(vector.entryHex)), policy: vectors.policy, with: verifier)
        }
    }

    @Test func everyBrokenPartOfAProofFileIsNamed() throws {
        let hash = "GUu1otW9EOXRqm/V1CmAs1bK8dpiPNmYfEv6L4F3Htc=\n"
        let header = "c2sp.org/tlog-proof@v1\n"
        let wrong: [(String, LogProofError)] = [
            ("", .unknownFormat), (header, .wrongIndex),
            (header + "extra \nindex 1\n\n", .wrongExtra),
            (header + "extra AB==\nindex 1\n\n", .wrongExtra),
            (header + "index x\n\n", .wrongIndex),
            (header + "index 1\n" + hash, .noCheckpoint),
            (header + "index 1\nAAAA\n\n", .wrongHash),
            (header + "index 1\n" + String(repeating: hash, count: 65) + "\n", .wrongHash),
            (header + "index 1\n\n", .note(.noSignatures)),
        ]
        for (text, error) in wrong {
            #expect(throws: error, "\(text)") { try LogProof(parsing: [UInt8](text.utf8)) }
        }
    }

    @Test func checkpointOfAnotherLogOrWithoutTheLogsLineIsNotCertified() throws {
        let vectors = try vectors("tlog_proofs", as: Proofs.self)
        let policy = try vectors.policy
        let note = try LogProof(parsing: [UInt8](vectors.valid[2].proof.utf8)).checkpoint
        #expect(try certified(note.bytes, by: policy, with: verifier).note == note)
        var unsigned = note
        unsigned.signatures.removeFirst()
        #expect(throws: CertificationError.noLogSignature) {
            try CertifiedCheckpoint(unsigned, by: policy, with: verifier)
        }
        let foreign = try #require(KeyName("elsewhere.example/log"))
        let other = SignedNote(
            text: Checkpoint(origin: foreign, size: 1, root: .zero).text,
            signatures: note.signatures)
        #expect(throws: CertificationError.unknownOrigin(foreign)) {
            try CertifiedCheckpoint(other, by: policy, with: verifier)
        }
        #expect(throws: CertificationError.checkpoint(.incomplete)) {
            try CertifiedCheckpoint(
                SignedNote(text: [0x61, 0x0A], signatures: note.signatures), by: policy,
                with: verifier)
        }
        #expect(throws: CertificationError.note(.noSignatures)) {
            try certified([0x61, 0x0A], by: policy, with: verifier)
        }
    }

    @Test func receiptExtraIsExactlyTwoHashes() {
        let extra = ReceiptExtra(transactionID: LogHash.leaf([1]), tracker: LogHash.leaf([2]))
        #expect(ReceiptExtra(extra.bytes) == extra)
        #expect(ReceiptExtra([UInt8](extra.bytes.dropLast())) == nil)
        #expect(ReceiptExtra(extra.bytes + [0]) == nil)
    }
}
