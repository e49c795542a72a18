package import Codec
package import Ristretto

/// A dealer's secrets in one ceremony: polynomials `f_{i,k}(X) = sum_{m<t} a_{i,k,m} X^m`, `rho_i`
/// and the commitment's nonce.
package struct DealerSecret: Sendable {
    /// `a_{i,k,m}`: K rows of t.
    let coefficients: [[Scalar]]
    let rho: Scalar
    let nonce: Bytes32

    /// - Parameter coefficients: K rows of t scalars.
    package init(coefficients: [[Scalar]], rho: Scalar, nonce: Bytes32) {
        self.coefficients = coefficients
        self.rho = rho
        self.nonce = nonce
    }

    /// `s_ijk = f_{i,k}(j)` for k = 1…K, by Horner's rule.
    func shares(of receiver: UInt32) -> [Scalar] {
        let x = Scalar(UInt64(receiver))
        return self.coefficients.map { row in
            row.reversed().reduce(Scalar.zero) { $0 * x + $1 }
        }
    }

    /// `F_i`, k outer and m inner.
    func commitments<A: SecretArithmetic>(_ arithmetic: A) -> [Bytes32] {
        self.coefficients.flatMap { row in
            row.map { arithmetic.multiplyBase(by: $0).encoded() }
        }
    }

    /// What is posted in D1.
    package func commitment<A: SecretArithmetic>(
        dealer: UInt32, parameters: CeremonyParameters, arithmetic: A
    ) -> DealerCommitment {
        DealerCommitment(
            dealer: dealer, commitments: self.commitments(arithmetic),
            ephemeralKey: arithmetic.multiplyBase(by: self.rho).encoded(), nonce: self.nonce,
            parameters: parameters)
    }

    /// What is posted in D2; `communicationKeys` are `E_1 … E_n`. The proof's nonces are fresh, so
    /// the result is stored before it is sent: a second, different dealing is refused.
    /// - Throws: `length` unless there is one key per trustee, `identity`, `point`.
    package func dealing<A: SecretArithmetic, E: AuthenticatedEncryption, R: RandomSource>(
        dealer: UInt32, parameters: CeremonyParameters, communicationKeys: [Bytes32],
        arithmetic: A, encryption: E.Type, random: inout R
    ) throws(RefusalCode) -> Dealing {
        guard communicationKeys.count == Int(parameters.trusteeCount) else { throw .length }
        let commitments = self.commitments(arithmetic)
        let ephemeralKey = arithmetic.multiplyBase(by: self.rho).encoded()
        var sealedShares: [[UInt8]] = []
        for (receiver, key) in zip(1...parameters.trusteeCount, communicationKeys) {
            let element = try GroupElement(nonIdentity: key)
            let channel = ShareChannel(
                dealer: dealer, receiver: receiver, parameters: parameters,
                ephemeralKey: ephemeralKey, receiverKey: key)
            let shared = arithmetic.multiply(element.point, by: self.rho).encoded()
            sealedShares.append(
                channel.seal(self.shares(of: receiver), shared: shared, encryption: E.self))
        }
        var nonces = Nonces(
            secret: self.rho,
            statement: [
                parameters.setupID.bytes, Transcript.u32(dealer), Transcript.joined(commitments),
            ])
        var secrets: [Scalar] = []
        for _ in self.coefficients { secrets.append(nonces.next(&random)) }
        let possession = secrets.map { arithmetic.multiplyBase(by: $0).encoded() }
        let c = Dealing.possessionChallenge(
            dealer: dealer, commitments: commitments, possessionCommitments: possession,
            parameters: parameters)
        return Dealing(
            commitments: commitments, ephemeralKey: ephemeralKey, nonce: self.nonce,
            possessionCommitments: possession,
            possessionResponses: zip(secrets, self.coefficients).map { w, row in
                (w + c * row[0]).encoded
            },
            sealedShares: sealedShares)
    }
}

/// What a trustee finds in a dealing.
package enum DealingReview: Sendable {
    /// The share vector `s_ij1 … s_ijK` is good.
    case accepted([Scalar])
    /// It is not; this is to be posted.
    case complaint(Complaint)
}

