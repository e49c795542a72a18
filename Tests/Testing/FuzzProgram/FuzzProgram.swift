import Foundation

// A program that `Deploy/fuzz.sh` builds with libFuzzer: one target, named by VECHE_TARGET, fed with
// what libFuzzer thinks of. Without a name it lists the targets; with VECHE_CORPUS it writes what the
// target begins with into that directory, and ends.

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

nonisolated(unsafe) private var target: FuzzTarget?

/// What SwiftPM links as `main`.
@_cdecl("FuzzProgram_main")
public func start(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    let environment = ProcessInfo.processInfo.environment
    guard let found = environment["VECHE_TARGET"].flatMap({ FuzzTarget($0) }) else {
        print(FuzzTarget.names.joined(separator: "\n"))
        return environment["VECHE_TARGET"] == nil ? 0 : 64
    }
    target = found
    if let directory = environment["VECHE_CORPUS"] {
        return writeCorpus(found, to: directory, vectors: environment["VECHE_VECTORS"] ?? ".")
    }
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments) { start, count in
        target?.take([UInt8](UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

private func writeCorpus(_ target: FuzzTarget, to directory: String, vectors: String) -> CInt {
    do {
        for (index, seed) in try target.seeds(vectors: vectors).prefix(400).enumerated() {
            try Data(seed).write(to: URL(filePath: directory).appending(path: "seed-\(index)"))
        }
        return 0
    } catch {
        print("the corpus was not written: \(error)")
        return 74
    }
}
