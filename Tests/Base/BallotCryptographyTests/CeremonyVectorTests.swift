import BallotCryptography
import Codec
import Cryptography
import Ristretto
import Testing

@Suite struct CeremonyVectorTests {
    let election: VectorElection
    let dkg: VectorNode
    let parameters: CeremonyParameters
    let arithmetic = ConstantTimeArithmetic()

    init() throws {
        self.election = try VectorElection()
        self.dkg = try self.election.file["dkg"]
        self.parameters = self.election.keys.parameters
    }

    /// A dealer of the vectors with its secrets.
    private func secret(_ node: VectorNode) throws -> DealerSecret {
        DealerSecret(
            coefficients: try node["coefficients"].list.map { row throws in
                try row.list.map { coefficient throws in try coefficient.scalar }
            },
            rho: try node["rho"].scalar, nonce: try node["nonce"].bytes32)
    }

    /// The dealing that the vectors describe, possibly with another sealed share.
    private func dealing(
        _ node: VectorNode, replacing receiver: Int? = nil, with other: [UInt8] = []
    ) throws -> Dealing {
        let possession = try node["pop"].pieces
        var sealed = try (1...3).map { index throws in try node["sealed"]["\(index)"].bytes }
        if let receiver { sealed[receiver - 1] = other }
        return Dealing(
            commitments: try node["F"].list.flatMap { row throws in try row.bytes32List },
            ephemeralKey: try node["R"].bytes32, nonce: try node["nonce"].bytes32,
            possessionCommitments: [Bytes32](possession.prefix(6)),
            possessionResponses: [Bytes32](possession.suffix(6)), sealedShares: sealed)
    }

    private func dealings() throws -> [QualifiedDealing] {
        try self.dkg["dealers"].list.map { node throws in
            QualifiedDealing(
                dealer: UInt32(try node["index"].number), dealing: try self.dealing(node))
        }
    }

    private func communicationKey(_ node: VectorNode) throws -> CommunicationKey {
        CommunicationKey(secret: try node["e"].scalar, arithmetic: self.arithmetic)
    }

    private func judge(
        _ complaint: VectorNode, dealing: Dealing
    ) throws -> ComplaintVerdict {
        let accuser = try complaint["accuser"].number
        return try Complaint(
            dealer: UInt32(try complaint["accused"].number),
            sharedPoint: try complaint["S"].bytes32,
            proof: try complaint["dleq"].equalityProof
        ).judge(
            accuser: UInt32(accuser),
            accuserKey: try self.dkg["dealers"].list[accuser - 1]["E"].bytes32, dealing: dealing,
            parameters: self.parameters, encryption: ChaCha20Poly1305.self)
    }

    @Test func dealersCommitRevealAndSealAsTheVectorsSay() throws {
        let keys = try self.dkg["dealers"].list.map { node throws in try node["E"].bytes32 }
        var constants: [Bytes32] = []
        for node in try self.dkg["dealers"].list {
            let dealer = UInt32(try node["index"].number)
            #expect(try self.communicationKey(node).publicKey == node["E"].bytes32)
            let secret = try self.secret(node)
            let commitment = secret.commitment(
                dealer: dealer, parameters: self.parameters, arithmetic: self.arithmetic)
            #expect(commitment.digest == (try node["commit"].bytes32))
            var random = SeededRandom(UInt64(dealer))
            let made = try secret.dealing(
                dealer: dealer, parameters: self.parameters, communicationKeys: keys,
                arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self, random: &random)
            let given = try self.dealing(node)
            #expect(made.commitments == given.commitments)
            #expect(made.ephemeralKey == given.ephemeralKey)
            #expect(made.sealedShares == given.sealedShares)
            for dealing in [made, given] {
                try dealing.check(
                    dealer: dealer, commitment: commitment, otherConstants: constants,
                    parameters: self.parameters)
                var reader = ByteReader(dealing.canonicalBytes)
                #expect(try Dealing(from: &reader) == dealing)
                try reader.finish()
            }
            constants += given.constants(self.parameters)
        }
    }

    @Test func receiversOpenTheSharesOfTheVectors() throws {
        for entry in try self.dealings() {
            let node = try self.dkg["dealers"].list[Int(entry.dealer) - 1]
            for (index, receiver) in try self.dkg["dealers"].list.enumerated() {
                var random = SeededRandom(7)
                let review = try self.communicationKey(receiver).review(
                    entry, trustee: UInt32(index + 1), parameters: self.parameters,
                    arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self,
                    random: &random)
                guard case .accepted(let shares) = review else {
                    Issue.record("a good share is accepted")
                    continue
                }
                let expected = try node["shares"]["\(index + 1)"].bytes32List
                #expect(shares.map(\.encoded) == expected)
            }
        }
    }

