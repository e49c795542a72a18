import Codec
import Decoders
import Foundation
import Mutations
import Testing

/// Every decoder of the list on changed encodings: nothing ends the process, and what is accepted
/// is written again as it was read. `Deploy/fuzz.sh` runs the same list under libFuzzer.
@Suite struct FuzzTests {
    private static let seeds: Seeds? = {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        // Without seeds every test below fails by `#require`.
        return try? Seeds(vectors: tests.appending(path: "Vectors").path)
    }()

    /// `VECHE_FUZZ_ROUNDS` asks for more rounds a decoder than are run each time.
    private static let rounds: Int = {
        #if DEBUG
            let usual = 300
        #else
            let usual = 4_000
        #endif
        let asked = ProcessInfo.processInfo.environment["VECHE_FUZZ_ROUNDS"]
        return asked.flatMap { Int($0) } ?? usual
    }()

    /// A seed of the decoder's own if there is one, else any.
    private func material(_ decoder: Decoder) throws -> (good: [[UInt8]], all: [[UInt8]]) {
        let seeds = try #require(Self.seeds)
        let good = seeds.accepted(by: decoder)
        return (good.isEmpty ? seeds.all : good, seeds.all)
    }

    private func check(_ decoder: Decoder, _ bytes: [UInt8]) {
        if let rewritten = decoder.rewritten(bytes) {
            #expect(rewritten == bytes, "\(decoder.name) read \(Hexadecimal.encode(bytes))")
        }
    }

    @Test(arguments: Decoder.all.map(\.name))
    func whatADecoderAcceptsIsWrittenAsItWasRead(name: String) throws {
        let decoder = try #require(Decoder.named(name))
        let (good, all) = try self.material(decoder)
        var mutator = ByteMutator(seed: UInt64(name.utf8.reduce(7) { $0 &* 31 &+ UInt32($1) }))
        for seed in all { self.check(decoder, seed) }
        for round in 0..<Self.rounds {
            let seed = round % 16 == 0 ? all[mutator.below(all.count)] : good[round % good.count]
            self.check(decoder, mutator.mutated(seed, beside: good))
        }
    }

    @Test(arguments: Decoder.all.map(\.name))
    func noiseAndEveryTruncationAreSurvived(name: String) throws {
        let decoder = try #require(Decoder.named(name))
        let (good, _) = try self.material(decoder)
        var mutator = ByteMutator(seed: 5)
        for _ in 0..<(Self.rounds / 8) { self.check(decoder, mutator.bytes(mutator.below(300))) }
        for seed in good.prefix(4) where seed.count <= 6_000 {
            for count in seed.indices { self.check(decoder, [UInt8](seed.prefix(count))) }
        }
    }

    /// Any four bytes may be a count. Set to the largest numbers they are refused or mean something
    /// else; room for so many items is never asked for, which the process's address space shows.
    @Test func countsThatCannotBeAreRefusedBeforeAnyRoomIsMade() throws {
        let before = try Self.largestAddressSpace()
        for decoder in Decoder.all {
            let (good, _) = try self.material(decoder)
            for seed in good.prefix(3) where seed.count <= 3_000 {
                for number in [[255, 255, 255, 255], [0x7F, 255, 255, 255], [0x10, 0, 0, 0]]
                    as [[UInt8]]
                {
                    for place in 0..<max(0, seed.count - 3) {
                        var changed = seed
                        changed.replaceSubrange(place..<(place + 4), with: number)
                        self.check(decoder, changed)
                        // And nothing of what was announced.
                        self.check(decoder, [UInt8](changed.prefix(place + 4)))
                    }
                }
            }
        }
        // 0x10000000 items of at least eight bytes would be 2 GiB.
        #expect(try Self.largestAddressSpace() - before < 1 << 31)
    }

    /// Mutation begins with something good for most decoders; the others begin with the good
    /// encodings of all of them.
    @Test func mostDecodersBeginWithAGoodEncoding() throws {
        let seeds = try #require(Self.seeds)
        let without = Decoder.all.filter { seeds.accepted(by: $0).isEmpty }.map(\.name)
        #expect(without.count <= Decoder.all.count / 2, "\(without)")
        #expect(Set(Decoder.all.map(\.name)).count == Decoder.all.count)
    }

    /// The most bytes of address space that the process has ever had, by the kernel's count.
    private static func largestAddressSpace() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmPeak:") })
        let number = try #require(line.split(separator: " ").compactMap { Int($0) }.first)
        return number * 1024
    }
}
