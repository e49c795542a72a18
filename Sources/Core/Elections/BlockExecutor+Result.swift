import BallotCryptography
import Codec
import Hashing
import Ledger

// The result protocol and the signatures of the commission over its bytes.

extension BlockExecutor {
    /// Fixes the protocol of an election whose counts the parent block completed.
    mutating func fixResult(
        _ election: Bytes32, _ record: inout ElectionRecord, _ document: ElectionDocument,
        blockHash: Bytes32
    ) throws(ExecutionFailure) {
        var styles: [(style: BallotStyle, record: StyleRecord)] = []
        for style in document.styles {
            styles.append((style, try self.style(style.number, of: election)))
        }
        var units: [(number: UInt32, record: UnitRecord)] = []
        for number in 1...UInt32(document.tallyPairs.count) {
            units.append((number, try self.require(Table.unit(election, number))))
        }
        let bytes = ResultProtocol(
            genesis: self.chain.genesis, chainID: self.chain.chainID, document: document,
            election: election, record: record, blockHash: blockHash, styles: styles,
            units: units
        ).bytes
        let hash = SHA256.digest(bytes)
        record.stage = .resulted
        record.resultHash = hash
        self.state.put(ResultRecord(bytes: bytes), Table.result(election))
        self.emit(.resultFixed(election: election, hash: hash))
        try self.schedule(election, nil)
    }

    /// A member signs the result protocol, or dissents from it.
    mutating func sign(
        _ signed: Signed<ProtocolSignature>, _ id: Bytes32
    ) throws(ExecutionFailure) {
        let signature = signed.body
        try self.requireChain(signed.chainID)
        var record = try self.election(signature.election)
        let document = try self.document(signature.election)
        let members = document.commission.members
        guard Int(signature.member) < members.count else {
            throw .refuse(.authorization, "the commission has no member \(signature.member)")
        }
        let member = members[Int(signature.member)]
        try self.requireSignature(signed, tag: .protocolSignature, of: member)
        guard record.stage == .resulted, let hash = record.resultHash else {
            throw .refuse(.phase, "the election has no result protocol")
        }
        let key = Table.signature(signature.election, member: signature.member)
        guard try self.load(key) == nil else {
            throw .refuse(.duplicate, "\(member.name) has signed already")
        }
        let bytes = try self.require(Table.result(signature.election)).bytes
        guard
            signature.protocolHash == hash,
            self.chain.verifiers.signatures.isValid(
                signature.protocolSignature, of: bytes, by: member.key)
        else { throw .refuse(.result, "the signature is over other bytes than the protocol") }
        if let dissent = signature.dissent { try self.requireReason(dissent, at: "dissent") }
        if signature.dissent == nil { record.agreeing += 1 } else { record.dissenting += 1 }
        self.state.put(SignatureRecord(transaction: id, signature: signature), key)
        self.state.put(record, Table.election(signature.election))
        self.emit(
            .protocolSigned(
                election: signature.election, member: signature.member,
                dissent: signature.dissent != nil))
    }
}
