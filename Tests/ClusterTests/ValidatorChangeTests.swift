import APISchema
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import Node
import ProcessHarness
import Storage
import Testing

/// Validators that come and go while the chain goes on (consensus.md b.11).
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
            let newcomer = try Newcomer(cluster: cluster, port: port)

            // It follows before anybody asks it to vote.
            let process = try LocalProcess(
                .node, ["run", "--home", newcomer.home], name: newcomer.validator.name,
                directory: cluster.directory.logs)
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
            #expect(try await process.stop() == 0)
        }
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

/// A node that is to become a validator, with new keys.
private struct Newcomer {
    let home: String
    let validator: Validator
    private let url: String

    init(cluster: Cluster, port: Int) throws {
        let home = cluster.directory.path + "/net/newcomer"
        self.home = home
        url = "http://127.0.0.1:\(port + 1)"
        try FileManager.default.copyItem(atPath: cluster.home(0), toPath: home)
        try FileManager.default.removeItem(atPath: home + "/data")
        let passphrase = try Passphrase.read(file: home + "/passphrase", subject: "the newcomer")
        func key(_ name: String, _ purpose: KeyPurpose) throws -> Bytes32 {
            let path = home + "/keys/\(name).key"
            // The running validator's home may be copied before it wrote all; its keys are there.
            try FileManager.default.removeItem(atPath: path)
            return try KeyFile.createSigningKey(
                at: path, purpose: purpose, passphrase: passphrase
            ).publicKey
        }
        let node = try key("node", .node)
        let consensus = try key("consensus", .validatorConsensus)
        let cosigning = try key("cosigning", .validatorCosigning)
        validator = Validator(
            name: "validator-5", consensusKey: consensus, cosigningKey: cosigning, nodeKey: node)
        let genesis = try cluster.genesis()
        try VoteJournal.create(
            in: try DataDirectory(path: home + "/data"), chainID: genesis.chainID,
            key: consensus)
        let old = try cluster.configuration(0)
        let first = NodeConfiguration.Peer(
            host: "127.0.0.1", port: cluster.peerPort(0),
            key: genesis.validators.validators[0].nodeKey)
        let path = home + "/" + NodeConfiguration.fileName
        try FileManager.default.removeItem(atPath: path)
        try JSONDocument.write(
            NodeConfiguration(
                name: validator.name, role: .validator, genesis: old.genesis, data: old.data,
                listen: NodeConfiguration.Endpoint(host: "127.0.0.1", port: port),
                api: NodeConfiguration.Endpoint(host: "127.0.0.1", port: port + 1),
                peers: old.peers + [first], keys: old.keys, passphraseFile: old.passphraseFile),
            to: path)
    }

    func status() async -> NodeStatus? {
        // No answer while it starts.
        try? await HTTP.get(url + "/v1/status", timeout: 3).json(NodeStatus.self)
    }
}
