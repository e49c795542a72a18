import BallotCryptography
import CeremonyStation
import Codec
import Cryptography
import DocumentFiles
import Elections
import Foundation
import Ledger
import Testing

/// Proposals for another set of validators.
@Suite struct ValidatorChangeTests {
    let chain = genesis()

    private func validator(_ name: String) -> Validator {
        Validator(
            name: name, consensusKey: signer("consensus " + name).publicKey,
            cosigningKey: signer("cosigning " + name).publicKey,
            nodeKey: signer("node " + name).publicKey)
    }

    private func set(dropping count: Int, adding names: [String]) -> ValidatorSet {
        ValidatorSet(
            self.chain.validators.validators.dropLast(count) + names.map(self.validator))
    }

    @Test func theNextSetHasWhoStaysWhoJoinsAndNobodyElse() throws {
        let present = self.chain.validators
        let names = present.validators.map(\.name)
        let fifth = validator("fifth")
        let next = try ValidatorChange.next(
            after: present, adding: [fifth], removing: [names[1]])
        #expect(
            next.validators == present.validators.filter { $0.name != names[1] } + [fifth])
        // New keys under the name of one who stays take its place.
        let renewed = validator(names[0])
        let replaced = try ValidatorChange.next(
            after: present, adding: [renewed], removing: [])
        #expect(replaced.validators == [renewed] + present.validators.dropFirst())
        #expect(throws: ValidatorChangeFault.unknown("nobody", present: names)) {
            try ValidatorChange.next(after: present, adding: [], removing: ["nobody"])
        }
        #expect(throws: ValidatorChangeFault.leavesAndJoins(names[0])) {
            try ValidatorChange.next(after: present, adding: [renewed], removing: [names[0]])
        }
    }

    @Test func membersSignAChangeThatTheLedgerTakes() throws {
        let world = try StationWorld()
        let set = set(dropping: 0, adding: ["fifth"])
        var proposal = CommissionProposal(
            changing: ChangeValidators(number: 1, validators: set))
        for name in ["Anna", "Clara"] {
            try proposal.sign(
                with: signer(name), commission: world.chain.genesis.commission,
                domain: world.chain.genesis.domain)
            // Each member reads what the one before wrote.
            proposal = try JSONDocument.decode(from: try JSONDocument.encode(proposal))
        }
        #expect(
            try proposal.badSigners(
                commission: world.chain.genesis.commission, domain: world.chain.genesis.domain)
                == [])
        #expect(
            try world.refusal(try proposal.transaction(chainID: world.chain.chainID)) == nil)
    }

    @Test func changeWithTooFewSignaturesOrAnotherNumberIsRefusedByTheLedger() throws {
        let world = try StationWorld()
        let set = set(dropping: 0, adding: ["fifth"])
        func refusal(_ number: UInt32, _ names: [String]) throws -> String? {
            var proposal = CommissionProposal(
                changing: ChangeValidators(number: number, validators: set))
            for name in names {
                try proposal.sign(
                    with: signer(name), commission: world.chain.genesis.commission,
                    domain: world.chain.genesis.domain)
            }
            return try world.refusal(try proposal.transaction(chainID: world.chain.chainID))?
                .name
        }
        #expect(try refusal(1, ["Anna"]) == "E_AUTH")
        #expect(try refusal(2, ["Anna", "Boris"]) == "E_SEQ")
        #expect(try refusal(1, ["Anna", "Boris"]) == nil)
    }

    @Test func fileWithTwoProposalsIsNone() throws {
        var first = CommissionProposal(
            changing: ChangeValidators(
                number: 1, validators: set(dropping: 0, adding: ["fifth"])))
        let text = String(decoding: try JSONDocument.encode(first), as: UTF8.self)
        let reason = #"{"election": "\#(Bytes32.zero)", "reason": "x"}"#
        first = try JSONDocument.decode(
            from: [UInt8](
                text.replacingOccurrences(
                    of: "\"changeValidators\"",
                    with: "\"abortElection\" : \(reason),\n  \"changeValidators\""
                ).utf8))
        #expect(throws: StationError.self) {
            try first.sign(
                with: signer("Anna"), commission: self.chain.commission,
                domain: self.chain.domain)
        }
    }

    @Test func moreThanTheToleratedNumberAtOnceIsWarnedOf() {
        let one = ValidatorChange(
            from: self.chain.validators, to: set(dropping: 1, adding: ["fifth"]))
        #expect(one.joining == ["fifth"])
        #expect(one.leaving == ["validator-4"])
        #expect(!one.lines.joined().contains("WARNING"))
        let two = ValidatorChange(
            from: self.chain.validators, to: set(dropping: 2, adding: ["fifth", "sixth"]))
        #expect(two.lines.last?.contains("WARNING: more than 1") == true)
    }

    @Test func validatorWithAnotherConsensusKeyIsAnotherValidator() {
        let first = self.chain.validators.validators[0]
        let renewed = Validator(
            name: first.name, consensusKey: signer("new").publicKey,
            cosigningKey: first.cosigningKey, nodeKey: first.nodeKey)
        let change = ValidatorChange(
            from: self.chain.validators,
            to: ValidatorSet([renewed] + self.chain.validators.validators.dropFirst()))
        #expect(change.joining == [first.name])
        #expect(change.leaving == [first.name])
    }
}
