import Codec
import Testing
import TransparencyLog

private struct Proofs: Decodable {
    struct Valid: Decodable {
        let proof: String
    }
    let valid: [Valid]
}

private struct Policies: Decodable {
    struct Policy: Decodable {
        let text: String
    }
    let policies: [Policy]
}

/// Whatever a parser accepts has one text, so what it writes is what it read.
struct HostileInputTests {
    private func mutations(
        of seed: [UInt8], count: Int, _ body: ([UInt8]) throws -> Void
    ) rethrows {
        var generator = SeededGenerator(seed: UInt64(seed.count))
        for _ in 0..<count {
            var bytes = seed
            for _ in 0...Int.random(in: 0..<3, using: &generator) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(bytes[place], at: place)
                default: bytes.removeLast(min(bytes.count, place))
                }
            }
            try body(bytes)
        }
    }

    @Test func mutatedProofFilesAreRefusedOrReadBack() throws {
        for vector in try vectors("tlog_proofs", as: Proofs.self).valid {
            mutations(of: [UInt8](vector.proof.utf8), count: 150) { bytes in
                do {
                    let proof = try LogProof(parsing: bytes)
                    #expect(proof.bytes == bytes)
                    let checkpoint = try Checkpoint(text: proof.checkpoint.text)
                    #expect(checkpoint.text == proof.checkpoint.text)
                } catch {}  // A refusal is as good: only a trap would not be.
            }
        }
    }

    @Test func mutatedPoliciesAreRefusedOrReadBack() throws {
        for vector in try vectors("policies", as: Policies.self).policies {
            mutations(of: [UInt8](vector.text.utf8), count: 150) { bytes in
                do {
                    let policy = try TrustPolicy(parsing: bytes)
                    #expect(try TrustPolicy(parsing: policy.text) == policy)
                } catch {}  // Refused.
            }
        }
    }

    @Test func mutatedTilePathsAreRefusedOrReadBack() {
        mutations(of: [UInt8]("tile/0/x123/x456/789.p/16".utf8), count: 3000) { bytes in
            let path = string(bytes)
            do { #expect(try Tile(path: path).path == path) } catch {}  // Refused.
        }
    }

    @Test func mutatedBundlesAreRefusedOrReadBack() throws {
        let bundle = try EntryBundle.encode((UInt64(0)..<5).map(entry))
        mutations(of: bundle, count: 1000) { bytes in
            do {
                let entries = try EntryBundle.decode(bytes, count: 5)
                #expect(try EntryBundle.encode(entries) == bytes)
            } catch {}  // Refused.
        }
    }

    @Test func base64IsThatOfTheStandard() {
        let pairs = [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ]
        for (plain, encoded) in pairs {
            #expect(string(Base64.encode([UInt8](plain.utf8))) == encoded)
            #expect(Base64.decode([UInt8](encoded.utf8)) == [UInt8](plain.utf8))
        }
        let every = (UInt8(0)...255).map { $0 }
        #expect(Base64.decode(Base64.encode(every)) == every)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm-_", "Zm9v\n", "=m9v",
    ])
    func otherBase64IsRefused(text: String) {
        #expect(Base64.decode([UInt8](text.utf8)) == nil)
    }
}
