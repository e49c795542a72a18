import BallotCryptography
import Codec
import Elections
import FrozenVectors
import Ledger
import Testing

/// The codes of decoding (section 7.2 of the protocol) against `Tests/Vectors/forms.json`.
struct FormVectorTests {
    /// Bytes, or so many zeros.
    private enum Part: Decodable {
        case bytes([UInt8])
        case zeros(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            // A number is no text: what is neither fails in the second attempt.
            if let count = try? container.decode(Int.self) {
                self = .zeros(count)
            } else {
                self = .bytes(try container.decode(HexBytes.self).bytes)
            }
        }

        var content: [UInt8] {
            switch self {
            case .bytes(let bytes): bytes
            case .zeros(let count): [UInt8](repeating: 0, count: count)
            }
        }
    }

    private struct File: Decodable {
        struct Case: Decodable {
            let what: String
            let transaction: [Part]
            let code: String
        }
        let genesis: HexBytes
        let cases: [Case]
    }

    @Test func everyFormIsRefusedWithItsCode() throws {
        let file = try FrozenVectors.read("forms.json", as: File.self)
        let chain = ChainContext(genesis: try Genesis(canonicalBytes: file.genesis.bytes))
        let start = GenesisState.execute(chain)
        var state = MemoryState()
        state.apply(start.changes)
        for vector in file.cases {
            var executor = try BlockExecutor(
                chain: chain, parent: state, catalog: start.catalog, height: Height(1),
                time: chain.genesis.time.adding(milliseconds: 1), parentHash: chain.chainID)
            let bytes = vector.transaction.flatMap(\.content)
            do throws(ExecutionFailure) {
                try executor.apply(Entry(bytes))
                Issue.record("accepted: \(vector.what)")
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                #expect(refusal.code.name == vector.code, "\(vector.what)")
            }
        }
    }

    @Test func theFileIsTheOneThatTheGeneratorMakes() throws {
        #expect(try FrozenVectors.isFrozen("forms.json", FormVectors().content))
    }
}

/// Makes `forms.json`. Bytes are put together by hand: our writer makes no malformed ones. What
/// decodes is refused for what it names, an election that is not there, or for its signatures.
private struct FormVectors {
    private let chain = TestChain()
    private var cases: [[String: Any]] = []

    init() {
        self.makeOuterForms()
        self.makeBallots()
        self.makeTexts()
        self.makeLists()
        self.makeValues()
    }

    var content: [String: Any] {
        [
            "about":
                "Transactions whose form is wrong, and the code of each on the state of genesis;"
                + " PROTOCOL.md section 7.2.",
            "genesis": Hexadecimal.encode(self.chain.genesis.canonicalBytes),
            "cases": self.cases,
        ]
    }

    private mutating func add(_ what: String, _ bytes: [UInt8], _ code: String) {
        self.cases.append([
            "what": what, "transaction": Self.parts(bytes), "code": code,
        ])
    }

    /// The bytes with the one long run of zeros in them, if there is one, as its length.
    private static func parts(_ bytes: [UInt8]) -> [Any] {
        var longest = 0..<0
        var start = 0
        for place in 0...bytes.count where place == bytes.count || bytes[place] != 0 {
            if place - start > longest.count { longest = start..<place }
            start = place + 1
        }
        guard longest.count > 1000 else { return [Hexadecimal.encode(bytes)] }
        return [
            Hexadecimal.encode([UInt8](bytes[..<longest.lowerBound])), longest.count,
            Hexadecimal.encode([UInt8](bytes[longest.upperBound...])),
        ]
    }

    // Parts of transactions.

