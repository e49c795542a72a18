internal import PlainText

/// Collects the rules that a document breaks. Nothing in it traps, whatever the document holds: what
/// encodes a document comes after its faults were asked for.
struct FaultCollector {
    private(set) var faults: [DocumentFault] = []

    mutating func require(_ condition: Bool, _ path: String, _ problem: String) {
        if !condition { faults.append(DocumentFault(path: path, problem: problem)) }
    }

    /// A text in each of some languages.
    mutating func requireTexts(_ texts: [LocalizedText], _ path: String) {
        require(
            !texts.isEmpty && texts.allSatisfy { !$0.text.isEmpty && isLanguage($0.language) },
            path, "needs a text in at least one language, each with a language tag as in ru")
        require(
            texts.count <= Limits.languages, path, "has more than \(Limits.languages) languages")
        requireDistinct(texts.map(\.language), path, "two texts share a language")
        for text in texts {
            requireSize(text.text, Limits.text, path)
            requirePlain(text.text.isPlainText, path)
        }
    }

    /// A text of one line, perhaps empty.
    mutating func requireLine(_ text: String, limit: Int, _ path: String) {
        requireSize(text, limit, path)
        requirePlain(text.isPlainLine, path)
    }

    /// A reason or a dissent.
    mutating func requireReason(_ text: String, _ path: String) {
        require(!text.isEmpty, path, "must not be empty")
        requireSize(text, Limits.reason, path)
        requirePlain(text.isPlainText, path)
    }

    mutating func requireMember(_ member: Member, _ path: String) {
        requireLine(member.name, limit: Limits.name, path + ".name")
    }

    mutating func requireCommission(_ commission: Commission, _ path: String) {
        let members = commission.members
        require(
            (1...Limits.commissionMembers).contains(members.count), path + ".members",
            "1 to \(Limits.commissionMembers) members are needed")
        for (index, member) in members.enumerated() {
            requireMember(member, path + ".members[\(index)]")
        }
        requireDistinct(members.map(\.key), path + ".members", "two members share a key")
        require(
            commission.threshold >= 1 && Int(commission.threshold) <= members.count,
            path + ".threshold", "must be from 1 to the number of members, \(members.count)")
    }

    mutating func requireDistinct(_ values: [some Hashable], _ path: String, _ problem: String) {
        require(Set(values).count == values.count, path, problem)
    }

    private mutating func requireSize(_ text: String, _ limit: Int, _ path: String) {
        require(text.utf8.count <= limit, path, "is longer than \(limit) bytes")
    }

    private mutating func requirePlain(_ isPlain: Bool, _ path: String) {
        require(isPlain, path, "holds control characters, which could hide what it says")
    }
}

extension DocumentFault {
    /// What is wrong with a reason or a dissent; empty for a usable one.
    package static func faults(ofReason text: String, at path: String) -> [DocumentFault] {
        var check = FaultCollector()
        check.requireReason(text, path)
        return check.faults
    }
}

private func isLanguage(_ text: String) -> Bool {
    (2...8).contains(text.utf8.count)
        && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D }
}
