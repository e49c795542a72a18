import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Ristretto
import Synchronization
import Testing

/// How often a ballot is looked at on its way from a validator's door into a block. What all ballots of
/// a block share is read once for all of them, so one more ballot costs only what is its own.
struct WorkCountTests {
    private static let time = Hour.opens + 1

    /// A number that many readers of one thing raise.
    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func raise() { value.withLock { $0 += 1 } }
    }

    private struct CountingState: StateReader {
        let state: MemoryState
        let reads: Counter

        func value(for key: StateKey) -> [UInt8]? {
            if key.bytes.first == StateKey.recordSpace { reads.raise() }
            return state.value(for: key)
        }
    }

    private struct CountingVerifier: BlindSignatureVerifier {
        let checks: Counter
        let keys: Counter
        var verifier = CredentialVerifier()

        func isValid(_ signature: [UInt8], of message: [UInt8], modulus: [UInt8]) -> Bool {
            checks.raise()
            return verifier.isValid(signature, of: message, modulus: modulus)
        }

        func keeping(_ modulus: [UInt8]) -> Self {
            keys.raise()
            return Self(checks: checks, keys: keys, verifier: verifier.keeping(modulus))
        }
    }

    private struct CountingRandom: RandomSource {
        var calls = 0
        private var source = SeededRandom("sums")

        mutating func bytes(_ count: Int) -> [UInt8] {
            calls += 1
            return source.bytes(count)
        }
    }

    /// What ballots took, in all.
    private struct Work: Equatable {
        /// Records that were read while ballots were screened, looked at again and applied.
        var screening = 0
        var admission = 0
        var application = 0
        var certificates = 0
        /// Keys of the registrar that were parsed.
        var keys = 0
        /// Multi-scalar sums over signatures or proofs.
        var sums = 0

        static func - (lhs: Self, rhs: Self) -> Self {
            Self(
                screening: lhs.screening - rhs.screening,
                admission: lhs.admission - rhs.admission,
                application: lhs.application - rhs.application,
                certificates: lhs.certificates - rhs.certificates, keys: lhs.keys - rhs.keys,
                sums: lhs.sums - rhs.sums)
        }
    }

    /// The way of ballots of new voters of style 1, which has two contests, through one validator.
    private func work(ballots count: Int) throws -> Work {
        var world = Stages.open
        let entries = try (0..<count).map { number in
            let voter = try world.voter("voter \(number)", style: 1)
            let (ballot, _) = try world.ballot(voter, [.options([0]), .options([])])
            return Entry(ballot.canonicalBytes)
        }
        let (checks, keys, reads) = (Counter(), Counter(), Counter())
        let chain = ChainContext(
            genesis: world.chain.genesis,
            verifiers: Verifiers(
                signatures: Ed25519Verifier(),
                credentials: CountingVerifier(checks: checks, keys: keys),
                encryption: ChaCha20Poly1305.self))
        let state = CountingState(state: world.state, reads: reads)
        var work = Work()
        func counted<Value>(_ body: () throws -> Value) rethrows -> (Value, Int) {
            let before = reads.count
            let value = try body()
            return (value, reads.count - before)
        }
        var check = try AdmissionCheck(
            chain: chain, state: state, catalog: ElectionCatalog(), time: Hour.time(Self.time))
        let (prepared, screening) = try counted {
            try entries.compactMap { try check.screen($0).ballot }
        }
        work.screening = screening
        var random = CountingRandom()
        let (verdicts, none) = counted {
            BallotCheck.verify(prepared, order: .cheapestFirst, random: &random)
        }
        #expect(none == 0)
        work.sums = random.calls
        var verified: [VerifiedBallot] = []
        for case .valid(let ballot) in verdicts { verified.append(ballot) }
        #expect(verified.count == count)
        let (admissions, admission) = try counted { try verified.map { try check.check($0) } }
        #expect(admissions.allSatisfy { $0 == .admitted })
        work.admission = admission
        var executor = try BlockExecutor(
            chain: chain, parent: state, catalog: check.catalog, height: world.head.height.next,
            time: Hour.time(Self.time), parentHash: .zero)
        let (_, application) = try counted {
            for (entry, ballot) in zip(entries, verified) {
                try executor.apply(entry, verified: ballot)
            }
        }
        work.application = application
        work.certificates = checks.count
        work.keys = keys.count
        return work
    }

    @Test func oneMoreBallotCostsOnlyWhatIsItsOwn() throws {
        let (one, three) = (try work(ballots: 1), try work(ballots: 3))
        // Its id, its credential, its tracker, and A of two contests, each time.
        #expect(
            three - one
                == Work(
                    screening: 2 * 5, admission: 2 * 5, application: 2 * 5, certificates: 2,
                    keys: 0, sums: 1))
        // Together: the keys of three styles, once; one sum over the proofs, and one over the
        // signatures of more than one ballot.
        #expect(one.keys == 3 && one.certificates == 1 && one.sums == 1)
        // The election and the style beside what is a ballot's own, and two totals.
        #expect(one.admission == 5)
        #expect(one.application == 5 + 2 + 2)
    }
}
