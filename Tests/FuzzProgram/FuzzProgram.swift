import Decoders
import Foundation

// A program that `Deploy/fuzz.sh` builds with libFuzzer: one decoder, named by VECHE_DECODER, fed
// with what libFuzzer thinks of. Without a name it lists the decoders; with VECHE_CORPUS it writes
// the seeds that the decoder accepts into that directory, and ends.

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

nonisolated(unsafe) private var decoder: Decoder?

/// What SwiftPM links as `main`.
@_cdecl("FuzzProgram_main")
public func start(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    let environment = ProcessInfo.processInfo.environment
    guard let found = environment["VECHE_DECODER"].flatMap({ Decoder.named($0) }) else {
        print(Decoder.all.map(\.name).joined(separator: "\n"))
        return environment["VECHE_DECODER"] == nil ? 0 : 64
    }
    decoder = found
    if let directory = environment["VECHE_CORPUS"] {
        return writeCorpus(found, to: directory, vectors: environment["VECHE_VECTORS"] ?? ".")
    }
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments) { start, count in
        let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
        if let rewritten = decoder?.rewritten(bytes), rewritten != bytes {
            fatalError("what was accepted is not what is written again")
        }
        return 0
    }
}

private func writeCorpus(_ decoder: Decoder, to directory: String, vectors: String) -> CInt {
    do {
        let seeds = try Seeds(vectors: vectors)
        let accepted = seeds.accepted(by: decoder)
        for (index, seed) in (accepted.isEmpty ? seeds.all : accepted).prefix(400).enumerated() {
            try Data(seed).write(to: URL(filePath: directory).appending(path: "seed-\(index)"))
        }
        return 0
    } catch {
        print("the corpus was not written: \(error)")
        return 74
    }
}
