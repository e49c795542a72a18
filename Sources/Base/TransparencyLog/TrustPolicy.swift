package import Codec

/// Which logs are trusted, and whose cosignatures make a checkpoint believed (C2SP tlog-policy).
package struct TrustPolicy: Equatable, Sendable {
    /// A log that the policy knows.
    package struct Log: Hashable, Sendable {
        /// Of kind 01; its name is the log's origin.
        package let key: VerifierKey
        /// Where it is served; not used for trust.
        package let url: [UInt8]?
    }

    /// A cosigner under the name that the policy gives it.
    package struct Witness: Hashable, Sendable {
        /// The name that other lines use.
        package let name: [UInt8]
        /// Of kind 04.
        package let key: VerifierKey
        /// Where it is served; not used for trust.
        package let url: [UInt8]?
    }

    /// How many members of a group must have cosigned.
    package enum Threshold: Hashable, Sendable {
        case any, all
        case count(Int)
    }

    /// A witness or a group of the policy, by its place among them.
    package enum Member: Hashable, Sendable {
        case witness(Int)
        case group(Int)
    }

    /// Members of whom some must have cosigned.
    package struct Group: Hashable, Sendable {
        /// The name that other lines use.
        package let name: [UInt8]
        /// How many must hold.
        package let threshold: Threshold
        /// Defined above this group.
        package let members: [Member]
    }

    /// In the order of the file.
    package internal(set) var logs: [Log] = []
    /// In the order of the file.
    package internal(set) var witnesses: [Witness] = []
    /// In the order of the file, so that members come before their groups.
    package internal(set) var groups: [Group] = []
    /// What must be satisfied; nil asks for no cosignature at all.
    package internal(set) var quorum: Member?

    init() {}

    /// The policy of a chain: `threshold` of the validators must have cosigned. The default
    /// threshold is `byzantineQuorum(of:)`; a receipt never needs less than f + 1.
    package init(log: VerifierKey, cosigners: [VerifierKey], threshold: Int? = nil) {
        let threshold = threshold ?? Self.byzantineQuorum(of: cosigners.count)
        precondition(log.kind == .note, "a log signs with a key of kind 01")
        precondition(
            cosigners.allSatisfy { $0.kind == .cosignature }, "cosigners have keys of kind 04")
        precondition((1...cosigners.count).contains(threshold), "a threshold fits its group")
        logs = [Log(key: log, url: nil)]
        for (index, key) in cosigners.enumerated() {
            let name = ascii("v") + decimalDigits(UInt64(index + 1))
            witnesses.append(Witness(name: name, key: key, url: nil))
        }
        let members = witnesses.indices.map { Member.witness($0) }
        groups = [
            Group(name: ascii("validators"), threshold: .count(threshold), members: members)
        ]
        quorum = .group(0)
    }

    /// The policy of a chain from the names and keys that its genesis gives; nil where the origin or
    /// a name cannot name a key.
    package init?(
        origin: String, logKey: Bytes32, cosigners: [(name: String, key: Bytes32)],
        threshold: Int? = nil
    ) {
        guard let log = KeyName(origin), !cosigners.isEmpty else { return nil }
        var keys: [VerifierKey] = []
        for cosigner in cosigners {
            guard let name = KeyName(cosigner.name) else { return nil }
            keys.append(VerifierKey(name: name, kind: .cosignature, publicKey: cosigner.key))
        }
        self.init(
            log: VerifierKey(name: log, kind: .note, publicKey: logKey), cosigners: keys,
            threshold: threshold)
    }

    /// n - floor((n - 1) / 3): so many of n validators finalize, if fewer than a third are faulty.
    package static func byzantineQuorum(of validators: Int) -> Int {
        validators - (validators - 1) / 3
    }

    /// Whether these cosigners, by their place among `witnesses`, satisfy the policy.
    package func isSatisfied(byWitnesses cosigned: [Int]) -> Bool {
        guard let quorum else { return true }
        var groupResults: [Bool] = []
        func holds(_ member: Member) -> Bool {
            switch member {
            case .witness(let index): cosigned.contains(index)
            case .group(let index): groupResults[index]
            }
        }
        for group in groups {
            let count = group.members.filter(holds).count
            groupResults.append(count >= group.required)
        }
        return holds(quorum)
    }
}

extension TrustPolicy.Group {
    /// How many members must hold.
    var required: Int {
        switch threshold {
        case .any: 1
        case .all: members.count
        case .count(let count): count
        }
    }
}

extension TrustPolicy {
    /// The policy file, without comments.
    package var text: [UInt8] {
        var lines: [[[UInt8]]] = []
        for log in logs {
            lines.append([ascii("log"), [UInt8](log.key.vkey.utf8)] + (log.url.map { [$0] } ?? []))
        }
        for witness in witnesses {
            let vkey = [UInt8](witness.key.vkey.utf8)
            lines.append(
                [ascii("witness"), witness.name, vkey] + (witness.url.map { [$0] } ?? []))
        }
        for group in groups {
            lines.append(
                [ascii("group"), group.name, group.threshold.text] + group.members.map(name))
        }
        lines.append([ascii("quorum"), quorum.map(name) ?? ascii("none")])
        var text: [UInt8] = []
        for line in lines {
            text += line.joined(separator: [space])
            text.append(lineFeed)
        }
        return text
    }

    private func name(of member: Member) -> [UInt8] {
        switch member {
        case .witness(let index): witnesses[index].name
        case .group(let index): groups[index].name
        }
    }
}

extension TrustPolicy.Threshold {
    fileprivate var text: [UInt8] {
        switch self {
        case .any: ascii("any")
        case .all: ascii("all")
        case .count(let count): decimalDigits(UInt64(count))
        }
    }
}
