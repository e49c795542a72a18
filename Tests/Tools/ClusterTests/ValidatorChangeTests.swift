import APISchema
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import ProcessHarness
import Synchronization
import Testing

/// Validators that come and go while the chain goes on (PROTOCOL 7.12).
extension Clusters.ValidatorChangeTests {
    @Test(.timeLimit(.minutes(3)))
    func aValidatorJoinsAndAnotherLeavesWithoutAPause() async throws {
        let port = try Ports.free(2)
        try await withCluster(
            validators: 4, name: "change", options: ["--epoch-length", "8"]
        ) { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            let genesis = try cluster.genesis()
            let newcomer = try await Newcomer(cluster: cluster, port: port)

            // It follows before anybody asks it to vote.
            let process = try newcomer.start(in: cluster)
            try await eventually("the newcomer follows") {
                guard let status = await newcomer.status() else { return false }
                return status.height > 2 && !status.voting
            }

            let five = ValidatorSet(genesis.validators.validators + [newcomer.validator])
            try await cluster.submit(try change(cluster, number: 1, to: five))
            try await eventually("the newcomer votes", within: .seconds(40)) {
                await newcomer.status()?.voting == true
            }
            let view = try await HTTP.get(cluster.url(0) + "/v1/validators")
                .json(ValidatorsView.self)
            #expect(view.validators == five.validators)
            #expect(view.quorum == 4)

            // With one of the old ones dead, the newcomer is needed for every block.
            try await cluster.kill(3)
            try await cluster.waitForProgress(of: 0, blocks: 3)
            try await cluster.start(3)
            try await cluster.waitUntilVoting([3])

            let four = ValidatorSet(Array(five.validators.dropFirst()))
            try await cluster.submit(try change(cluster, number: 2, to: four), to: 1)
            try await eventually("the first validator votes no more", within: .seconds(40)) {
                guard let status = await cluster.status(0) else { return false }
                return !status.voting && status.validator == nil
            }
            // It follows on, and the others go on without it.
            try await cluster.waitForProgress(of: 0, blocks: 10)
            try await cluster.kill(0)
            try await cluster.waitForProgress(of: 1, blocks: 10)
            // Checkpoints of the new validators are certified.
            let height = await cluster.height(1)
            let size = try #require(await cluster.status(1)?.logSize)
            try await eventually("a checkpoint of the new set") {
                await cluster.status(1).map { $0.certifiedSize >= size } ?? false
            }
            let chain = Array(try await cluster.chain(1).prefix(Int(height)))
            try await eventually("the newcomer has it") {
                await newcomer.status().map { $0.height >= height } ?? false
            }
            #expect(chain.last?.header.validatorsHash == four.hash)
            // Whoever has genesis alone learns both changes.
            let proof = try SuccessionProof(
                canonicalBytes: try await HTTP.get(cluster.url(1) + "/v1/validators/succession")
                    .body)
            let history = try ValidatorHistory(
                genesis, proof: proof, verifier: Ed25519Verifier())
            #expect(history.terms.map(\.validators) == [genesis.validators, five, four])
            #expect(await !cluster.sawEquivocation())
            let status = try await process.stop()
            #expect(status == 0, "\(process.errors.suffix(2000))")
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func theCommissionsToolReplacesAValidatorWhileVotersVote() async throws {
        let port = try Ports.free(2)
        try await withCluster(
            validators: 4, name: "replace",
            options: ["--epoch-length", "16", "--heartbeat", "200"]
        ) { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            let process = LateProcess()
            try await cluster.underLoad(seed: 11, seconds: 60, last: 0) {
                let newcomer = try await Newcomer(cluster: cluster, port: port)
                let running = try newcomer.start(in: cluster)
                process.set(running)
                try await eventually("the newcomer follows") {
                    guard let status = await newcomer.status() else { return false }
                    return status.height > 2 && !status.voting
                }
                try await replace(cluster.name(3), by: newcomer, in: cluster)
                try await eventually("the newcomer votes", within: .seconds(40)) {
                    await newcomer.status()?.voting == true
                }
                try await eventually("the fourth votes no more") {
                    guard let status = await cluster.status(3) else { return false }
                    return !status.voting && status.validator == nil
                }
                // Of the four in office one may be gone: now the newcomer is needed.
                try await cluster.kill(1)
                try await cluster.waitForProgress(of: 0, blocks: 10)
                try await cluster.start(1)
                try await cluster.waitUntilVoting([1])
            }
            let height = await cluster.height(0)
            let view = try await HTTP.get(cluster.url(0) + "/v1/validators")
                .json(ValidatorsView.self)
            #expect(
                view.validators.map(\.name)
                    == ["validator-1", "validator-2", "validator-3", "validator-5"])
            // Whoever came, went or stayed has the same log.
            for place in cluster.places {
                try await eventually("\(cluster.name(place)) has block \(height)") {
                    await cluster.height(place) >= height
                }
            }
            let newest = try await cluster.chain(at: "http://127.0.0.1:\(port + 1)")
            try await cluster.expectOneChain(beside: [newest])
            #expect(await !cluster.sawEquivocation())
            #expect(try await cluster.equivocations() == 0)
            #expect(try await process.value?.stop() == 0)
        }
    }

    /// What the members of the commission do: two of three sign, with the built tool.
    private func replace(
        _ name: String, by newcomer: Newcomer, in cluster: Cluster
    ) async throws {
        let present = try await HTTP.get(cluster.url(0) + "/v1/validators")
            .json(ValidatorsView.self).validators
        let set = ValidatorSet(present.filter { $0.name != name } + [newcomer.validator])
        let file = try cluster.directory.write(
            String(decoding: try JSONDocument.encode(set), as: UTF8.self), to: "new-set.json")
        let proposal = cluster.directory.path + "/change.json"
        func options(ofMember number: Int) -> [String] {
            let directory = cluster.directory.path + "/net"
            return [
                "--genesis", directory + "/genesis.json", "--node", cluster.url(0), "--node",
                cluster.url(1), "--key", directory + "/commission/member-\(number).key",
                "--passphrase-file", directory + "/commission/passphrase",
            ]
        }
        let proposed = try await succeed(
            .ceremony,
            ["commission", "change-validators", "--validators", file, "--output", proposal]
                + options(ofMember: 1), in: cluster.directory)
        #expect(proposed.output.contains("joins:  validator-5"))
        let signed = try await succeed(
            .ceremony,
            ["commission", "sign", proposal, "--yes", "--submit"] + options(ofMember: 3),
            in: cluster.directory)
        #expect(signed.output.contains("In the log."))
    }

    private func change(
        _ cluster: Cluster, number: UInt32, to set: ValidatorSet
    ) throws -> [UInt8] {
        let genesis = try cluster.genesis()
        let body = ChangeValidators(number: number, validators: set)
        let message = Transaction.signedMessage(
            tag: .changeValidators, body: body, in: genesis.domain)
        let approvals = try cluster.commission().prefix(2).enumerated().map { index, key in
            Approval(member: UInt16(index), signature: key.sign(message))
        }
        guard
            let approved = Approved(
                chainID: genesis.chainID, body: body, approvals: approvals)
        else { throw HarnessFailure("The members do not rise.") }
        return Transaction.changeValidators(approved).canonicalBytes
    }
}

/// A node that is to become a validator, made by the program.
private struct Newcomer {
    let home: String
    let validator: Validator
    let place: String

