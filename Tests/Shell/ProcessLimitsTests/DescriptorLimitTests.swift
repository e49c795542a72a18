import ProcessLimits
import Testing

struct DescriptorLimitTests {
    @Test func theSoftLimitIsRaisedAsFarAsAskedAndNeverLowered() {
        let before = DescriptorLimit.current
        #expect(before.soft > 0 && before.soft <= before.hard)
        #expect(DescriptorLimit.raise(to: 1) == before)
        let wanted = min(before.soft + 1, before.hard)
        #expect(
            DescriptorLimit.raise(to: wanted) == DescriptorLimit(soft: wanted, hard: before.hard))
        #expect(DescriptorLimit.raise(to: .max).soft == before.hard)
    }
}
