import Admission
import BlockSync
import Chain
import Codec
import Consensus
import Cosigning
import Ledger
import NetworkAddresses
import Simulation
import TransparencyLog

/// An application that knows nothing: what becomes of transactions and blocks, the test says.
struct TestApplication: ChainApplication {
    typealias State = Int
    typealias Execution = Int
    typealias Prepared = Int

    func memorySize(of prepared: Int) -> Int { 1000 }

    func promise(
        _ ballot: Int, received: Height, promised: Height, validator: ValidatorIndex,
        sign: ([UInt8]) -> Bytes64
    ) -> [UInt8]? {
        [UInt8(ballot), UInt8(received.rawValue)]
    }

    func transaction(_ ready: ValidatorReady, signature: Bytes64) -> [UInt8] { [4] }
    func transaction(_ equivocation: Equivocation) -> [UInt8]? { nil }
}

typealias TestMachine = ChainMachine<TestApplication, SimulatedSignatures, SimulatedSigner>
typealias TestInput = ChainInput<TestApplication>
typealias TestEffect = ChainEffect<TestApplication>

/// A machine, its clock, and what it asked for.
struct Bench {
    let genesis: Genesis
    var machine: TestMachine
    private var milliseconds: UInt64 = 1000
    private var client: UInt64 = 0

    /// - Parameters:
    ///   - place: the node's place among the validators; nil for an observer.
    ///   - validators: how many there are; the only one needs no other to make blocks.
    init(place: Int? = 0, validators: Int = 4, limits: ChainMachineLimits = ChainMachineLimits()) {
        let genesis = SimulatedChain.genesis(validators: validators)
        self.genesis = genesis
        let signer = place.map { SimulatedSigner(key: SimulatedChain.key($0)) }
        let floor = Floor.genesis(genesis)
        let replica = signer.map { signer in
            Replica(
                configuration: ReplicaConfiguration(
                    domain: genesis.domain, parameters: genesis.parameters,
                    validators: genesis.validators, key: signer.key, nonce: .zero, listening: 0),
                verifier: SimulatedSignatures(), signer: signer, floor: floor,
                journal: .intact([], length: 0))
        }
        guard let book = CheckpointBook(genesis: genesis, verifier: SimulatedSignatures()) else {
            preconditionFailure("simulated validators have names for keys")
        }
        machine = ChainMachine(
            ChainStart(
                genesis: genesis, signer: signer, replica: replica,
                journal: JournalExtent(header: [], size: 0), floor: floor,
                head: FinalPoint(
                    height: .genesis, hash: genesis.chainID, time: genesis.time, logSize: 1,
                    logRoot: genesis.chainID, state: 0),
                facts: ChainFacts(
                    validators: genesis.validators, awaited: nil,
                    accounts: [
                        Self.style: PromiseAccount(
                            issued: 2, cast: 0,
                            promisesUntil: genesis.time.adding(milliseconds: 60_000))
                    ]),
                formerValidators: [],
                cosigning: Cosigning(
                    book: book, cosignedSize: 0,
                    final: DueCheckpoint(size: 1, root: genesis.chainID))),
            application: TestApplication(), verifier: SimulatedSignatures(), limits: limits)
    }

    static let style = StyleName(electionID: .zero, style: 1)

    /// Whose turn the ballot of a voter takes.
    static func slot(_ voter: Int, sequence: UInt32 = 1) -> BallotSlot {
        BallotSlot(
            credential: CredentialName(electionID: .zero, key: SimulatedChain.key(voter)),
            style: style, sequence: sequence)
    }

    static func peer(_ place: Int) -> Bytes32 { SimulatedChain.key(place, purpose: 3) }

    mutating func pass(milliseconds more: UInt64) { milliseconds += more }

    /// Hands in an input, later than the one before by what checks are gathered for.
    mutating func handle(_ input: TestInput) -> [TestEffect] {
        milliseconds += AdmissionLimits.gatherMilliseconds
        return machine.handle(
            input,
            at: LocalTime(
                instant: Instant(microseconds: milliseconds * 1000),
                clock: genesis.time.adding(milliseconds: milliseconds)))
    }

    /// Starts the machine, and has its replica vote: it need not listen.
    mutating func start() {
        _ = handle(.started(voteFrom: nil))
        pass(milliseconds: 1)
        _ = handle(.tick)
    }

    /// Submits a transaction; gives the client's number besides.
    mutating func submit(
        _ bytes: [UInt8], from address: String = "192.0.2.1"
    ) -> (ClientRequestID, [TestEffect]) {
        client += 1
        let request = ClientRequestID(client)
        return (
            request, handle(.submitted(Entry(bytes), from: AddressGroup(address), request))
        )
    }

    /// Submits a transaction and has it judged.
    mutating func judge(
        _ bytes: [UInt8], _ judgement: Judgement<Int>, from address: String = "192.0.2.1"
    ) -> [TestEffect] {
        let (_, effects) = submit(bytes, from: address)
        guard let task = effects.judged.first else { return effects }
        return handle(
            .judged(JudgedTransactions(number: task.number, judgements: [judgement])))
    }
}

extension [TestEffect] {
    var judged: [JudgeTask<TestApplication>] {
        compactMap { if case .judge(let task) = $0 { task } else { nil } }
    }

    /// The numbers of what is to be stored of waiting transactions.
    var kept: [UInt64] {
        compactMap { if case .keep(let number, _) = $0 { number } else { nil } }
    }

    var forgotten: [Bytes32] {
        flatMap { effect -> [Bytes32] in
            if case .forget(let ids) = effect { ids } else { [] }
        }
    }

    var answers: [SubmissionOutcome] {
        compactMap { if case .answer(_, _, let outcome) = $0 { outcome } else { nil } }
    }

    var relayed: [(submission: RelayedSubmission, to: Bytes32)] {
        compactMap {
            if case .relay(let submission, let key) = $0 { (submission, key) } else { nil }
        }
    }

    var pushed: [Entry] {
        flatMap { effect -> [Entry] in
            if case .broadcast(.transactions(let pushed)) = effect {
                pushed.transactions
            } else {
                []
            }
        }
    }

    func pushedTo(_ peer: Bytes32) -> [Entry] {
        flatMap { effect -> [Entry] in
            if case .send(.transactions(let pushed), let keys) = effect, keys == [peer] {
                pushed.transactions
            } else {
                []
            }
        }
    }

    var relayAnswers: [RelayedAnswer] {
        compactMap {
            if case .send(.answer(let answer), _) = $0 { answer } else { nil }
        }
    }

    var faults: [PeerFault] {
        compactMap { if case .disconnect(_, let fault) = $0 { fault } else { nil } }
    }
}
