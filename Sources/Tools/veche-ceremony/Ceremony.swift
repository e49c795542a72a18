import ArgumentParser
import CommandOptions
import Console

@main
struct Ceremony: AsyncParsableCommand {
    static func main() async { await runProgram() }

    static let configuration = CommandConfiguration(
        commandName: "veche-ceremony",
        abstract:
            "What a commission and its trustees do: create an election, make its keys, close it.",
        discussion: """
            A commission member makes a key (`commission init`), a proposal (`commission create`, `extend`, \
            `abort` or `change-validators`), and signs those of others (`commission sign`). A trustee makes keys (`trustee init`) and \
            takes the steps of the key ceremony in this order: register, commit, deal, check, confirm, \
            rehearse; and after the close, decrypt. Each step can be repeated: it gives the same result.

            Steps that read the chain replay and verify it on this machine first. No node is believed.
            """,
        subcommands: [CommissionCommand.self, TrusteeCommand.self])
}

struct CommissionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commission", abstract: "For members of the commission.",
        subcommands: [
            CommissionInit.self, CommissionCreate.self, CommissionExtend.self,
            CommissionAbort.self, CommissionChangeValidators.self, CommissionSign.self,
        ])
}

struct TrusteeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trustee", abstract: "For trustees, who together hold the election's key.",
        subcommands: [
            TrusteeInit.self, TrusteeRegister.self, TrusteeCommit.self, TrusteeDeal.self,
            TrusteeCheck.self, TrusteeConfirm.self, TrusteeRehearse.self, TrusteeDecrypt.self,
        ])
}
