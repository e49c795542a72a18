import ArgumentParser
import Console
import DocumentFiles
import Registrar

/// `veche-registrar backup`
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Writes a whole copy of the database, also while voters are served.",
        discussion: """
            The copy is as encrypted as the database and needs registrar.key to be of use. Keep the \
            newest one alone: two copies and the key tell who came between them. Never serve from a \
            copy that is older than what was served.
            """)

    @Option(help: "The registrar's directory.")
    var home: String

    @Option(help: "The new file.")
    var output: String

    func run() async throws {
        try await reporting {
            let files = RegistrarHome(home)
            guard LocalFile.exists(files.database) else {
                throw FileFailure.missing(path: files.database)
            }
            // Nobody else may read it, and nothing is overwritten.
            try LocalFile.write([], to: output, mode: .secret)
            try RegistrarDatabase.copy(files.database, to: output)
            say("\(output) is a whole copy of the registrar's database.")
        }
    }
}
