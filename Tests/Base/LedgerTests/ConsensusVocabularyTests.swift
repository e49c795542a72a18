import Codec
import Hashing
import Ledger
import Testing

/// Validator sets, certificates, blocks and domains.
struct ConsensusVocabularyTests {
    @Test(arguments: [
        (4, 1, 3), (5, 1, 4), (6, 1, 5), (7, 2, 5), (10, 3, 7), (13, 4, 9), (31, 10, 21),
    ])
    func quorumIsWhatFaultsLeave(count: Int, faults: Int, quorum: Int) {
        let set = ValidatorSet(
            (0..<count).map { _ in
                Validator(name: "v", consensusKey: .zero, cosigningKey: .zero, nodeKey: .zero)
            })
        #expect(set.faultTolerance == faults)
        #expect(set.quorum == quorum)
        #expect(2 * quorum - count > faults)
        #expect(set[ValidatorIndex(UInt16(count))] == nil)
    }

    @Test func leadersRotateWithViewAndEpoch() {
        let set = Samples.validators
        let leaders = (1...5).map {
            set.leader(of: Round(epoch: Epoch(2), view: View($0))).rawValue
        }
        #expect(leaders == [3, 0, 1, 2, 3])
        let last = Round(epoch: Epoch(.max), view: View(.max))
        #expect(set.leader(of: last).rawValue < 4)
    }

    @Test func epochsHoldTheirHeights() {
        let parameters = Parameters(epochLength: 64)
        #expect(parameters.epoch(of: Height(1)) == Epoch(0))
        #expect(parameters.epoch(of: Height(64)) == Epoch(0))
        #expect(parameters.epoch(of: Height(65)) == Epoch(1))
        #expect(parameters.lastHeight(of: Epoch(1)) == Height(128))
    }

    /// Numbers that a stranger may send, where none of ours can be.
    @Test func everyHeightHasAnEpochAndEveryEpochALastHeight() {
        let parameters = Parameters(epochLength: 64)
        #expect(parameters.epoch(of: .genesis) == .first)
        #expect(parameters.epoch(of: Height(.max)) == Epoch((.max - 1) / 64))
        #expect(parameters.lastHeight(of: Epoch(.max / 64)) == Height(.max))
        #expect(parameters.lastHeight(of: Epoch(.max)) == Height(.max))
        // Such a document has a fault, and is read before anybody asks for it.
        let empty = Parameters(epochLength: 0)
        #expect(empty.epoch(of: Height(7)) == Epoch(6))
        #expect(empty.lastHeight(of: Epoch(6)) == Height(7))
    }

    @Test func theLargestNumberHasNoSuccessor() {
        #expect(Height(.max).next == Height(.max))
        #expect(View(.max).next == View(.max))
        #expect(View(.max - 1).adding(9) == View(.max))
        #expect(Epoch(.max).next == Epoch(.max))
    }

    private let domain = SigningDomain(kind: .training, chainID: digest("chain"))

    private func certificate(_ signers: [UInt16]) -> Certificate? {
        let subject = Samples.subjects[0]
        let message = subject.message(in: self.domain)
        return Certificate(
            subject: subject,
            signatures: signers.map {
                (ValidatorIndex($0), HashSignatures.sign(message, by: digest("c\($0)")))
            })
    }

    private func verdict(
        _ certificate: Certificate?, in domain: SigningDomain? = nil
    ) throws -> CertificateRejection? {
        let certificate = try #require(certificate)
        do throws(CertificateRejection) {
            try certificate.verify(
                in: domain ?? self.domain, validators: Samples.validators,
                verifier: HashSignatures())
            return nil
        } catch {
            return error
        }
    }

