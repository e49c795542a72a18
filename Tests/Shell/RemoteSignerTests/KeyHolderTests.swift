import Codec
import Consensus
import Cryptography
import Files
import Foundation
import Ledger
import RemoteSigner
import Testing

/// What the holder of a key signs, and what it remembers.
@Suite struct KeyHolderTests {
    private let home = TestHome()

    private func notarize(_ view: UInt64, block: UInt8 = 1) -> VoteSubject {
        .notarize(Self.proposal(view, block: block))
    }

    private static func proposal(_ view: UInt64, block: UInt8) -> Proposal {
        Proposal(
            round: round(view), parentView: View(view - 1),
            blockHash: Bytes32(exactly: [UInt8](repeating: block, count: 32)) ?? .zero)
    }

    private static func round(_ view: UInt64) -> Round {
        Round(epoch: Epoch(0), view: View(view))
    }

    private func isRefused(_ answer: SignerAnswer) -> Bool {
        if case .refused = answer { return true }
        return false
    }

    @Test func aVoteIsSignedOnceAndRepeatedByteForByte() async throws {
        try home.begin()
        let holder = try home.holder()
        let subject = notarize(1)
        let first = try await holder.answer(.vote(subject))
        guard case .signed(let signature) = first else {
            Issue.record("refused: \(first)")
            return
        }
        #expect(
            Ed25519Verifier().isValid(
                signature, of: subject.message(in: home.domain), by: home.key.publicKey))
        #expect(try await holder.answer(.vote(subject)) == first)
    }

    @Test func whatContradictsTheRecordIsRefused() async throws {
        try home.begin()
        let holder = try home.holder()
        _ = try await holder.answer(.vote(notarize(5)))
        #expect(isRefused(try await holder.answer(.vote(notarize(5, block: 2)))))
        #expect(isRefused(try await holder.answer(.vote(notarize(4)))))
        #expect(
            isRefused(
                try await holder.answer(
                    .vote(.nullify(Round(epoch: Epoch(0), view: View(4)))))))
        // NULLIFY after NOTARIZE is allowed, FINALIZE after NULLIFY never.
        #expect(!isRefused(try await holder.answer(.vote(.nullify(Self.round(5))))))
        let final = VoteSubject.finalize(Self.proposal(5, block: 1))
        #expect(isRefused(try await holder.answer(.vote(final))))
        #expect(!isRefused(try await holder.answer(.vote(notarize(6)))))
    }

    @Test func theRecordOutlivesTheProcess() async throws {
        try home.begin()
        do {
            let holder = try home.holder()
            _ = try await holder.answer(.vote(notarize(7)))
        }
        let holder = try home.holder()
        #expect(isRefused(try await holder.answer(.vote(notarize(7, block: 2)))))
        #expect(isRefused(try await holder.answer(.vote(notarize(6)))))
        guard case .ready(_, _, let record) = await holder.take() else {
            Issue.record("the key is taken")
            return
        }
        #expect(record.round == Self.round(7))
    }

    @Test func withoutItsRecordAKeySignsNothing() throws {
        #expect(throws: SignerFailure.self) { try home.holder() }
        // What the attempt left is no record either.
        #expect(throws: SignerFailure.self) { try home.holder() }
    }

    @Test func aRecordIsNeverMadeAnew() throws {
        try home.begin()
        #expect(throws: SignerFailure.self) { try home.begin() }
    }

    @Test(arguments: [0, 40, 90, 130])
    func aFlippedBitAnywhereInTheRecordIsFound(at place: Int) async throws {
        try home.begin()
        do {
            let holder = try home.holder()
            _ = try await holder.answer(.vote(notarize(3)))
        }
        var bytes = try home.recordBytes()
        bytes[min(place, bytes.count - 1)] ^= 0x10
        try home.setRecord(bytes)
        #expect(throws: SignerFailure.self) { try home.holder() }
    }

    @Test func aCutRecordIsFound() throws {
        try home.begin()
        try home.setRecord(Array(try home.recordBytes().dropLast()))
        #expect(throws: SignerFailure.self) { try home.holder() }
    }

    @Test func theRecordOfAnotherKeyIsFound() throws {
        try home.begin()
        let other = TestHome()
        try other.begin()
        try home.setRecord(try other.recordBytes())
        #expect(throws: SignerFailure.self) { try home.holder() }
    }

    @Test func oneNodeAtATimeHasTheKey() async throws {
        try home.begin()
        let holder = try home.holder()
        let first = await holder.take()
        #expect(first != .busy)
        #expect(await holder.take() == .busy)
        await holder.release()
        #expect(await holder.take() != .busy)
    }

    @Test func aRecordThatCannotBeWrittenGivesNoSignature() async throws {
        try home.begin()
        let holder = try home.holder()
        // A directory in the place of the new record makes the write fail.
        try FileManager.default.createDirectory(
            atPath: home.path + "/signer.record.new", withIntermediateDirectories: false)
        await #expect(throws: DiskFailure.self) {
            try await holder.answer(.vote(notarize(1)))
        }
        // Nor later: what is on the disk is not known any more.
        await #expect(throws: DiskFailure.self) {
            try await holder.answer(.vote(notarize(2)))
        }
    }
}

/// A signer's key and data directory.
final class TestHome: Sendable {
    let path: String
    let key = Ed25519SigningKey.generate()
    let domain = SigningDomain(kind: .training, chainID: .zero)

    init() { path = NSTemporaryDirectory() + "veche-signer-" + UUID().uuidString }

    deinit {
        // What is left over in the temporary directory harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    func begin() throws {
        try SignerRecordFile.begin(
            in: try DataDirectory(path: path), chainID: domain.chainID, key: key.publicKey)
    }

    func holder() throws -> KeyHolder {
        try KeyHolder(directory: try DataDirectory(path: path), domain: domain, key: key)
    }

    private var record: URL { URL(fileURLWithPath: path + "/signer.record") }

    func recordBytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: record)) }

    func setRecord(_ bytes: [UInt8]) throws { try Data(bytes).write(to: record) }
}