/// A trustee's secrets for ceremonies, all derived from one stored seed and the setupId: a tool that
/// crashed goes on where it was, and a restarted ceremony gets other polynomials.
package struct TrusteeSecret: Sendable {
    private let derivation: SeedDerivation

    /// - Parameter seed: 32 bytes from the system's random source, kept under the passphrase.
    package init(seed: Bytes32) { self.derivation = SeedDerivation(seed: seed) }

    private func communicationSecret(_ parameters: CeremonyParameters, _ trustee: UInt32) -> Scalar
    {
        self.derivation.scalar(
            .communicationKey, [parameters.setupID.bytes, Transcript.u32(trustee)])
    }

    /// Step D0. The proof's nonce is fresh: store the result before sending it.
    package func registration<A: SecretArithmetic, R: RandomSource>(
        trustee: UInt32, parameters: CeremonyParameters, arithmetic: A, random: inout R
    ) -> TrusteeRegistration {
        let secret = self.communicationSecret(parameters, trustee)
        let key = arithmetic.multiplyBase(by: secret).encoded()
        return TrusteeRegistration(
            communicationKey: key,
            proof: SchnorrProof.make(
                .ceremonyRegister,
                TrusteeRegistration.items(
                    trustee: trustee, key: key, setupID: parameters.setupID),
                secret: secret, arithmetic: arithmetic, random: &random))
    }

    /// The secrets behind D1 and D2.
    package func dealer(trustee: UInt32, parameters: CeremonyParameters) -> DealerSecret {
        let context = [
            parameters.setupID.bytes, Transcript.u32(trustee),
            Transcript.u32(parameters.threshold), Transcript.u32(parameters.keyCount),
        ]
        var coefficients: [[Scalar]] = []
        for k in 0..<parameters.keyCount {
            var row: [Scalar] = []
            for m in 0..<parameters.threshold {
                row.append(
                    self.derivation.scalar(
                        .polynomial, context + [Transcript.u32(k), Transcript.u32(m)]))
            }
            coefficients.append(row)
        }
        let nonce = self.derivation.bytes(
            .commitmentNonce, context, attempt: 0, count: Bytes32.size)
        return DealerSecret(
            coefficients: coefficients, rho: self.derivation.scalar(.ephemeralKey, context),
            nonce: Bytes32(nonce[...]))
    }

    /// Step D3: opens the own share of an accepted dealing and checks
    /// `s_ijk B = sum_m j^m F_{i,k,m}` for all k.
    /// - Throws: `length`, `identity`, `point` for a dealing that no validator accepts.
    package func review<A: SecretArithmetic, E: AuthenticatedEncryption, R: RandomSource>(
        _ entry: QualifiedDealing, trustee: UInt32, parameters: CeremonyParameters, arithmetic: A,
        encryption: E.Type, random: inout R
    ) throws(RefusalCode) -> DealingReview {
        let communication = CommunicationKey(
            secret: self.communicationSecret(parameters, trustee), arithmetic: arithmetic)
        return try communication.review(
            entry, trustee: trustee, parameters: parameters, arithmetic: arithmetic,
            encryption: E.self, random: &random)
    }

    /// The trustee's share of every voting key, `x_{j,k} = sum_{i in QUAL} s_ijk`, from dealings
    /// that were all reviewed as accepted.
    /// - Throws: `commitment` if a dealing holds a bad share, `identity`, `point`, `length`.
    package func keyShare<A: SecretArithmetic, E: AuthenticatedEncryption, R: RandomSource>(
        of qualified: [QualifiedDealing], trustee: UInt32, parameters: CeremonyParameters,
        arithmetic: A, encryption: E.Type, random: inout R
    ) throws(RefusalCode) -> TrusteeKeyShare {
        var sums = [Scalar](repeating: .zero, count: Int(parameters.keyCount))
        for entry in qualified {
            let review = try self.review(
                entry, trustee: trustee, parameters: parameters, arithmetic: arithmetic,
                encryption: E.self, random: &random)
            guard case .accepted(let shares) = review else { throw .commitment }
            for (index, share) in shares.enumerated() { sums[index] += share }
        }
        return TrusteeKeyShare(trustee: trustee, shares: sums)
    }
}

/// A trustee's communication key `E_j = e_j B` with its secret.
package struct CommunicationKey: Sendable {
    /// `E_j`.
    package let publicKey: Bytes32
    private let secret: Scalar

    /// The key of a secret `e_j`.
    package init<A: SecretArithmetic>(secret: Scalar, arithmetic: A) {
        self.secret = secret
        self.publicKey = arithmetic.multiplyBase(by: secret).encoded()
    }

    /// Opens the share of `trustee` in a dealing and checks it.
    /// - Throws: `length`, `identity`, `point`, `contest` if the dealer is not one of 1…n.
    package func review<A: SecretArithmetic, E: AuthenticatedEncryption, R: RandomSource>(
        _ entry: QualifiedDealing, trustee: UInt32, parameters: CeremonyParameters, arithmetic: A,
        encryption: E.Type, random: inout R
    ) throws(RefusalCode) -> DealingReview {
        guard
            parameters.contains(trustee: entry.dealer), parameters.contains(trustee: trustee)
        else { throw .contest }
        let expected = try entry.dealing.publicShares(of: trustee, parameters: parameters)
        let ephemeral = try GroupElement(nonIdentity: entry.dealing.ephemeralKey)
        let shared = GroupElement(arithmetic.multiply(ephemeral.point, by: self.secret))
        let channel = ShareChannel(
            dealer: entry.dealer, receiver: trustee, parameters: parameters,
            ephemeralKey: ephemeral.bytes, receiverKey: self.publicKey)
        let shares = channel.open(
            entry.dealing.sealedShares[Int(trustee) - 1], shared: shared.bytes,
            encryption: E.self)
        if let shares {
            let good = zip(shares, expected).allSatisfy { share, point in
                arithmetic.multiplyBase(by: share) == point
            }
            if good { return .accepted(shares) }
        }
        let statement = EqualityProof.Statement(
            key: try GroupElement(self.publicKey), other: ephemeral, product: shared)
        return .complaint(
            Complaint(
                dealer: entry.dealer, sharedPoint: shared.bytes,
                proof: EqualityProof.make(
                    .ceremonyComplaint,
                    Complaint.context(
                        dealer: entry.dealer, accuser: trustee, setupID: parameters.setupID),
                    statement: statement, secret: self.secret, arithmetic: arithmetic,
                    random: &random)))
    }
}
