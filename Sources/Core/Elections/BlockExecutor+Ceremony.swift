import BallotCryptography
import Codec
import Ledger

// The key ceremony's transactions (`ballot.md` 1.4).

extension BlockExecutor {
    mutating func takeCeremonyStep(
        _ step: CeremonyStep, _ signed: Signed<CeremonyMessage>, _ id: Bytes32
    ) throws(ExecutionFailure) {
        let message = signed.body
        try self.requireChain(signed.chainID)
        var record = try self.election(message.election)
        let document = try self.document(message.election)
        guard
            message.trustee >= 1, let member = document.trustee(numbered: message.trustee)
        else { throw .refuse(.authorization, "the election has no trustee \(message.trustee)") }
        try self.requireSignature(signed, tag: step.tag, of: member)
        guard record.stage == .ceremony else {
            throw .refuse(.phase, "the key ceremony is over")
        }
        guard message.ceremony == record.ceremony else {
            throw .refuse(.phase, "key ceremony \(record.ceremony) is under way")
        }
        var turn = CeremonyTurn(
            election: message.election, document: document, trustee: message.trustee,
            transaction: id, payload: message.payload,
            ceremony: try self.require(Table.ceremony(message.election, record.ceremony)))
        guard let index = turn.ceremony.index(of: message.trustee) else {
            throw .refuse(.authorization, "\(member.name) was left out of this key ceremony")
        }
        turn.index = index
        switch step {
        case .registration: try self.register(&turn, &record)
        case .commitment: try self.commit(&turn, &record)
        case .dealing: try self.deal(&turn, &record)
        case .complaint: try self.complain(&turn, &record)
        case .confirmation: try self.confirm(&turn, &record)
        case .rehearsal: try self.rehearse(&turn, &record)
        }
        record.hasCeremonyBegun = true
        self.state.put(record, Table.election(message.election))
    }

    private mutating func register(
        _ turn: inout CeremonyTurn, _ record: inout ElectionRecord
    ) throws(ExecutionFailure) {
        try turn.requireFirst(turn.ceremony.registered)
        try turn.requireStage(.registration)
        var others: [Bytes32] = []
        for trustee in turn.ceremony.registered {
            others.append(
                try self.payload(TrusteeRegistration.self, turn, .registration, trustee)
                    .communicationKey)
        }
        let registration = try turn.decoded(TrusteeRegistration.self)
        let (index, parameters) = (turn.index, turn.ceremony.parameters)
        try refusing("the communication key is not proven or not new") {
            () throws(RefusalCode) in
            try registration.check(trustee: index, parameters: parameters, others: others)
        }
        turn.ceremony.registered.append(turn.trustee)
        self.record(turn, .registration)
        if turn.ceremony.registered.count == turn.ceremony.participants.count {
            try self.advance(&turn.ceremony, to: .commitment, turn.election, &record, turn.document)
        }
        self.state.put(turn.ceremony, Table.ceremony(turn.election, turn.ceremony.number))
    }

    private mutating func commit(
        _ turn: inout CeremonyTurn, _ record: inout ElectionRecord
    ) throws(ExecutionFailure) {
        try turn.requireFirst(turn.ceremony.dealers)
        try turn.requireStage(.commitment)
        _ = try turn.decoded(DealerCommitment.self)
        turn.ceremony.dealers.append(turn.trustee)
        self.record(turn, .commitment)
        if turn.ceremony.dealers.count == turn.ceremony.participants.count {
            turn.ceremony.dealers.sort()
            try self.advance(&turn.ceremony, to: .dealing, turn.election, &record, turn.document)
        }
        self.state.put(turn.ceremony, Table.ceremony(turn.election, turn.ceremony.number))
    }

