/// Why a text is not a policy; `line` counts from 1 and is 0 for the file as a whole.
package struct PolicyError: Error, Equatable, Sendable {
    /// What is wrong with the line.
    package enum Reason: Error, Equatable, Sendable {
        /// Longer than the limit, not UTF-8, or a control character other than tab and LF.
        case notText
        case unknownKeyword
        /// A line has too few or too many words.
        case wrongWordCount
        case wrongKey(VerifierKeyError)
        /// A log key that is not of kind 01, or a witness key that is not of kind 04.
        case wrongKeyKind
        case duplicateKey
        case duplicateName
        /// `none` names nothing.
        case reservedName
        /// A name that no line above defines.
        case undefinedName
        case memberOfTwoGroups
        /// Not `any`, `all` or a number from 1 to the number of members.
        case wrongThreshold
        case noQuorum
        case secondQuorum
    }

    /// From 1; 0 for the file as a whole.
    package let line: Int
    /// What is wrong there.
    package let reason: Reason

    /// A reason with its place.
    package init(line: Int, reason: Reason) {
        self.line = line
        self.reason = reason
    }
}

extension TrustPolicy {
    /// Parses a policy file.
    package init(parsing bytes: [UInt8]) throws(PolicyError) {
        guard bytes.count <= LogLimits.policySize,
            bytes.allSatisfy({ $0 >= space || $0 == lineFeed || $0 == tab }),
            String(validating: bytes, as: UTF8.self) != nil
        else { throw PolicyError(line: 0, reason: .notText) }
        self.init()
        var hasQuorum = false
        var used: [Member] = []
        let lines = bytes.split(separator: lineFeed, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let words = line.split { $0 == space || $0 == tab }.map { [UInt8]($0) }
            guard let keyword = words.first, keyword.first != numberSign else { continue }
            do throws(PolicyError.Reason) {
                try read(keyword, [[UInt8]](words.dropFirst()), &hasQuorum, &used)
            } catch {
                throw PolicyError(line: index + 1, reason: error)
            }
        }
        guard hasQuorum else { throw PolicyError(line: 0, reason: .noQuorum) }
    }

    private mutating func read(
        _ keyword: [UInt8], _ words: [[UInt8]], _ hasQuorum: inout Bool, _ used: inout [Member]
    ) throws(PolicyError.Reason) {
        if keyword == ascii("log") {
            try readLog(words)
        } else if keyword == ascii("witness") {
            try readWitness(words)
        } else if keyword == ascii("group") {
            try readGroup(words, &used)
        } else if keyword == ascii("quorum") {
            guard !hasQuorum else { throw .secondQuorum }
            guard words.count == 1 else { throw .wrongWordCount }
            quorum = words[0] == ascii("none") ? nil : try member(named: words[0])
            hasQuorum = true
        } else {
            throw .unknownKeyword
        }
    }

    private mutating func readLog(_ words: [[UInt8]]) throws(PolicyError.Reason) {
        guard (1...2).contains(words.count) else { throw .wrongWordCount }
        let key = try newKey(words[0], kind: .note)
        logs.append(Log(key: key, url: words.count > 1 ? words[1] : nil))
    }

    private mutating func readWitness(_ words: [[UInt8]]) throws(PolicyError.Reason) {
        guard (2...3).contains(words.count) else { throw .wrongWordCount }
        let name = try newName(words[0])
        let key = try newKey(words[1], kind: .cosignature)
        let url = words.count > 2 ? words[2] : nil
        witnesses.append(Witness(name: name, key: key, url: url))
    }

    private mutating func readGroup(
        _ words: [[UInt8]], _ used: inout [Member]
    ) throws(PolicyError.Reason) {
        guard words.count >= 3 else { throw .wrongWordCount }
        let name = try newName(words[0])
        var members: [Member] = []
        for word in words[2...] {
            let member = try member(named: word)
            guard !used.contains(member) else { throw .memberOfTwoGroups }
            used.append(member)
            members.append(member)
        }
        let threshold: Threshold
        if words[1] == ascii("any") {
            threshold = .any
        } else if words[1] == ascii("all") {
            threshold = .all
        } else {
            guard let count = decimal(words[1][...]), count >= 1, count <= UInt64(members.count)
            else { throw .wrongThreshold }
            threshold = .count(Int(count))
        }
        groups.append(Group(name: name, threshold: threshold, members: members))
    }

    private func member(named name: [UInt8]) throws(PolicyError.Reason) -> Member {
        if let index = witnesses.firstIndex(where: { $0.name == name }) { return .witness(index) }
        if let index = groups.firstIndex(where: { $0.name == name }) { return .group(index) }
        throw name == ascii("none") ? .reservedName : .undefinedName
    }

    private func newName(_ name: [UInt8]) throws(PolicyError.Reason) -> [UInt8] {
        guard name != ascii("none") else { throw .reservedName }
        guard !witnesses.contains(where: { $0.name == name }),
            !groups.contains(where: { $0.name == name })
        else { throw .duplicateName }
        return name
    }

    private func newKey(
        _ vkey: [UInt8], kind: VerifierKey.Kind
    ) throws(PolicyError.Reason) -> VerifierKey {
        let key: VerifierKey
        do throws(VerifierKeyError) {
            key = try VerifierKey(vkey: vkey)
        } catch {
            throw .wrongKey(error)
        }
        guard key.kind == kind else { throw .wrongKeyKind }
        guard !logs.contains(where: { $0.key.publicKey == key.publicKey }),
            !witnesses.contains(where: { $0.key.publicKey == key.publicKey })
        else { throw .duplicateKey }
        return key
    }
}

private let tab: UInt8 = 0x09
private let numberSign: UInt8 = 0x23