    private static func u32(_ value: Int) -> [UInt8] {
        (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func u64(_ value: UInt64) -> [UInt8] {
        (0..<8).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private static func string(_ count: Int, of byte: UInt8 = 0x61) -> [UInt8] {
        self.u32(count) + [UInt8](repeating: byte, count: count)
    }

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private func start(_ tag: UInt8) -> [UInt8] { [tag, 1] + self.chain.context.chainID.bytes }

    /// A signed transaction of this chain: E_ELECTION if it decodes, since it names no election.
    private func signed(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] {
        self.start(tag) + body + Self.zeros(64)
    }

    /// An approved one, by nobody.
    private func approved(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] {
        self.start(tag) + body + Self.u32(0)
    }

    private static func extensionBody(
        styles: Int = 1, closes: UInt64 = 1, reason: [UInt8] = FormVectors.string(1)
    ) -> [UInt8] {
        Self.zeros(32) + Self.u32(styles) + Self.zeros(4 * styles) + Self.u64(closes) + reason
    }

    private mutating func makeOuterForms() {
        self.add("no bytes", [], "E_LENGTH")
        self.add("a tag alone", [0x40], "E_LENGTH")
        self.add("an unknown tag alone", [0x7F], "E_VERSION")
        self.add("version 2", [0x40, 2], "E_VERSION")
        self.add("the tag of a genesis", [0x01, 1], "E_PARAM")
        self.add("the tag of a header", [0x02, 1], "E_PARAM")
        self.add("65,536 bytes, whatever they are", [0x7F] + Self.zeros(65_535), "E_LENGTH")
        let body = Self.zeros(32) + Self.zeros(8)
        self.add("an issue count of no election", self.signed(0x32, body), "E_ELECTION")
        self.add("a byte is missing", [UInt8](self.signed(0x32, body).dropLast()), "E_LENGTH")
        self.add("a byte too many", self.signed(0x32, body) + [0], "E_LENGTH")
        self.add(
            "a spoil proof of 127 bytes",
            [0x41, 1] + Self.zeros(36) + Self.zeros(127) + Self.string(384), "E_LENGTH")
    }

    private mutating func makeBallots() {
        let wire = Self.string(109, of: 1)
        func ballot(_ wire: [UInt8], _ certificate: Int) -> [UInt8] {
            [0x40, 1] + wire + Self.string(certificate)
        }
        for count in [0, 100, 384] {
            self.add(
                "a certificate of \(count) bytes decodes", ballot(wire, count), "E_ELECTION")
        }
        self.add("a certificate of 385 bytes", ballot(wire, 385), "E_LENGTH")
        self.add("a wire of 16,384 bytes", ballot(Self.string(16_384, of: 1), 0), "E_ELECTION")
        self.add("a wire of 16,385 bytes", ballot(Self.string(16_385, of: 1), 0), "E_LENGTH")
        self.add("a wire that ends in its header", ballot(Self.string(108, of: 1), 0), "E_LENGTH")
        self.add("a wire of version 2", ballot(Self.string(109, of: 2), 0), "E_VERSION")
        self.add("no wire", ballot(Self.string(0), 0), "E_LENGTH")
        for count in [100, 384] {
            self.add(
                "a spoil with a certificate of \(count) bytes decodes",
                [0x41, 1] + Self.zeros(164) + Self.string(count), "E_ELECTION")
        }
        self.add(
            "a spoil with a certificate of 385 bytes",
            [0x41, 1] + Self.zeros(164) + Self.string(385), "E_LENGTH")
    }

    private mutating func makeTexts() {
        func abortion(_ reason: [UInt8]) -> [UInt8] {
            self.approved(0x14, Self.zeros(32) + reason)
        }
        self.add("a reason of 4,096 bytes", abortion(Self.string(4096)), "E_ELECTION")
        self.add("a reason of 4,097 bytes", abortion(Self.string(4097)), "E_LENGTH")
        self.add("no reason decodes", abortion(Self.string(0)), "E_ELECTION")
        self.add("a reason that is no UTF-8", abortion(Self.string(1, of: 0xFF)), "E_PARAM")
        self.add(
            "a surrogate in UTF-8", abortion(Self.u32(3) + [0xED, 0xA0, 0x80]), "E_PARAM")
        self.add("a text that is longer than what is left", abortion(Self.u32(4096)), "E_LENGTH")
        self.add(
            "no UTF-8, and too long", abortion(Self.string(4097, of: 0xFF)), "E_LENGTH")
        // The fields of a document up to its name.
        func document(_ name: [UInt8], version: UInt8 = 1, kind: UInt8 = 2) -> [UInt8] {
            self.start(0x10) + [version] + self.chain.context.chainID.bytes + [kind] + name
        }
        self.add("a document's name of 97 bytes", document(Self.string(97)), "E_LENGTH")
        self.add("a document of version 2", document([], version: 2), "E_VERSION")
        self.add("a document of kind 3", document([], kind: 3), "E_VERSION")
        self.add(
            "a title in nine languages", document(Self.string(1) + Self.u32(9) + Self.zeros(90)),
            "E_LENGTH")
    }

    private mutating func makeLists() {
        func change(_ validators: [[UInt8]]) -> [UInt8] {
            self.approved(
                0x11, Self.u32(1) + Self.u32(validators.count) + validators.flatMap(\.self))
        }
        func validator(_ name: [UInt8]) -> [UInt8] { name + Self.zeros(96) }
        let plain = validator(Self.string(2))
        self.add("31 validators decode", change([[UInt8]](repeating: plain, count: 31)), "E_AUTH")
        self.add("32 validators", change([[UInt8]](repeating: plain, count: 32)), "E_LENGTH")
        self.add("no validators decode", change([]), "E_AUTH")
        self.add("a validator's name of 17 bytes", change([validator(Self.string(17))]), "E_LENGTH")
        self.add(
            "a validator's empty name decodes", change([validator(Self.string(0))]), "E_AUTH")
        func extended(_ approvals: [UInt8]) -> [UInt8] {
            self.start(0x13) + Self.extensionBody() + approvals
        }
        func approval(_ member: UInt8) -> [UInt8] { [0, member] + Self.zeros(64) }
        self.add(
            "approvals that rise", extended(Self.u32(2) + approval(1) + approval(2)), "E_ELECTION")
        self.add(
            "approvals of one member twice", extended(Self.u32(2) + approval(1) + approval(1)),
            "E_PARAM")
        self.add(
            "approvals that fall", extended(Self.u32(2) + approval(2) + approval(1)), "E_PARAM")
        self.add(
            "65 approvals", extended(Self.u32(65) + (0..<65).flatMap { approval(UInt8($0)) }),
            "E_LENGTH")
        self.add(
            "an extension of 129 styles", self.approved(0x13, Self.extensionBody(styles: 129)),
            "E_LENGTH")
        self.add(
            "an extension of no style decodes",
            self.approved(0x13, Self.extensionBody(styles: 0)), "E_ELECTION")
        let roll = Self.zeros(32) + Self.zeros(12) + Self.zeros(32)
        self.add(
            "a roll part of 2,000 leaves",
            self.signed(0x30, roll + Self.u32(2000) + Self.zeros(64_000)), "E_ELECTION")
        self.add(
            "a roll part of 2,001 leaves",
            self.signed(0x30, roll + Self.u32(2001) + Self.zeros(64_032)), "E_LENGTH")
        self.add(
            "10,001 issued leaves",
            self.signed(0x33, Self.zeros(36) + Self.u32(10_001) + Self.zeros(40_004)), "E_LENGTH")
        self.add(
            "a payload of 65,000 bytes",
            self.signed(0x22, Self.zeros(40) + Self.string(65_000, of: 0)), "E_ELECTION")
        self.add(
            "a payload of 65,001 bytes",
            self.signed(0x22, Self.zeros(40) + Self.string(65_001, of: 0)), "E_LENGTH")
        self.add(
            "an empty payload decodes", self.signed(0x22, Self.zeros(40) + Self.string(0)),
            "E_ELECTION")
    }

    private mutating func makeValues() {
        let signature = Self.zeros(32 + 2 + 32 + 64)
        self.add(
            "a truth value 1", self.signed(0x51, signature + [1] + Self.string(1)), "E_ELECTION")
        self.add("a truth value 2", self.signed(0x51, signature + [2]), "E_PARAM")
        self.add(
            "roll status 6", self.signed(0x31, Self.zeros(40) + [6] + Self.zeros(6)), "E_VERSION")
        let latest = Timestamp.latest.milliseconds
        for (what, time, code) in [
            ("the last time", latest, "E_ELECTION"),
            ("a millisecond after the last time", latest + 1, "E_PARAM"),
            ("a time of 2^64 - 1", .max, "E_PARAM"),
        ] {
            self.add(what, self.approved(0x13, Self.extensionBody(closes: time)), code)
        }
        // The first fault counts.
        self.add(
            "a time after the last, then a reason that is too long",
            self.approved(
                0x13, Self.extensionBody(closes: .max, reason: Self.string(4097))), "E_PARAM")
        self.add(
            "a truth value 2, then bytes that are too many",
            self.signed(0x51, signature + [2]) + Self.zeros(9), "E_PARAM")
    }
}
