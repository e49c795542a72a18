// Mutations: small changes of encoded objects, for tests that none of them passes for the object,
// and for the fuzzing of decoders. It knows no object; what it changes follows the sizes that our
// encodings have: numbers of 1, 4 and 8 bytes, points, scalars and digests of 32, signatures of 64.

/// Changes bytes in ways that a careless decoder or verifier would not notice. The same seed makes
/// the same changes.
package struct ByteMutator {
    private var state: UInt64

    /// - Parameter seed: what all choices follow from.
    package init(seed: UInt64) { self.state = seed }

    /// The next 64 bits (SplitMix64).
    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// A number below `bound`, which is above zero.
    package mutating func below(_ bound: Int) -> Int { Int(self.next() % UInt64(bound)) }

    /// `count` bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: self.next()) }
    }

    /// `good` with one to four changes. `others` are encodings that pieces may come from.
    package mutating func mutated(_ good: [UInt8], beside others: [[UInt8]] = []) -> [UInt8] {
        var bytes = good
        for _ in 0...self.below(4) {
            guard !bytes.isEmpty else { return self.bytes(self.below(8)) }
            self.change(&bytes, others)
        }
        return bytes
    }

    private static let sizes = [1, 4, 8, 32, 64]
    private static let numbers: [[UInt8]] = [
        [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0xFF, 0xFF], [0, 1, 0, 0], [0x7F, 255, 255, 255],
        [0x80, 0, 0, 0], [255, 255, 255, 254], [255, 255, 255, 255],
    ]

    private mutating func change(_ bytes: inout [UInt8], _ others: [[UInt8]]) {
        let place = self.below(bytes.count)
        let size = min(Self.sizes[self.below(Self.sizes.count)], bytes.count - place)
        let piece = place..<(place + size)
        switch self.below(12) {
        case 0, 1, 2: bytes[place] ^= 1 << UInt8(self.below(8))
        case 3: bytes[place] = UInt8(truncatingIfNeeded: self.next())
        case 4:
            let number = Self.numbers[self.below(Self.numbers.count)]
            for (offset, byte) in number.enumerated() where place + offset < bytes.count {
                bytes[place + offset] = byte
            }
        case 5: bytes.removeSubrange(piece)
        case 6: bytes.insert(contentsOf: bytes[piece], at: place)
        case 7: bytes.insert(contentsOf: self.bytes(size), at: place)
        case 8: bytes.removeLast(min(bytes.count, size))
        case 9: bytes.append(contentsOf: self.bytes(size))
        case 10:
            // A piece of the same bytes from elsewhere.
            let from = self.below(bytes.count - size + 1)
            bytes.replaceSubrange(piece, with: [UInt8](bytes[from..<(from + size)]))
        default:
            guard !others.isEmpty else {
                bytes[place] &+= 1
                return
            }
            let other = others[self.below(others.count)]
            guard other.count >= size else { return }
            // The same place, or any.
            let isSamePlace = self.below(2) == 0 && piece.upperBound <= other.count
            let from = isSamePlace ? place : self.below(other.count - size + 1)
            bytes.replaceSubrange(piece, with: other[from..<(from + size)])
        }
    }
}

/// Every single change of a kind, at every place: nothing is left to chance.
package enum EveryChange {
    /// One bit flipped, for every bit.
    package static func ofABit(_ bytes: [UInt8]) -> [[UInt8]] {
        (0..<(8 * bytes.count)).map { bit in
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            return changed
        }
    }

    /// One byte replaced by its neighbours in value, by 0 and by 255, for every byte.
    package static func ofAByte(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.indices.flatMap { place in
            [0, 255, bytes[place] &+ 1, bytes[place] &- 1].filter { $0 != bytes[place] }
                .map { value in
                    var changed = bytes
                    changed[place] = value
                    return changed
                }
        }
    }

    /// A piece of 4, 8, 32 or 64 bytes replaced by that of another object at the same place, for
    /// every place. Fields begin and end at some of these.
    package static func ofAPiece(_ bytes: [UInt8], from others: [[UInt8]]) -> [[UInt8]] {
        var changes: [[UInt8]] = []
        for other in others {
            for size in [4, 8, 32, 64] {
                let end = min(bytes.count, other.count)
                for place in stride(from: 0, through: end - size, by: 1) {
                    let piece = place..<(place + size)
                    guard bytes[piece] != other[piece] else { continue }
                    var changed = bytes
                    changed.replaceSubrange(piece, with: other[piece])
                    changes.append(changed)
                }
            }
        }
        return changes
    }

    /// Two pieces of one size exchanged, for every two places that are multiples of `step` apart.
    package static func ofTwoPieces(_ bytes: [UInt8], size: Int, step: Int) -> [[UInt8]] {
        var changes: [[UInt8]] = []
        for first in 0..<max(0, bytes.count - size + 1) {
            for second in stride(from: first + step, through: bytes.count - size, by: step) {
                let left = bytes[first..<(first + size)]
                let right = bytes[second..<(second + size)]
                guard second >= first + size, !left.elementsEqual(right) else { continue }
                var changed = bytes
                changed.replaceSubrange(first..<(first + size), with: right)
                changed.replaceSubrange(second..<(second + size), with: left)
                changes.append(changed)
            }
        }
        return changes
    }

    /// Pieces left out or doubled, for every place; cut short at every place; one byte more.
    package static func ofLength(_ bytes: [UInt8]) -> [[UInt8]] {
        var changes =
            bytes.indices.map { [UInt8](bytes.prefix($0)) } + [bytes + [0], bytes + bytes]
        for size in [1, 4, 32] {
            for place in stride(from: 0, through: bytes.count - size, by: 1) {
                let piece = place..<(place + size)
                var shorter = bytes
                shorter.removeSubrange(piece)
                changes.append(shorter)
                changes.append([UInt8](bytes[..<piece.upperBound] + bytes[piece.lowerBound...]))
            }
        }
        return changes
    }

    /// All of the above that differ from `bytes`.
    package static func of(_ bytes: [UInt8], beside others: [[UInt8]] = []) -> [[UInt8]] {
        let all =
            self.ofABit(bytes) + self.ofAByte(bytes) + self.ofAPiece(bytes, from: others)
            + self.ofTwoPieces(bytes, size: 32, step: 32) + self.ofLength(bytes)
        return all.filter { $0 != bytes }
    }
}
