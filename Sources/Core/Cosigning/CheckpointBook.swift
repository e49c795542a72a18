package import Codec
package import Ledger
package import TransparencyLog

/// A checkpoint with enough cosignatures.
package struct Certified: Sendable {
    package let checkpoint: Checkpoint
    package let logLine: NoteSignature
    /// Cosignature lines of the members, in the order of their set.
    package let cosignatures: [NoteSignature]
    /// How many of them certify it.
    package let quorum: Int
    /// How many `checkpoint` serves: a quorum, or f + 1 where common software would refuse so many
    /// lines.
    package let served: Int

    /// The note with at most `count` cosignatures.
    package func note(cosignatures count: Int) -> SignedNote {
        SignedNote(
            text: checkpoint.text, signatures: [logLine] + cosignatures.prefix(count))
    }
}

/// What a validator's line did that an honest one's cannot.
package struct CheckpointConflict: Error, Hashable, CustomStringConvertible {
    package let description: String
}

/// Collects cosignatures of checkpoints and keeps the newest that a quorum has signed
/// (transparency.md, "Settled"): of the validators of the epoch that the log's size belongs to. It
/// verifies every line, and holds a bounded number of sizes of each validator.
package struct CheckpointBook<Verifier: SignatureVerifier>: Sendable {
    /// The lines for one tree size.
    private struct Page: Sendable {
        var logLine: NoteSignature?
        /// By place among `cosigners`.
        var cosignatures: [Int: NoteSignature] = [:]
        /// When each of them came, in the order of all.
        var arrivals: [Int: UInt64] = [:]
    }

    /// By size and root: a validator that signs two roots of one size contradicts itself.
    private struct PageName: Hashable, Comparable {
        let size: UInt64
        let root: Bytes32
        static func < (lhs: Self, rhs: Self) -> Bool {
            (lhs.size, lhs.root) < (rhs.size, rhs.root)
        }
    }

    /// Who certifies the sizes from `start` on.
    private struct Term: Sendable {
        let start: UInt64
        let validators: ValidatorSet
        /// Their places among `cosigners`.
        let members: [Int]
    }

    private struct Cosigner: Sendable {
        let name: String
        let key: VerifierKey
    }

    package let origin: KeyName
    package let logKey: VerifierKey
    private let genesis: Genesis
    private let verifier: Verifier
    /// Everybody who was ever a validator.
    private var cosigners: [Cosigner] = []
    /// Rising.
    private var terms: [Term] = []
    /// How many cosignatures were taken.
    private var arrivals: UInt64 = 0
    private var pages: [PageName: Page] = [:]
    package private(set) var newest: Certified?

    /// Nil if the genesis' names make no key names, which `Genesis.faults` excludes.
    package init?(genesis: Genesis, verifier: Verifier) {
        guard let origin = KeyName(genesis.origin) else { return nil }
        self.origin = origin
        self.genesis = genesis
        self.verifier = verifier
        logKey = VerifierKey(name: origin, kind: .note, publicKey: genesis.logKey)
        guard enter(genesis.validators, from: 0) else { return nil }
    }

    /// Sizes from `start` on are certified by these validators.
    ///
    /// - Returns: false if a name of theirs makes no key name, which the ledger excludes.
    package mutating func enter(_ validators: ValidatorSet, from start: UInt64) -> Bool {
        guard terms.last?.validators != validators else { return true }
        var members: [Int] = []
        for validator in validators.validators {
            guard let key = cosignerKey(of: validator) else { return false }
            if let known = cosigners.firstIndex(where: { $0.key == key }) {
                members.append(known)
            } else {
                members.append(cosigners.count)
                cosigners.append(Cosigner(name: validator.name, key: key))
            }
        }
        terms.append(Term(start: start, validators: validators, members: members))
        return true
    }

    /// The key of a validator's cosignatures; nil if its name makes no key name.
    package func cosignerKey(of validator: Validator) -> VerifierKey? {
        KeyName(genesis.cosignerName(of: validator)).map { name in
            VerifierKey(name: name, kind: .cosignature, publicKey: validator.cosigningKey)
        }
    }

    /// The name under which a cosigning key certifies a size; nil where it does not.
    package func cosigner(withKey key: Bytes32, ofSize size: UInt64) -> VerifierKey? {
        term(ofSize: size)?.members.lazy.map { cosigners[$0].key }.first { $0.publicKey == key }
    }

    private func term(ofSize size: UInt64) -> Term? { terms.last { $0.start <= size } }

    package func checkpoint(size: UInt64, root: Bytes32) -> Checkpoint {
        Checkpoint(origin: origin, size: size, root: root)
    }

    /// Takes lines of one checkpoint; lines of unknown keys are left out.
    ///
    /// - Returns: the checkpoint if it became certified and is newer than what was.
    /// - Throws: for a line that claims a key and does not verify: the sender is no honest node.
    package mutating func take(
        size: UInt64, root: Bytes32, lines: [NoteSignature]
    ) throws(CheckpointConflict) -> Certified? {
        if let newest, size < newest.checkpoint.size { return nil }
        let checkpoint = checkpoint(size: size, root: root)
        let text = checkpoint.text
        let name = PageName(size: size, root: root)
        var page = pages[name] ?? Page()
        var signers: Set<Int> = []
        for line in lines {
            if line.isClaimed(by: logKey) {
                guard page.logLine == nil else { continue }
                guard let signature = Bytes64(exactly: line.signature),
                    verifier.isValid(signature, of: text, by: logKey.publicKey)
                else {
                    throw CheckpointConflict(description: "a log signature does not verify")
                }
                page.logLine = line
                continue
            }
            guard let index = cosigners.firstIndex(where: { line.isClaimed(by: $0.key) }),
                page.cosignatures[index] == nil
            else { continue }
            let key = cosigners[index].key
            guard
                Cosignature.verified(line, of: checkpoint, by: key, with: verifier) != nil
            else {
                throw CheckpointConflict(
                    description: "a cosignature of \(key.name) does not verify")
            }
            page.cosignatures[index] = line
            arrivals += 1
            page.arrivals[index] = arrivals
            signers.insert(index)
        }
        guard !page.cosignatures.isEmpty else { return nil }
        pages[name] = page
        trim(signers)
        guard let page = pages[name] else { return nil }
        return certify(name, page, checkpoint)
    }

    /// The lines known for a checkpoint.
    package func lines(size: UInt64, root: Bytes32) -> [NoteSignature] {
        guard let page = pages[PageName(size: size, root: root)] else { return [] }
        return Self.lines(of: page)
    }

    /// Whether two checkpoints of one size have a quorum each: more than f validators are faulty.
    package func certifiedRoots(ofSize size: UInt64) -> [Bytes32] {
        var roots: [Bytes32] = []
        for (name, page) in pages where name.size == size && isCertified(name, page) {
            roots.append(name.root)
        }
        return roots.sorted()
    }

    /// Validators that cosigned two different roots of one size, with the size.
    package var equivocations: [(validator: String, size: UInt64)] {
        guard pages.count > Set(pages.keys.lazy.map { $0.size }).count else { return [] }
        var seen: [UInt64: Set<Int>] = [:]
        var found: [(validator: String, size: UInt64)] = []
        for (name, page) in pages.sorted(by: { $0.key < $1.key }) {
            for index in page.cosignatures.keys.sorted() {
                if seen[name.size, default: []].contains(index) {
                    found.append((cosigners[index].name, name.size))
                }
                seen[name.size, default: []].insert(index)
            }
        }
        return found
    }

    /// Takes up what was certified before a restart.
    package mutating func restore(_ note: SignedNote) throws(CheckpointConflict) -> Certified? {
        guard let checkpoint = try? Checkpoint(text: note.text), checkpoint.origin == origin else {
            throw CheckpointConflict(description: "the stored checkpoint is of another log")
        }
        return try take(
            size: checkpoint.size, root: checkpoint.root, lines: note.signatures)
    }

    private func isCertified(_ name: PageName, _ page: Page) -> Bool {
        guard let term = term(ofSize: name.size) else { return false }
        return term.members.count { page.cosignatures[$0] != nil } >= term.validators.quorum
    }

    private mutating func certify(
        _ name: PageName, _ page: Page, _ checkpoint: Checkpoint
    ) -> Certified? {
        guard let logLine = page.logLine, let term = term(ofSize: name.size),
            isCertified(name, page)
        else { return nil }
        let lines = term.members.compactMap { page.cosignatures[$0] }
        let isNewer = name.size > (newest?.checkpoint.size ?? 0)
        let hasMore =
            newest?.checkpoint == checkpoint && lines.count > (newest?.cosignatures.count ?? 0)
        guard isNewer || hasMore else { return nil }
        let set = term.validators
        let certified = Certified(
            checkpoint: checkpoint, logLine: logLine, cosignatures: lines, quorum: set.quorum,
            served: set.count <= 22 ? set.quorum : set.faultTolerance + 1)
        newest = certified
        // Older sizes are not asked for again.
        pages = pages.filter { $0.key.size >= name.size }
        return isNewer ? certified : nil
    }

    /// Keeps the cosignatures alone that came last of each validator that signed another: what others
    /// are about to certify is pushed out by nobody's surplus but the signers' own. Not the largest
    /// sizes: a validator that has signed some beyond any log could contradict itself unseen from then
    /// on.
    private mutating func trim(_ signers: Set<Int>) {
        for index in signers.sorted() {
            let signed = pages.compactMap { name, page in page.arrivals[index].map { (name, $0) } }
                .sorted { $0.1 < $1.1 }
            guard signed.count > CosigningLimits.sizes else { continue }
            for (name, _) in signed.prefix(signed.count - CosigningLimits.sizes) {
                pages[name]?.cosignatures[index] = nil
                pages[name]?.arrivals[index] = nil
                if pages[name]?.cosignatures.isEmpty == true { pages[name] = nil }
            }
        }
    }

    private static func lines(of page: Page) -> [NoteSignature] {
        let cosignatures = page.cosignatures.sorted { $0.key < $1.key }.map(\.value)
        return (page.logLine.map { [$0] } ?? []) + cosignatures
    }
}
