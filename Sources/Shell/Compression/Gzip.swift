// Compression: shorter forms of answers. The only importer of zlib. It knows nothing of what it shortens.

import CZlib
import Synchronization

/// Makes gzip files (RFC 1952) in one step.
package enum Gzip {
    /// The fastest level: an answer is sent once, and hexadecimal text shrinks by little more at others.
    private static let level: Int32 = 1
    /// The largest window, and 16 for a gzip header.
    private static let windowBits: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8

    /// Nil where zlib has no memory, or where the result would be as long as the bytes.
    package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        guard !bytes.isEmpty, let count = UInt32(exactly: bytes.count) else { return nil }
        var stream = unsafe z_stream()
        // SAFETY: zlib wants a zeroed stream, its own version, and the size of the structure as we see it.
        guard
            unsafe deflateInit2_(
                &stream, level, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY,
                ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { _ = unsafe deflateEnd(&stream) }
        var input = bytes
        // SAFETY: zlib reads `count` bytes of the input and writes at most as many to the output. Both
        // buffers outlive the only call that uses them.
        let output = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { output, length in
            length = unsafe input.withUnsafeMutableBufferPointer { input in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = count
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = count
                guard unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END else { return 0 }
                return Int(count) - Int(unsafe stream.avail_out)
            }
        }
        return output.isEmpty || output.count >= bytes.count ? nil : output
    }
}

/// Compresses for several clients, a bounded number at once: each takes a quarter of a megabyte of
/// memory beside its answer.
package final class Compressor: Sendable {
    private let limit: Int
    private let count = Mutex(0)

    /// - Parameter limit: how many are at work at once at most.
    package init(limit: Int) { self.limit = limit }

    /// Nil where the bytes shrink by nothing, or where `limit` others are at work.
    package func gzip(_ bytes: [UInt8]) -> [UInt8]? {
        let isAdmitted = count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { return nil }
        defer { count.withLock { $0 -= 1 } }
        return Gzip.compress(bytes)
    }
}
