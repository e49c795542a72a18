import BallotCryptography
import Testing

/// The sizes that the specification states.
@Suite struct BallotSizeTests {
    /// `wire = 269 + sum (104 + 96 m)`, m the cells of a contest.
    @Test(arguments: [
        (options: [2], size: 565), (options: [4], size: 757), (options: [8], size: 1141),
        (options: [16], size: 1909), (options: [64], size: 6517), (options: [4, 8], size: 1629),
    ])
    func aBallotHasTheSizeThatTheSpecificationStates(options: [Int], size: Int) throws {
        var election = try WholeElection(seed: 61, trustees: 3, threshold: 2, keys: 64)
        let shapes = try options.map {
            try ContestShape(options: $0, min: 1, max: 1, countsBlank: false)
        }
        let rules = try election.rules(shapes)
        let ballot = try election.cast(shapes.map { _ in .options([1]) }, rules: rules)
        #expect(ballot.wire.count == size)
        #expect(rules.wireSize == size)
        #expect(size == 269 + options.reduce(0) { $0 + 104 + 96 * $1 })
    }

    /// One of 4 or blank: five cells. None to three of 7: nine, two of them slack.
    @Test func blankAndSlackAreCells() throws {
        let election = try WholeElection(seed: 62, trustees: 3, threshold: 2, keys: 8)
        let first = try ContestShape(options: 4, min: 1, max: 1, countsBlank: true)
        let second = try ContestShape(options: 7, min: 0, max: 3, countsBlank: false)
        #expect(first.cellCount == 5)
        #expect(second.cellCount == 9)
        #expect(try election.rules([first]).wireSize == 853)
        #expect(try election.rules([first, second]).wireSize == 1821)
    }
}
