#if arch(wasm32)

    // The module's heap. Embedded Swift asks for `posix_memalign` and `free` and nothing else. Memory has
    // a fixed size, so that no input can make it grow, and is wiped when it is freed, so that no secret
    // outlives its value.

    /// The layout of linear memory that `Deploy/ballot-web.sh` links: stack, then data, then the heap.
    private enum Layout {
        /// Above the end of data; the linker's `__heap_base` is checked against it.
        static let heapStart: UInt = 0x20_0000
        /// The end of the 16 MiB.
        static let heapEnd: UInt = 0x100_0000
        /// The header before each block holds the number of its size.
        static let header: UInt = 16
        /// Sizes of blocks with their header are 32, 64, …, 2^23.
        static let smallestLogarithm: UInt = 5
        static let sizes: UInt = 19
    }

    /// Where memory was never used yet.
    nonisolated(unsafe) private var unused = Layout.heapStart
    /// The freed blocks of each size, linked through their first word.
    nonisolated(unsafe) private var freed = InlineArray<19, UInt>(repeating: 0)

    /// Gives `size` bytes at a multiple of `alignment`; 0 for success, 12 (ENOMEM) if there are none.
    @_cdecl("posix_memalign")
    func allocate(
        _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: UInt, _ size: UInt
    ) -> Int32 {
        guard alignment <= Layout.header, size <= 1 << 22, let block = takeBlock(size) else {
            return 12
        }
        // SAFETY: the caller gives the address of a pointer to write.
        unsafe result.pointee = UnsafeMutableRawPointer(bitPattern: block)
        return 0
    }

    /// Wipes a block and keeps it for the next of its size: `free`, under the name that the linker gives
    /// it with `--wrap=free`, since Swift keeps that name for itself.
    @_cdecl("__wrap_free")
    func release(_ pointer: UnsafeMutableRawPointer?) {
        guard let pointer = unsafe pointer else { return }
        let block = UInt(bitPattern: pointer)
        // SAFETY: the pointer is one that `takeBlock` gave, so its header holds a number below `sizes`,
        // and the block is as long as that says.
        let number = unsafe word(at: block - Layout.header).pointee
        let size = 1 << (number + Layout.smallestLogarithm) - Layout.header
        unsafe pointer.initializeMemory(as: UInt8.self, repeating: 0, count: Int(size))
        unsafe word(at: block).pointee = freed[Int(number)]
        freed[Int(number)] = block
    }

    private func takeBlock(_ size: UInt) -> UInt? {
        var number: UInt = 0
        while 1 << (number + Layout.smallestLogarithm) < size + Layout.header { number += 1 }
        let first = freed[Int(number)]
        if first != 0 {
            // SAFETY: a freed block's first word is the address of the next one, or 0.
            freed[Int(number)] = unsafe word(at: first).pointee
            unsafe word(at: first).pointee = 0
            return first
        }
        let start = unused
        let length: UInt = 1 << (number + Layout.smallestLogarithm)
        guard length <= Layout.heapEnd - start else { return nil }
        unused = start + length
        // SAFETY: the block lies in the heap, which nothing else uses.
        unsafe word(at: start).pointee = number
        return start + Layout.header
    }

    private func word(at address: UInt) -> UnsafeMutablePointer<UInt> {
        guard let pointer = unsafe UnsafeMutablePointer<UInt>(bitPattern: address) else {
            preconditionFailure("the heap does not hold address zero")
        }
        return unsafe pointer
    }

#endif