    @Test func certificateNeedsAQuorumOfKnownSigners() throws {
        #expect(try self.verdict(self.certificate([0, 1, 3])) == nil)
        #expect(try self.verdict(self.certificate([0, 1])) == .tooFewSigners(2, quorum: 3))
        #expect(
            try self.verdict(self.certificate([0, 1, 9])) == .unknownSigner(ValidatorIndex(9)))
        #expect(self.certificate([1, 0, 3]) == nil)
        #expect(self.certificate([0, 0, 3]) == nil)
    }

    @Test func certificateOfAnotherChainOrKindProvesNothing() throws {
        let certificate = self.certificate([0, 1, 2])
        let chain = SigningDomain(kind: .training, chainID: digest("other"))
        let kind = SigningDomain(kind: .official, chainID: digest("chain"))
        for domain in [chain, kind] {
            #expect(
                try self.verdict(certificate, in: domain) == .badSignature(ValidatorIndex(0)))
        }
    }

    @Test func signedBytesBeginWithKindPurposeAndChain() {
        let message = self.domain.message(.promise, [9])
        #expect(
            message == [UInt8]("veche/training/promise/v1".utf8) + [0]
                + digest("chain").bytes + [9])
    }

    @Test func voteIsValidForItsSignerAlone() {
        let subject = Samples.subjects[1]
        let signature = HashSignatures.sign(subject.message(in: self.domain), by: digest("c2"))
        func isValid(_ signer: UInt16) -> Bool {
            SignedVote(subject: subject, signer: ValidatorIndex(signer), signature: signature)
                .isValid(
                    in: self.domain, validators: Samples.validators, verifier: HashSignatures())
        }
        #expect(isValid(2))
        #expect(!isValid(1))
        #expect(!isValid(9))
    }

    @Test func bodyBelongsToItsHeader() {
        #expect(Samples.block.bodyMatchesHeader)
        let bodies: [[[UInt8]]] = [
            [[1, 2]], [[3, 4, 5], [1, 2]], [[1, 2], [3, 4, 6]], [[1, 2, 3], [4, 5]], [],
        ]
        for transactions in bodies {
            #expect(!Block(header: Samples.header, transactions: transactions).bodyMatchesHeader)
        }
    }

    @Test func transactionIDIsTheLeafHash() {
        let bytes: [UInt8] = [1, 2, 3]
        #expect(Transaction.id(of: bytes) == SHA256.digest([0] + bytes))
        #expect(Entry(bytes).id == Transaction.id(of: bytes))
    }

    /// The id is not written: a decoded entry takes its own.
    @Test func anEntryIsEncodedAsItsBytesAlone() throws {
        let entry = Entry([7, 8, 9])
        #expect(entry.canonicalBytes == [0, 0, 0, 3, 7, 8, 9])
        let decoded = try Entry(canonicalBytes: Entry(id: .zero, bytes: [7, 8, 9]).canonicalBytes)
        #expect(decoded == entry)
        #expect(decoded.id == Transaction.id(of: [7, 8, 9]))
    }

    /// A body is compared by its ids, so an entry with another's id is no entry of the block.
    @Test func aBlockKeepsTheIDsOfItsEntries() {
        let entries = [Entry([1, 2]), Entry([3, 4, 5])]
        let block = Block(header: Samples.header, entries: entries)
        #expect(block == Block(header: Samples.header, transactions: [[1, 2], [3, 4, 5]]))
        #expect(block.transactionIDs == entries.map { Transaction.id(of: $0.bytes) })
        #expect(block.bodyMatchesHeader)
        let other = Entry(id: Entry([9]).id, bytes: [1, 2])
        #expect(!Block(header: Samples.header, entries: [other, entries[1]]).bodyMatchesHeader)
    }

    @Test func aHeaderKeepsTheHashOfItsEncoding() throws {
        let header = Samples.header
        #expect(header.hash == SHA256.digest(header.canonicalBytes))
        let decoded = try BlockHeader(canonicalBytes: header.canonicalBytes)
        #expect(decoded.hash == header.hash)
        #expect(decoded == header)
    }

    @Test func approvalNeedsTheThresholdAndOnlyGoodSignatures() throws {
        let body = AbortElection(election: digest("e"), reason: "r")
        let message = Transaction.signedMessage(
            tag: .abortElection, body: body, in: self.domain)
        func isApproved(
            _ members: [UInt16], key: (UInt16) -> Bytes32 = { digest("m\($0)") },
            tag: EntryTag = .abortElection, chain: Bytes32 = digest("chain")
        ) throws -> Bool {
            let approved = try #require(
                Approved(
                    chainID: chain, body: body,
                    approvals: members.map {
                        Approval(
                            member: $0, signature: HashSignatures.sign(message, by: key($0)))
                    }))
            return approved.isApproved(
                by: Samples.commission, tag: tag, in: self.domain, verifier: HashSignatures())
        }
        #expect(try isApproved([0, 2]))
        #expect(try isApproved([0, 1, 2]))
        #expect(try !isApproved([0]))
        #expect(try !isApproved([0, 3]))
        #expect(try !isApproved([0, 1, 3]))
        #expect(try !isApproved([0, 1], key: { _ in digest("m0") }))
        #expect(try !isApproved([0, 1], tag: .extendWindow))
        #expect(try !isApproved([0, 1], chain: digest("other")))
    }

    @Test func signatureIsOfOneBodyTagAndChain() {
        let body = IssueCount(election: digest("e"), style: 1, total: 2)
        let message = Transaction.signedMessage(tag: .issueCount, body: body, in: self.domain)
        let signature = HashSignatures.sign(message, by: digest("registrar"))
        func isSigned(
            _ body: IssueCount, tag: EntryTag = .issueCount, chain: Bytes32 = digest("chain")
        ) -> Bool {
            Signed(chainID: chain, body: body, signature: signature).isSigned(
                by: digest("registrar"), tag: tag, in: self.domain, verifier: HashSignatures())
        }
        #expect(isSigned(body))
        #expect(!isSigned(IssueCount(election: digest("e"), style: 1, total: 3)))
        #expect(!isSigned(body, tag: .issuedLeaves))
        #expect(!isSigned(body, chain: digest("other")))
    }
}
