import BlockSync
import Codec
import Consensus
import Cryptography
package import Ledger
import Simulation
import TransparencyLog

/// A chain of final blocks that the attacked node and its attacker share. Votes are signed with
/// simulated keys, which cost nothing, checkpoints with real ones.
package struct FinalChain: Sendable {
    package let genesis: Genesis
    package private(set) var blocks: [Block] = []
    package private(set) var finalizations: [Height: Certificate] = [:]

    /// Short epochs, so that a session crosses some.
    static let parameters = SimulatedChain.parameters(epochLength: 8)

    static func consensusKey(_ index: Int) -> Bytes32 { SimulatedChain.key(index) }

    static func cosigningKey(_ index: Int) -> Ed25519SigningKey {
        Ed25519SigningKey(seed: SimulatedChain.key(index, purpose: 2))
    }

    /// Four validators and so many final blocks.
    package init(height: UInt64) {
        let validators = ValidatorSet(
            (0..<4).map {
                Validator(
                    name: "v\($0)", consensusKey: Self.consensusKey($0),
                    cosigningKey: Self.cosigningKey($0).publicKey,
                    nodeKey: SimulatedChain.key($0, purpose: 3))
            })
        genesis = Genesis(
            kind: .training, name: "attacked", time: SimulatedChain.start,
            origin: "attacked.example/1",
            logKey: Ed25519SigningKey(seed: SimulatedChain.key(0, purpose: 4)).publicKey,
            validators: validators,
            commission: Commission(
                members: [Member(name: "chair", key: SimulatedChain.key(0, purpose: 5))],
                threshold: 1),
            parameters: Self.parameters)
        for number in 1...max(height, 1) { append(Height(number)) }
    }

    private mutating func append(_ height: Height) {
        let parameters = genesis.parameters
        let epoch = parameters.epoch(of: height)
        let round = Round(
            epoch: epoch,
            view: View((height.rawValue - 1) % UInt64(parameters.epochLength) + 1))
        let transactions = [[UInt8](repeating: UInt8(height.rawValue % 251), count: 3)]
        let template = BlockTemplate(
            chainID: genesis.chainID, round: round, height: height,
            parentView: View(round.view.rawValue - 1),
            parentHash: blocks.last?.header.hash ?? genesis.chainID,
            time: genesis.time.adding(milliseconds: 100 * height.rawValue),
            proposer: genesis.validators.leader(of: round),
            validatorsHash: genesis.validators.hash, mayBeEmpty: true, maximumTransactions: 64,
            maximumBodyBytes: 1 << 20)
        let block = Self.block(of: template, transactions)
        blocks.append(block)
        let subject = VoteSubject.finalize(
            Proposal(
                round: round, parentView: block.header.parentView, blockHash: block.header.hash))
        let isLast = height == parameters.lastHeight(of: epoch)
        guard isLast || !height.rawValue.isMultiple(of: 3) else { return }
        finalizations[height] = Certificate(
            subject: subject,
            signatures: [1, 2, 3].map {
                let vote = Self.vote(subject, by: $0, of: genesis)
                return (vote.signer, vote.signature)
            })
    }

    /// The block of a template; the toy log has as many entries as there are blocks.
    static func block(of template: BlockTemplate, _ transactions: [[UInt8]]) -> Block {
        let header = template.header(
            transactionIDs: transactions.map(Transaction.id(of:)),
            bodyBytes: transactions.reduce(0) { $0 + $1.count },
            logSize: template.height.rawValue, logRoot: .zero, stateDigestAfterParent: .zero,
            nextValidatorsHash: template.validatorsHash)
        return Block(header: header, transactions: transactions)
    }

    static func vote(_ subject: VoteSubject, by index: Int, of genesis: Genesis) -> SignedVote {
        SignedVote(
            subject: subject, signer: ValidatorIndex(UInt16(index)),
            signature: SimulatedSigner(key: consensusKey(index))
                .sign(subject.message(in: genesis.domain)))
    }

    /// What an attacker knows of it: the keys of the validator at place 1, or those of nobody.
    package func knowledge(asValidator: Bool) -> ChainKnowledge {
        let index = 1
        let genesis = genesis
        let hostile = HostileValidator(
            index: ValidatorIndex(UInt16(index)),
            sign: { SimulatedSigner(key: Self.consensusKey(index)).sign($0) },
            cosign: { Self.line(genesis, by: index, size: $0, root: $1) })
        return ChainKnowledge(
            domain: genesis.domain, validators: genesis.validators, blocks: blocks,
            finalizations: finalizations, hostile: asValidator ? hostile : nil)
    }

    private static func line(
        _ genesis: Genesis, by index: Int, size: UInt64, root: Bytes32
    ) -> [UInt8] {
        let validator = genesis.validators.validators[index]
        guard size <= LogLimits.treeSize, let origin = KeyName(genesis.origin),
            let name = KeyName(genesis.cosignerName(of: validator))
        else { return [UInt8]("\u{2014} nobody AAAAAAAA\n".utf8) }
        let key = VerifierKey(name: name, kind: .cosignature, publicKey: validator.cosigningKey)
        let checkpoint = Checkpoint(origin: origin, size: size, root: root)
        return Cosignature.signed(checkpoint, at: 1, as: key) { cosigningKey(index).sign($0) }.line
    }
}

extension FinalChain: BlockSource {
    func finalized(_ height: Height) -> FinalizedHeader? {
        guard let finalization = finalizations[height], let block = block(at: height) else {
            return nil
        }
        return FinalizedHeader(header: block.header, finalization: finalization)
    }

    func newest() -> FinalizedHeader? { finalizations.keys.max().flatMap { finalized($0) } }

    func block(at height: Height) -> Block? {
        guard height > .genesis, height.rawValue <= UInt64(blocks.count) else { return nil }
        return blocks[Int(height.rawValue) - 1]
    }

    func header(at height: Height) -> BlockHeader? { block(at: height)?.header }

    func finalization(at height: Height) -> Certificate? { finalizations[height] }

    func finalization(from height: Height) -> FinalizedHeader? {
        finalizations.keys.filter { $0 >= height }.min().flatMap { finalized($0) }
    }

    /// The chain up to a height, as a node that is behind has it.
    package func prefix(_ height: Height) -> FinalChain {
        var chain = self
        chain.blocks.removeAll { $0.header.height > height }
        chain.finalizations = finalizations.filter { $0.key <= height }
        return chain
    }

    /// Takes a block that became final, the child of the last one.
    mutating func append(_ block: Block) { blocks.append(block) }

    mutating func append(_ finalized: FinalizedHeader) {
        finalizations[finalized.header.height] = finalized.finalization
    }
}
