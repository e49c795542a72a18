import ArgumentParser
import Codec
import CommandOptions
import Console
import DocumentFiles
import Elections
import Ledger
import Verification
import VoterStation

struct Complain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make evidence of a validator's promise, for others to judge by the log.",
        discussion: """
            Joins the promise that a validator signed and the ballot that it is about. Anyone can judge it with `veche \
            audit --claim FILE`: kept, broken, or void because a rule stood against the ballot. It does not show \
            how you voted.

            """ + ExitStatus.help)

    @Option(help: "The directory that `veche vote` wrote.")
    var home: String

    @Option(help: "The file to write.")
    var output: String

    func run() async throws {
        try await reportingFailures {
            let home = VoterHome(path: self.home)
            let promise = try LocalFile.read(home.promiseFile, limit: Limits.entryBytes)
            let ballot = try LocalFile.read(home.ballotFile, limit: Limits.entryBytes)
            guard let signed = try? SignedPromise(canonicalBytes: promise) else {
                throw CommandFailure(
                    "\(home.promiseFile) holds no promise.", status: ExitStatus.file)
            }
            let claim = CensorshipClaim(promise: signed, transaction: ballot)
            try LocalFile.write(claim.canonicalBytes, to: self.output, mode: .document)
            say("Promised for block \(signed.promised.rawValue) at the latest: \(self.output)")
        }
    }
}