    init(cluster: Cluster, port: Int) async throws {
        home = cluster.directory.path + "/net/newcomer"
        place = "http://127.0.0.1:\(port + 1)"
        let passphrase = try cluster.directory.write(
            "correct horse battery staple\n", to: "newcomer-passphrase")
        try await succeed(
            .node,
            [
                "init", "--home", home, "--genesis", cluster.directory.path + "/net/genesis.json",
                "--name", "validator-5", "--role", "validator", "--listen", "127.0.0.1:\(port)",
                "--api", "127.0.0.1:\(port + 1)", "--passphrase-file", passphrase, "--log-key",
                cluster.home(0) + "/keys/log.key", "--log-passphrase-file",
                cluster.home(0) + "/passphrase",
            ]
                + cluster.places.flatMap {
                    ["--peer", "\(cluster.name($0))@127.0.0.1:\(cluster.peerPort($0))"]
                }, in: cluster.directory)
        validator = try JSONDocument.read(at: home + "/validator.json")
    }

    func start(in cluster: Cluster) throws -> LocalProcess {
        try LocalProcess(
            .node, ["run", "--home", home], name: validator.name,
            directory: cluster.directory.logs)
    }

    func status() async -> NodeStatus? {
        // No answer while it starts.
        try? await HTTP.get(place + "/v1/status", timeout: 3).json(NodeStatus.self)
    }
}

/// A process that is started in the middle and stopped at the end.
private final class LateProcess: Sendable {
    private let process = Mutex<LocalProcess?>(nil)

    var value: LocalProcess? { process.withLock { $0 } }

    func set(_ value: LocalProcess) { process.withLock { $0 = value } }
}
