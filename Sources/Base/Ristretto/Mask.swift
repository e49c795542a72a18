/// The same mask (all ones or 0), of which the optimiser no longer knows that it has two values.
///
/// Without this LLVM recognises a choice in `a ^ (mask & (a ^ b))` and may make a branch of it: it
/// did so for the tables of multiples, and read only the entry that a secret digit picked. The body
/// is never optimised, so that the value goes through memory and nothing is inferred about it.
@_optimize(none)
@inline(never)
func opaque(_ mask: UInt64) -> UInt64 { mask }

/// All ones if the value is zero, else 0.
@inline(__always)
func zeroMask(_ value: UInt64) -> UInt64 { opaque(((value | (0 &- value)) >> 63) &- 1) }

/// All ones if the lowest bit is set, else 0.
@inline(__always)
func bitMask(_ value: UInt64) -> UInt64 { opaque(0 &- (value & 1)) }
