package import ArgumentParser

#if canImport(Glibc)
    internal import Glibc
#endif

extension AsyncParsableCommand {
    /// The course of every tool from its arguments to its exit status. Each tool's `main` is this.
    ///
    /// It is done in place of ArgumentParser's own because help and failures must pass the console
    /// too, and output that did not arrive is a failure whatever the command did.
    package static func runProgram() async {
        Output.openMissingStreams()
        do {
            let command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = command
                try command.run()
            }
            try Output.check()
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        var status = exitCode(for: error)
        if let failure = error as? Output.Failure {
            note("Error: \(failure)")
            Glibc.exit(Output.Failure.status)
        }
        let message = fullMessage(for: error)
        if !message.isEmpty {
            // A request for help is an error with the status of success.
            if status.isSuccess { say(message) } else { note(message) }
        }
        if let failure = Output.failure, failure != .closed {
            note("Error: \(failure)")
            if status.isSuccess { status = ExitCode(Output.Failure.status) }
        }
        Glibc.exit(status.rawValue)
    }
}
