// In a module that knows Foundation, `timespec` is CoreFoundation's.
import CoreFoundation
import Glibc

/// The processor time of this process, which has one thread. Other work on the machine delays a
/// measurement but is not counted in it, though it still slows the caches and the clock.
enum ProcessorTime {
    /// Nanoseconds of processor time used so far, in steps of a microsecond.
    static var nanoseconds: UInt64 {
        UInt64(clock()) * (1_000_000_000 / UInt64(CLOCKS_PER_SEC))
    }
}

/// The processor time of the calling thread.
enum ThreadTime {
    /// Nanoseconds of processor time used so far.
    static var nanoseconds: UInt64 {
        var time = timespec()
        // SAFETY: the call writes one `timespec`, and a thread always has its clock.
        require(unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0, "no thread's clock")
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// One thing that is measured, in interleaved rounds with others.
struct Subject {
    /// How many units (ballots, terms, operations) one run works off.
    let units: Int
    /// Works off one round.
    let run: () -> Void
}

/// What one subject took in each round, in nanoseconds a unit.
struct Samples {
    let rounds: [Double]

    /// The middle of the rounds.
    var median: Double { Self.median(of: self.rounds) }

    /// The fastest round.
    var minimum: Double { self.rounds.min() ?? 0 }

    /// The median of the ratios of each round of this subject to the same round of another: both
    /// were taken within a moment, so a processor that changes its speed hardly touches it.
    func ratio(to other: Samples) -> Double {
        Self.median(of: zip(self.rounds, other.rounds).map { $0 / $1 })
    }

    private static func median(of values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1
            ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

/// Runs the subjects in turn, A B C A B C …, after one round of each that is not counted.
func measure(rounds: Int, _ subjects: [Subject]) -> [Samples] {
    for subject in subjects { subject.run() }
    var samples = [[Double]](repeating: [], count: subjects.count)
    for _ in 0..<rounds {
        for (index, subject) in subjects.enumerated() {
            let start = ProcessorTime.nanoseconds
            subject.run()
            let taken = ProcessorTime.nanoseconds - start
            samples[index].append(Double(taken) / Double(subject.units))
        }
    }
    return samples.map { Samples(rounds: $0) }
}
