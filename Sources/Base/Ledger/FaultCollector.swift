internal import PlainText

/// Collects the rules that a document breaks. Nothing in it traps, whatever the document holds: what
/// encodes a document comes after its faults were asked for.
struct FaultCollector {
    private(set) var faults: [DocumentFault] = []

    mutating func require(_ condition: Bool, _ path: String, _ problem: String) {
        if !condition { faults.append(DocumentFault(path: path, problem: problem)) }
    }

    /// A name or title in each of some languages: plain lines.
    mutating func requireNames(_ texts: [LocalizedText], _ path: String) {
        requireLanguages(texts, path)
        for text in texts { requireShown(text.text, Limits.text, path, text.text.plainLineFault) }
    }

    /// A question in each of some languages: plain texts, of lines as many as it needs.
    mutating func requireQuestions(_ texts: [LocalizedText], _ path: String) {
        requireLanguages(texts, path)
        for text in texts { requireShown(text.text, Limits.text, path, text.text.plainTextFault) }
    }

    private mutating func requireLanguages(_ texts: [LocalizedText], _ path: String) {
        require(
            !texts.isEmpty && texts.allSatisfy { isLanguage($0.language) },
            path, "needs a text in at least one language, each with a language tag as in ru")
        require(
            texts.count <= Limits.languages, path, "has more than \(Limits.languages) languages")
        requireDistinct(texts.map(\.language), path, "two texts share a language")
    }

    /// A text of one line, perhaps empty.
    mutating func requireLine(_ text: String, limit: Int, _ path: String) {
        requireSize(text, limit, path)
        requirePlain(text.plainLineFault, path)
    }

    /// A text of one line that shows something.
    mutating func requireName(_ text: String, limit: Int, _ path: String) {
        requireShown(text, limit, path, text.plainLineFault)
    }

    /// A reason or a dissent.
    mutating func requireReason(_ text: String, _ path: String) {
        requireShown(text, Limits.reason, path, text.plainTextFault)
    }

    mutating func requireMember(_ member: Member, _ path: String) {
        requireName(member.name, limit: Limits.name, path + ".name")
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

    private mutating func requireShown(
        _ text: String, _ limit: Int, _ path: String, _ fault: PlainLineFault?
    ) {
        requireSize(text, limit, path)
        requirePlain(fault, path)
        require(!text.isBlank, path, "must not be empty, nor spaces alone")
    }

    private mutating func requirePlain(_ fault: PlainLineFault?, _ path: String) {
        if let fault { require(false, path, "\(fault)") }
    }
}

extension DocumentFault {
    /// What is wrong with the name of a member, trustee or registrar; empty for a usable one.
    package static func faults(ofName name: String, at path: String) -> [DocumentFault] {
        var check = FaultCollector()
        check.requireName(name, limit: Limits.name, path)
        return check.faults
    }

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
