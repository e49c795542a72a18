import Codec
import Files
import Foundation
import Ledger
import NetworkAddresses
import Node
import Storage
import Testing

/// What is in the mempool, or may soon be, stays stored, whatever becomes of another copy of it.
@Suite struct ChecksUnderWayTests {
    private let now = Instant(microseconds: 1_000_000)
    private let client = AdmissionSender.client(AddressGroup("192.0.2.1"))
    private let bytes: [UInt8] = [0x32, 1]
    private var id: Bytes32 { Transaction.id(of: bytes) }
    private var record: MempoolRecord { MempoolRecord(id: id, bytes: bytes) }

    private func withStore(_ body: (NodeStore) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "veche-checks-" + UUID().uuidString
        // What is left over in the temporary directory harms nobody.
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(try NodeStore(in: DataDirectory(path: path), chainID: .zero))
    }

    private func remove(
        _ ids: [Bytes32], from store: NodeStore, _ checks: ChecksUnderWay, _ mempool: Mempool
    ) throws {
        try store.removeFromMempool(checks.unused(ids, in: mempool))
    }

    @Test func aCopysRefusalLeavesWhatAnotherCopyHasStored() throws {
        try withStore { store in
            var (mempool, checks) = (Mempool(limits: MempoolLimits()), ChecksUnderWay())
            // Two copies are judged side by side. The one on the newer state is stored.
            checks.begin(id)
            checks.begin(id)
            try store.addToMempool([record])
            // The one on the older state is refused before the other is in the mempool.
            checks.end(id)
            try remove([id], from: store, checks, mempool)
            #expect(try store.mempool(limit: .max) == [record])
            checks.end(id)
            try mempool.insert(id: id, bytes: bytes, from: client, at: now)
            #expect(try store.mempool(limit: .max) == [record])
        }
    }

    @Test func aCopyThatFindsNoRoomLeavesTheOneThatDid() throws {
        try withStore { store in
            var (mempool, checks) = (Mempool(limits: MempoolLimits()), ChecksUnderWay())
            // Both are of one batch: one sender's share was taken, the other's was not.
            for _ in 0..<2 { checks.begin(id) }
            try store.addToMempool([record])
            for _ in 0..<2 { checks.end(id) }
            try mempool.insert(id: id, bytes: bytes, from: client, at: now)
            try remove([id], from: store, checks, mempool)
            #expect(try store.mempool(limit: .max) == [record])
        }
    }

    @Test func theLastCopysRefusalRemovesWhatWasStored() throws {
        try withStore { store in
            var (mempool, checks) = (Mempool(limits: MempoolLimits()), ChecksUnderWay())
            for _ in 0..<2 { checks.begin(id) }
            try store.addToMempool([record])
            checks.end(id)
            try remove([id], from: store, checks, mempool)
            checks.end(id)
            try remove([id], from: store, checks, mempool)
            #expect(try store.mempool(limit: .max).isEmpty)
            // What leaves the mempool goes, too.
            try store.addToMempool([record])
            try mempool.insert(id: id, bytes: bytes, from: client, at: now)
            mempool.remove(id)
            try remove([id], from: store, checks, mempool)
            #expect(try store.mempool(limit: .max).isEmpty)
        }
    }
}
