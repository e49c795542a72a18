import BallotCryptography
import Codec
import Hashing
import Testing

@Suite struct ContestShapeTests {
    @Test func slackRepresentsEveryNumberOfSelections() throws {
        for max in 1...20 {
            for min in 0...max {
                let shape = try ContestShape(options: 21, min: min, max: max, countsBlank: false)
                for count in min...max {
                    let cells = try shape.cells(for: .options([Int](0..<count)))
                    let sum = zip(cells, shape.weights).reduce(0) { $0 + UInt32($1.0) * $1.1 }
                    #expect(sum == shape.target)
                    #expect(shape.choice(of: cells) == .options([Int](0..<count)))
                }
                let slack = shape.weights.dropFirst(shape.keyCount).reduce(0, +)
                #expect(slack == UInt32(max - min))
            }
        }
    }

    @Test func ruleIsDroppedOnlyWhereEverySelectionIsAChoice() throws {
        let free = try ContestShape(options: 3, min: 0, max: 3, countsBlank: false)
        #expect(!free.hasRule)
        #expect(free.cellCount == 3)
        let blank = try ContestShape(options: 3, min: 0, max: 3, countsBlank: true)
        #expect(blank.hasRule)
        #expect(blank.weights == [1, 1, 1, 3, 1, 2])
    }

    @Test(arguments: [
        (0, 0, 0), (3, 2, 1), (3, 0, 0), (3, 0, 4), (3, -1, 1), (65, 1, 1), (63, 1, 10),
        (Int.max, 1, 1), (3, 1, Int.max),
    ])
    func impossibleContestsAreRefused(options: Int, min: Int, max: Int) {
        #expect(throws: RefusalCode.parameter) {
            try ContestShape(options: options, min: min, max: max, countsBlank: false)
        }
    }

    @Test func choicesThatAreNotOfferedAreRefused() throws {
        let shape = try ContestShape(options: 4, min: 1, max: 2, countsBlank: false)
        #expect(throws: ChoiceError.tooFew(0, minimum: 1)) {
            try shape.cells(for: .options([]))
        }
        #expect(throws: ChoiceError.tooMany(3, maximum: 2)) {
            try shape.cells(for: .options([0, 1, 2]))
        }
        #expect(throws: ChoiceError.repeatedOption(1)) {
            try shape.cells(for: .options([1, 2, 1]))
        }
        #expect(throws: ChoiceError.unknownOption(4)) { try shape.cells(for: .options([4])) }
        #expect(throws: ChoiceError.unknownOption(-1)) { try shape.cells(for: .options([-1])) }
        #expect(throws: ChoiceError.blankNotOffered) { try shape.cells(for: .blank) }
    }
}

@Suite struct TrackingCodeTests {
    private func codes() -> [TrackingCode] {
        (0..<20).map { TrackingCode(tracker: Bytes32(SHA256.hash([$0])[...])) }
    }

    @Test func codeReadsBackAndMatchesItsTracker() throws {
        for index in 0..<20 as Range<UInt8> {
            let tracker = Bytes32(SHA256.hash([index])[...])
            let code = TrackingCode(tracker: tracker)
            #expect(code.text.count == 32)
            #expect(TrackingCode(code.text) == code)
            #expect(TrackingCode(code.text.lowercased()) == code)
            #expect(TrackingCode(code.text.filter { $0 != "-" }) == code)
            #expect(code.matches(tracker))
            #expect(!code.matches(.zero))
        }
    }

    /// The 24 symbols before the check are base32 of RFC 4648.
    @Test func codeIsTheTrackersFirst120Bits() {
        var bytes = [UInt8]("foobarfoobarfoo".utf8)
        bytes += [UInt8](repeating: 9, count: 17)
        let text = TrackingCode(tracker: Bytes32(bytes[...])).text
        #expect(text.hasPrefix("MZXW-6YTB-OJTG-633C-MFZG-M33P-"))
    }

    @Test func oneWrongSymbolIsNoticed() {
        let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        let symbols = [UInt8](self.codes()[0].text.utf8).filter { $0 != 0x2D }
        for index in symbols.indices {
            for symbol in alphabet where symbol != symbols[index] {
                var wrong = symbols
                wrong[index] = symbol
                #expect(TrackingCode(String(decoding: wrong, as: UTF8.self)) == nil)
            }
        }
    }

    @Test func twoExchangedSymbolsAreNoticed() {
        for code in self.codes() {
            let symbols = [UInt8](code.text.utf8).filter { $0 != 0x2D }
            for first in symbols.indices {
                for second in symbols.indices where symbols[first] != symbols[second] {
                    var wrong = symbols
                    wrong.swapAt(first, second)
                    #expect(TrackingCode(String(decoding: wrong, as: UTF8.self)) == nil)
                }
            }
        }
    }

    @Test(arguments: ["", "ABCD", "ABCD-ÄÖ", String(repeating: "A", count: 27)])
    func otherTextsAreNoCodes(text: String) { #expect(TrackingCode(text) == nil) }
}

@Suite struct RefusalCodeTests {
    @Test func namesAreDistinctAndDiagnosticsBecomeTheProofsCode() {
        #expect(Set(RefusalCode.allCases.map(\.name)).count == RefusalCode.allCases.count)
        let fine: [RefusalCode] = [.signature, .linkA, .linkC, .bit]
        for code in RefusalCode.allCases {
            #expect(code.onLedger == (fine.contains(code) ? .proof : code))
        }
    }
}
