#if arch(wasm32)

    // What compiled Swift expects of its surroundings besides a heap, and the browser does not have.

    /// The low 128 bits of a product, where WebAssembly has an instruction for 64 only. The compiler asks
    /// for it when it checks products for overflow; the group's arithmetic does without.
    @_cdecl("__multi3")
    func multiply(
        _ result: UnsafeMutablePointer<UInt64>, _ x: UInt64, _ xHigh: UInt64, _ y: UInt64,
        _ yHigh: UInt64
    ) {
        let half: UInt64 = 0xffff_ffff
        let (x0, x1, y0, y1) = (x & half, x >> 32, y & half, y >> 32)
        let low = x0 &* y0
        let mixed = x0 &* y1 &+ (low >> 32)
        let other = x1 &* y0 &+ (mixed & half)
        let high = x1 &* y1 &+ (mixed >> 32) &+ (other >> 32)
        // SAFETY: the compiler passes the address of 16 bytes.
        unsafe result[0] = (low & half) | other << 32
        unsafe result[1] = high &+ x &* yHigh &+ xHigh &* y
    }

    /// The seed of hash tables, always zeros: tables here have at most 64 entries, which nobody can make
    /// slow, and no byte of the host's random source goes where it is not asked for.
    @_cdecl("arc4random_buf")
    func seedOfHashTables(_ pointer: UnsafeMutableRawPointer, _ size: UInt) {
        // SAFETY: the compiler passes `size` bytes.
        unsafe pointer.initializeMemory(as: UInt8.self, repeating: 0, count: Int(size))
    }

#endif
