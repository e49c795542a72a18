import ProcessHarness
import Testing

extension Outcome: CustomTestStringConvertible {
    /// For the message of a failed expectation.
    var comment: Comment { Comment(rawValue: testDescription) }
}

extension [UInt8] {
    /// The bytes with those from a place replaced.
    func replacing(at place: Int, with bytes: [UInt8]) -> [UInt8] {
        var copy = self
        copy.replaceSubrange(place..<place + bytes.count, with: bytes)
        return copy
    }
}
