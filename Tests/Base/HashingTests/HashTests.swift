import Codec
import Hashing
import Testing

/// FIPS 180-4 examples and the million letters a.
@Suite struct HashTests {
    private let twoBlocks =
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
        + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"

    @Test func sha256HasThePublishedDigests() throws {
        #expect(
            Hexadecimal.encode(SHA256.hash([UInt8]("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Hexadecimal.encode(SHA256.hash([]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            Hexadecimal.encode(
                SHA256.hash(
                    [UInt8]("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    }

    @Test func sha384HasThePublishedDigests() throws {
        #expect(
            Hexadecimal.encode(SHA384.hash([UInt8]("abc".utf8)))
                == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                + "8086072ba1e7cc2358baeca134c825a7")
        #expect(
            Hexadecimal.encode(SHA384.hash([UInt8](twoBlocks.utf8)))
                == "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
                + "fcc7c71a557e2db966c3e9fa91746039")
    }

    @Test func sha512HasThePublishedDigests() throws {
        #expect(
            Hexadecimal.encode(SHA512.hash([UInt8]("abc".utf8)))
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
        #expect(
            Hexadecimal.encode(SHA512.hash([UInt8](twoBlocks.utf8)))
                == "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
                + "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909")
    }

    /// Nodes and browsers must come to the same hashes: around the ends of blocks, in one piece and in
    /// two.
    @Test func bothImplementationsOfSHA256Agree() throws {
        let message = (0..<1200).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ $0 >> 2) }
        let lengths = [Int](0...200) + [255, 256, 257, 511, 512, 513, 1023, 1024, 1151, 1200]
        for length in lengths {
            let part = [UInt8](message.prefix(length))
            let expected = PortableSHA256.hash(part)
            #expect(SHA256.hash(part) == expected)
            #expect(SHA256.digest(part).bytes == expected)
            for cut in [0, 1, length / 2, max(length - 1, 0), length] where cut <= length {
                var native = SHA256()
                native.update(part[..<cut])
                native.update(part[cut...])
                var portable = PortableSHA256()
                portable.update(part[..<cut])
                portable.update(part[cut...])
                #expect(native.finalize() == expected)
                #expect(portable.finalize() == expected)
            }
        }
    }

    /// A copy goes on by itself.
    @Test func aCopiedHasherIsIndependent() throws {
        var hasher = SHA256()
        hasher.update([1, 2, 3])
        var copy = hasher
        copy.update([4])
        #expect(hasher.digest() == SHA256.digest([1, 2, 3]))
        #expect(copy.digest() == SHA256.digest([1, 2, 3, 4]))
    }

    @Test func portableSHA256HasThePublishedDigests() throws {
        #expect(
            Hexadecimal.encode(PortableSHA256.hash([UInt8]("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Hexadecimal.encode(PortableSHA256.hash([]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func piecesOfAnySizeHashToTheDigestOfTheWhole() throws {
        let message = (0..<777).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 3) }
        for step in [1, 7, 63, 64, 65, 127, 128, 129, 300] {
            var short = SHA256()
            var middle = SHA384()
            var long = SHA512()
            var rest = message[...]
            while !rest.isEmpty {
                short.update(rest.prefix(step))
                middle.update(rest.prefix(step))
                long.update(rest.prefix(step))
                rest = rest.dropFirst(step)
            }
            #expect(short.finalize() == SHA256.hash(message))
            #expect(middle.finalize() == SHA384.hash(message))
            #expect(long.finalize() == SHA512.hash(message))
        }
    }
}