    private mutating func deal(
        _ turn: inout CeremonyTurn, _ record: inout ElectionRecord
    ) throws(ExecutionFailure) {
        let number = turn.ceremony.number
        let earlier = Table.ceremonyMessage(turn.election, number, .dealing, trustee: turn.trustee)
        guard try self.load(earlier) == nil else {
            throw .refuse(.duplicate, "the trustee has dealt already")
        }
        try turn.requireStage(.dealing)
        guard turn.ceremony.dealers.contains(turn.trustee) else {
            throw .refuse(.phase, "only who committed may deal")
        }
        let parameters = turn.ceremony.parameters
        var constants: [Bytes32] = []
        for trustee in turn.ceremony.qualified {
            constants += try self.payload(Dealing.self, turn, .dealing, trustee)
                .constants(parameters)
        }
        let commitment = try self.payload(DealerCommitment.self, turn, .commitment, turn.trustee)
        let dealing = try turn.decoded(Dealing.self)
        let index = turn.index
        try refusing("the dealing does not pass the public checks") { () throws(RefusalCode) in
            try dealing.check(
                dealer: index, commitment: commitment, otherConstants: constants,
                parameters: parameters)
        }
        turn.ceremony.qualified.append(turn.trustee)
        self.record(turn, .dealing)
        self.state.put(turn.ceremony, Table.ceremony(turn.election, number))
        if turn.ceremony.qualified.count == turn.ceremony.dealers.count {
            try self.formKeys(turn.election, &record, turn.document, &turn.ceremony)
        }
    }

    private mutating func complain(
        _ turn: inout CeremonyTurn, _ record: inout ElectionRecord
    ) throws(ExecutionFailure) {
        let complaint = try turn.decoded(Complaint.self)
        guard let dealer = turn.ceremony.trustee(at: complaint.dealer), dealer != turn.trustee
        else { throw .refuse(.contest, "a complaint names another trustee") }
        let key = Table.ceremonyMessage(
            turn.election, turn.ceremony.number, .complaint, trustee: turn.trustee, about: dealer)
        guard try self.load(key) == nil else {
            throw .refuse(.duplicate, "the complaint about this dealer has been judged")
        }
        try turn.requireStage(.confirmation)
        guard let deadline = turn.ceremony.deadline(in: turn.document), self.time < deadline else {
            throw .refuse(.phase, "the deadline of complaints has passed")
        }
        guard turn.ceremony.qualified.contains(dealer) else {
            throw .refuse(.phase, "trustee \(dealer) is no qualified dealer")
        }
        let dealing = try self.payload(Dealing.self, turn, .dealing, dealer)
        let accuserKey = try self.payload(
            TrusteeRegistration.self, turn, .registration, turn.trustee
        ).communicationKey
        let (index, parameters) = (turn.index, turn.ceremony.parameters)
        let encryption = self.chain.verifiers.encryption
        let verdict = try refusing("the complaint is not proven") { () throws(RefusalCode) in
            try complaint.judge(
                accuser: index, accuserKey: accuserKey, dealing: dealing,
                parameters: parameters, encryption: encryption)
        }
        self.state.put(
            CeremonyMessageRecord(
                transaction: turn.transaction, payload: turn.payload,
                isJustified: verdict == .justified),
            key)
        self.emit(
            .ceremonyStep(
                election: turn.election, ceremony: turn.ceremony.number, trustee: turn.trustee,
                .complaint))
        switch verdict {
        case .unfounded:
            self.raise(
                "A_FALSE_COMPLAINT", turn.election,
                "trustee \(turn.trustee) complained about the good share of trustee \(dealer)")
        case .justified:
            try self.disqualify(dealer, turn.election, &record, turn.document, &turn.ceremony)
        }
    }

