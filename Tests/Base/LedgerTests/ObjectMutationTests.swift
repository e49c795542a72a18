import Codec
import Ledger
import Mutations
import Testing

/// Every single change of what validators sign and of what a chain begins with: none passes for the
/// original.
struct ObjectMutationTests {
    private let domain = SigningDomain(kind: .training, chainID: digest("chain"))

    private func signed(_ subject: VoteSubject, by signer: UInt16) -> SignedVote {
        SignedVote(
            subject: subject, signer: ValidatorIndex(signer),
            signature: HashSignatures.sign(
                subject.message(in: self.domain), by: digest("c\(signer)")))
    }

    /// What decodes is encoded as it was; the rest is refused.
    private func decoded<Value: CanonicalCodable>(
        _ type: Value.Type, _ bytes: [UInt8]
    ) -> Value? {
        do throws(CodecError) {
            let value = try Value(canonicalBytes: bytes)
            #expect(value.canonicalBytes == bytes)
            return value
        } catch { return nil }
    }

    @Test func changedVotesAreOfNobody() {
        for (index, subject) in Samples.subjects.enumerated() {
            let vote = self.signed(subject, by: 2).canonicalBytes
            let other = self.signed(Samples.subjects[(index + 1) % 3], by: 1).canonicalBytes
            for bytes in EveryChange.of(vote, beside: [other]) where bytes != other {
                let changed = self.decoded(SignedVote.self, bytes)
                let isValid = changed?.isValid(
                    in: self.domain, validators: Samples.validators, verifier: HashSignatures())
                #expect(isValid != true)
            }
        }
    }

    /// A certificate of exactly a quorum. With one more signer than that, one may be left out.
    @Test func changedCertificatesProveNothing() throws {
        let certificates = try Samples.subjects.map { subject in
            try #require(
                Certificate(
                    subject: subject,
                    signatures: [0, 1, 3].map {
                        (ValidatorIndex($0), self.signed(subject, by: $0).signature)
                    })
            ).canonicalBytes
        }
        for (index, good) in certificates.enumerated() {
            let other = certificates[(index + 1) % 3]
            for bytes in EveryChange.of(good, beside: [other]) where bytes != other {
                guard let changed = self.decoded(Certificate.self, bytes) else { continue }
                #expect(throws: CertificateRejection.self) {
                    try changed.verify(
                        in: self.domain, validators: Samples.validators,
                        verifier: HashSignatures())
                }
            }
        }
    }

    @Test func changedHeadersHaveAnotherHash() {
        let good = Samples.header.canonicalBytes
        var hashes: Set<Bytes32> = [Samples.header.hash]
        for bytes in Set(EveryChange.of(good)) {
            guard let changed = self.decoded(BlockHeader.self, bytes) else { continue }
            #expect(hashes.insert(changed.hash).inserted)
        }
        #expect(hashes.count > 1_000)
    }

    @Test func changedBodiesAreNotThoseOfTheirHeader() {
        let block = Samples.block
        for bytes in EveryChange.of(block.canonicalBytes) {
            guard let changed = self.decoded(Block.self, bytes) else { continue }
            #expect(changed.header.hash != block.header.hash || !changed.bodyMatchesHeader)
        }
    }

    @Test func changedGenesisIsAnotherChain() {
        let genesis = Samples.genesis()
        let all = EveryChange.of(genesis.canonicalBytes)
        for (index, bytes) in all.enumerated() where index.isMultiple(of: 5) {
            guard let changed = self.decoded(Genesis.self, bytes) else { continue }
            #expect(changed.chainID != genesis.chainID)
        }
    }

    @Test func changedDocumentsAreOtherDocuments() {
        let document = DocumentParts().document
        let all = EveryChange.of(document.canonicalBytes)
        for (index, bytes) in all.enumerated() where index.isMultiple(of: 29) {
            guard let changed = self.decoded(ElectionDocument.self, bytes) else { continue }
            #expect(changed != document)
        }
    }
}
