import BallotWeb
import Testing

struct ExportTests {
    @Test func everyFunctionHasANameOfItsOwn() {
        #expect(Set(WebFunction.allCases.map(\.rawValue)).count == WebFunction.allCases.count)
    }
}