    private mutating func confirm(
        _ turn: inout CeremonyTurn, _ record: inout ElectionRecord
    ) throws(ExecutionFailure) {
        try turn.requireFirst(turn.ceremony.confirmed)
        try turn.requireStage(.confirmation)
        let keys = try self.require(Table.keys(turn.election, turn.ceremony.number)).keys
        let confirmation = try turn.decoded(Confirmation.self)
        let qualified = turn.ceremony.qualifiedIndices
        let index = turn.index
        try refusing("the confirmation is not of these keys") { () throws(RefusalCode) in
            try confirmation.check(trustee: index, qualified: qualified, keys: keys)
        }
        turn.ceremony.confirmed.append(turn.trustee)
        self.record(turn, .confirmation)
        self.state.put(turn.ceremony, Table.ceremony(turn.election, turn.ceremony.number))
        try self.finishCeremonyIfReady(turn.election, &record, turn.document, &turn.ceremony)
    }

    private mutating func rehearse(
        _ turn: inout CeremonyTurn, _ record: inout ElectionRecord
    ) throws(ExecutionFailure) {
        try turn.requireFirst(turn.ceremony.rehearsed)
        try turn.requireStage(.confirmation)
        guard let electionID = turn.ceremony.electionID else {
            throw .refuse(.phase, "there are no keys to rehearse with")
        }
        let keys = try self.require(Table.keys(turn.election, turn.ceremony.number)).keys
        let share = try turn.decoded(PartialDecryption.self)
        let index = turn.index
        try refusing("the rehearsal share is wrong") { () throws(RefusalCode) in
            try share.verify(
                .rehearsal(electionID: electionID, keys: keys), trustee: index, keys: keys)
        }
        turn.ceremony.rehearsed.append(turn.trustee)
        self.record(turn, .rehearsal)
        self.state.put(turn.ceremony, Table.ceremony(turn.election, turn.ceremony.number))
        try self.finishCeremonyIfReady(turn.election, &record, turn.document, &turn.ceremony)
    }

    /// Stores a message and tells of it.
    private mutating func record(_ turn: CeremonyTurn, _ step: CeremonyStep) {
        self.state.put(
            CeremonyMessageRecord(
                transaction: turn.transaction, payload: turn.payload, isJustified: nil),
            Table.ceremonyMessage(
                turn.election, turn.ceremony.number, step, trustee: turn.trustee))
        self.emit(
            .ceremonyStep(
                election: turn.election, ceremony: turn.ceremony.number, trustee: turn.trustee,
                step))
    }

    private func payload<Payload: CanonicalCodable>(
        _ type: Payload.Type, _ turn: CeremonyTurn, _ step: CeremonyStep, _ trustee: UInt32
    ) throws(ExecutionFailure) -> Payload {
        try self.ceremonyPayload(type, turn.election, turn.ceremony.number, step, trustee)
    }
}

/// One trustee's message while it is judged.
struct CeremonyTurn {
    let election: Bytes32
    let document: ElectionDocument
    /// The number in the document.
    let trustee: UInt32
    let transaction: Bytes32
    let payload: [UInt8]
    var ceremony: CeremonyRecord
    /// The number in the cryptography.
    var index: UInt32 = 0

    func requireFirst(_ done: [UInt32]) throws(ExecutionFailure) {
        if done.contains(self.trustee) {
            throw .refuse(.duplicate, "the trustee has done this step already")
        }
    }

    func requireStage(_ stage: CeremonyStage) throws(ExecutionFailure) {
        guard self.ceremony.stage == stage else {
            throw .refuse(.phase, "the key ceremony is at the step \(self.ceremony.stage)")
        }
    }

    func decoded<Payload: CanonicalCodable>(
        _ type: Payload.Type
    ) throws(ExecutionFailure) -> Payload {
        do {
            return try Payload(canonicalBytes: self.payload)
        } catch {
            throw .refuse(.length, "the message's content is malformed: \(error)")
        }
    }
}

extension CeremonyRecord {
    /// QUAL as the cryptography numbers it.
    var qualifiedIndices: [UInt32] { self.qualified.compactMap { self.index(of: $0) } }
}

extension ElectionDocument {
    /// The trustee of a number from 1.
    func trustee(numbered number: UInt32) -> Member? {
        guard number >= 1, Int(number) <= self.trustees.count else { return nil }
        return self.trustees[Int(number) - 1]
    }
}
