import ArgumentParser

/// Says where the signer went: operators have scripts that start it here.
struct SignerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signer",
        abstract: "Holds a validator's consensus key: now a program of its own, veche-signer.",
        shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough, help: "What the signer was given.")
    var arguments: [String] = []

    func run() throws {
        throw ValidationError(
            "The signer is a program of its own, so that it links no database. "
                + "Start it with: veche-signer --home DIR")
    }
}
