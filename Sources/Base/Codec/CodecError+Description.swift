extension CodecError: CustomStringConvertible {
    /// In words, as they stand after a colon.
    package var description: String {
        switch self {
        case .truncated(let needed, let left):
            "it ends too early: \(needed) more bytes were expected, and \(left) are there"
        case .trailingBytes(let count): "\(count) bytes too many stand at its end"
        case .overLimit(let count, let limit):
            "it announces a length of \(count), and at most \(limit) is allowed"
        case .unknownTag(let tag):
            "it has the type or version \(tag), which this version does not know"
        case .invalid(let rule): "it breaks a rule of its form: \(rule.text)"
        }
    }
}
