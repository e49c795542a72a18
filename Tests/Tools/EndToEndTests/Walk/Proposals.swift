import Foundation
import ProcessHarness

/// Templates of small elections, and their proposals by a member of the walk's commission.
extension EndToEnd.PreparationTests {
    /// A template of three trustees with one contest.
    func template(
        title: String = "A trial", question: String = "Q", options: [String] = ["Yes", "No"],
        contests: Int = 1, zone: String = "Europe/Moscow"
    ) throws -> String {
        func texts(_ text: String) -> [[String: String]] { [["language": "en", "text": text]] }
        let object: [String: Any] = [
            "name": "trial", "title": texts(title),
            "contests": (0..<contests).map { number in
                [
                    "id": "c\(number)", "question": texts(question),
                    "options": options.enumerated().map { ["id": "o\($0)", "name": texts($1)] },
                    "minimum": 0, "maximum": 1, "countedBlank": false,
                ] as [String: Any]
            },
            "styles": [
                [
                    "number": 1, "name": texts("Everybody"), "region": "39", "tallyUnit": 1,
                    "contests": Array(0..<contests), "timeZone": zone,
                ] as [String: Any]
            ],
            "graceMilliseconds": 1000, "ballotsPerVoter": 1,
            "tallyUnits": [["number": 1, "name": texts("Everybody")] as [String: Any]],
            "minimumTallyUnit": 1, "trusteeCount": 3, "threshold": 2, "confirmations": 3,
            "complaintPolicy": "restart", "commissionThreshold": 4,
        ]
        return String(
            decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }

    func create(
        _ template: String, opens: String = "2037-10-01T00:00:00Z",
        closes: String = "2037-10-02T00:00:00Z", to output: String
    ) async throws -> Outcome {
        let network = try await walk.network
        let directory = network.directory
        let file = try directory.write(template, to: "trial.json")
        return try await run(
            .ceremony,
            ["commission", "create", "--template", file] + network.chain()
                + (1...3).flatMap {
                    ["--trustee", directory.path + "/trustee-\($0)/trustee.public.json"]
                } + [
                    "--registrar", directory.path + "/registrar/registrar.public.json",
                    "--opens", opens, "--closes", closes, "--output", output,
                ] + network.memberKey(1), in: directory)
    }

    func freshFile(_ name: String) async throws -> String {
        let directory = try await walk.network.directory
        return directory.path + "/" + directory.freshName(name)
    }
}
