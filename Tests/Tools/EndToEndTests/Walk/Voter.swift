import ProcessHarness

/// A voter of the walk's register, and what the voter chooses.
struct Voter: Hashable, Sendable {
    let name: String
    let code: String
    let style: UInt32
    let project: String
    let parks: [String]

    /// `veche vote`'s options for the choices.
    var selections: [String] {
        [
            "--select", "project=\(project)", "--select",
            "parks=\(parks.isEmpty ? "none" : parks.joined(separator: "+"))",
        ]
    }

    static let projects = ["bridge", "clinic", "school", "tram", "blank"]
    static let parks = ["north", "south", "east", "west", "river", "station", "forest"]

    private static func make(_ name: String, _ number: Int, style: UInt32) -> Voter {
        let count = number % 4
        return Voter(
            name: name, code: "CODECODE\(number)X\(style)", style: style,
            project: projects[number % projects.count],
            parks: (0..<count).map { parks[(number + 2 * $0) % parks.count] })
    }

    /// Those who vote with `veche vote`: seven, six and three of the three styles.
    static let casting =
        (1...7).map { make("a\($0)", $0, style: 1) } + (1...6).map { make("b\($0)", $0, style: 2) }
        + (1...3).map { make("c\($0)", $0, style: 3) }

    /// Those whose devices the tests are, to misuse.
    static let early = make("early", 4, style: 3)
    static let twice = make("twice", 5, style: 1)
    static let flipped = make("flipped", 6, style: 2)
    static let stranger = make("stranger", 7, style: 1)
    static let late = make("late", 8, style: 2)
    static let afterwards = make("afterwards", 9, style: 1)

    /// Those who do not trust the machine that they vote with, or those whom it asks.
    static let doubting = make("doubting", 3, style: 1)
    static let interrupted = make("interrupted", 10, style: 2)
    static let misled = make("misled", 11, style: 1)
    static let dropped = make("dropped", 13, style: 2)
    static let spoiler = make("spoiler", 14, style: 1)
    static let deceived = make("deceived", 15, style: 2)

    static let listed =
        casting + [early, twice, flipped, stranger, late, afterwards]
        + [doubting, interrupted, misled, dropped, spoiler, deceived]

    /// The register as the registrar reads it.
    static let register =
        "voter,code,style\n"
        + listed.map { "\($0.name),\($0.code),\($0.style)\n" }.joined()
}