    @Test func jointAndVerificationKeysAddUp() throws {
        let keys = try KeyCeremony.keys(of: try self.dealings(), parameters: self.parameters)
        #expect(keys == self.election.keys)
        var reader = ByteReader(keys.canonicalBytes)
        #expect(try ElectionKeys(from: &reader) == keys)
        for trustee in 1...UInt32(3) {
            let shares = try self.dkg["secretShares"]["\(trustee)"].list.map { node throws in
                try node.scalar
            }
            let share = TrusteeKeyShare(trustee: trustee, shares: shares)
            #expect(share.matches(keys, arithmetic: self.arithmetic))
            var random = SeededRandom(8)
            let confirmation = try share.confirmation(
                qualified: [1, 2, 3], keys: keys, arithmetic: self.arithmetic, random: &random)
            try confirmation.check(trustee: trustee, qualified: [1, 2, 3], keys: keys)
            #expect(throws: RefusalCode.self) {
                try confirmation.check(trustee: trustee % 3 + 1, qualified: [1, 2, 3], keys: keys)
            }
            #expect(throws: RefusalCode.commitment) {
                try confirmation.check(trustee: trustee, qualified: [1, 2], keys: keys)
            }
        }
    }

    @Test func wrongShareIsAJustifiedComplaintAndLeavesOtherKeys() throws {
        let complaint = try self.election.file["dkgComplaint"]
        let accused = try complaint["accused"].number
        let accuser = try complaint["accuser"].number
        let bad = try self.dealing(
            self.dkg["dealers"].list[accused - 1], replacing: accuser,
            with: complaint["sealed"].bytes)
        #expect(try self.judge(complaint, dealing: bad) == .justified)
        var random = SeededRandom(9)
        let review = try self.communicationKey(self.dkg["dealers"].list[accuser - 1]).review(
            QualifiedDealing(dealer: UInt32(accused), dealing: bad), trustee: UInt32(accuser),
            parameters: self.parameters, arithmetic: self.arithmetic,
            encryption: ChaCha20Poly1305.self, random: &random)
        guard case .complaint(let made) = review else {
            Issue.record("a bad share leads to a complaint")
            return
        }
        #expect(made.sharedPoint == (try complaint["S"].bytes32))
        #expect(
            try made.judge(
                accuser: UInt32(accuser),
                accuserKey: self.dkg["dealers"].list[accuser - 1]["E"].bytes32, dealing: bad,
                parameters: self.parameters, encryption: ChaCha20Poly1305.self) == .justified)
        let qualified = try complaint["QUAL"].list.map { node throws in UInt32(try node.number) }
        let keys = try KeyCeremony.keys(
            of: try self.dealings().filter { qualified.contains($0.dealer) },
            parameters: self.parameters)
        #expect(keys.jointKeys.map(\.bytes) == (try complaint["Y"].bytes32List))
        for trustee in 1...3 {
            #expect(
                keys.verificationKeys[trustee - 1].map(\.bytes)
                    == (try complaint["verificationKeys"]["\(trustee)"].bytes32List))
        }
    }

    @Test func complaintAboutAGoodShareIsUnfounded() throws {
        let complaint = try self.election.file["dkgComplaint"]["falseComplaint"]
        let dealing = try self.dealing(self.dkg["dealers"].list[0])
        #expect(try self.judge(complaint, dealing: dealing) == .unfounded)
    }

    @Test func complaintWithAMadeUpSharedPointIsRefused() throws {
        let complaint = try self.election.file["dkgComplaint"]["forgedComplaint"]
        let dealing = try self.dealing(self.dkg["dealers"].list[0])
        #expect(throws: RefusalCode.proof) { try self.judge(complaint, dealing: dealing) }
    }

    @Test func garbageInsteadOfASealedShareIsAJustifiedComplaint() throws {
        let node = try self.dkg["dealers"].list[0]
        var sealed = try node["sealed"]["2"].bytes
        sealed[17] ^= 1
        let bad = try self.dealing(node, replacing: 2, with: sealed)
        var random = SeededRandom(10)
        let review = try self.communicationKey(self.dkg["dealers"].list[1]).review(
            QualifiedDealing(dealer: 1, dealing: bad), trustee: 2, parameters: self.parameters,
            arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self, random: &random)
        guard case .complaint(let complaint) = review else {
            Issue.record("a share that does not open leads to a complaint")
            return
        }
        #expect(
            try complaint.judge(
                accuser: 2, accuserKey: self.dkg["dealers"].list[1]["E"].bytes32, dealing: bad,
                parameters: self.parameters, encryption: ChaCha20Poly1305.self) == .justified)
        #expect(throws: RefusalCode.contest) {
            try Complaint(dealer: 2, sharedPoint: complaint.sharedPoint, proof: complaint.proof)
                .judge(
                    accuser: 2, accuserKey: self.dkg["dealers"].list[1]["E"].bytes32, dealing: bad,
                    parameters: self.parameters, encryption: ChaCha20Poly1305.self)
        }
    }
}
