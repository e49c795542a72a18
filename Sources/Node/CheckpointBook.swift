import Codec
import Cryptography
import Ledger
import TransparencyLog

/// A checkpoint with enough cosignatures.
struct Certified: Sendable {
    let checkpoint: Checkpoint
    let logLine: NoteSignature
    /// Cosignature lines by validator, in the order of genesis.
    let cosignatures: [NoteSignature]

    /// The note with at most `count` cosignatures.
    func note(cosignatures count: Int) -> SignedNote {
        SignedNote(
            text: checkpoint.text, signatures: [logLine] + cosignatures.prefix(count))
    }
}

/// What a validator's line did that an honest one's cannot.
struct CheckpointConflict: Error, Hashable {
    let description: String
}

/// Collects cosignatures of checkpoints and keeps the newest that a quorum has signed
/// (transparency.md, "Settled"). It verifies every line, and holds a bounded number of sizes.
struct CheckpointBook: Sendable {
    /// The lines for one tree size.
    private struct Page: Sendable {
        var root: Bytes32
        var logLine: NoteSignature?
        var cosignatures: [Int: NoteSignature] = [:]
    }

    let origin: KeyName
    let logKey: VerifierKey
    let cosignerKeys: [VerifierKey]
    let quorum: Int
    private let validators: ValidatorSet
    private let verifier = Ed25519Verifier()
    /// By size and root: a validator that signs two roots of one size contradicts itself.
    private var pages: [PageName: Page] = [:]
    private(set) var newest: Certified?

    private struct PageName: Hashable, Comparable {
        let size: UInt64
        let root: Bytes32
        static func < (lhs: Self, rhs: Self) -> Bool {
            (lhs.size, lhs.root) < (rhs.size, rhs.root)
        }
    }

    /// Nil if the genesis' names make no key names, which `Genesis.faults` excludes.
    init?(genesis: Genesis) {
        guard let origin = KeyName(genesis.origin) else { return nil }
        self.origin = origin
        logKey = VerifierKey(name: origin, kind: .note, publicKey: genesis.logKey)
        var keys: [VerifierKey] = []
        for validator in genesis.validators.validators {
            guard let name = KeyName(genesis.cosignerName(of: validator)) else { return nil }
            keys.append(
                VerifierKey(name: name, kind: .cosignature, publicKey: validator.cosigningKey))
        }
        cosignerKeys = keys
        validators = genesis.validators
        quorum = genesis.validators.quorum
    }

    /// Cosignatures in what `checkpoint` serves: a quorum, or f + 1 where common software would
    /// refuse so many lines.
    var servedCosignatures: Int {
        validators.count <= 22 ? quorum : validators.faultTolerance + 1
    }

    func checkpoint(size: UInt64, root: Bytes32) -> Checkpoint {
        Checkpoint(origin: origin, size: size, root: root)
    }

    /// Takes lines of one checkpoint; lines of unknown keys are left out.
    ///
    /// - Returns: the checkpoint if it became certified and is newer than what was.
    /// - Throws: for a line that claims a key and does not verify: the sender is no honest node.
    mutating func take(
        size: UInt64, root: Bytes32, lines: [NoteSignature]
    ) throws(CheckpointConflict) -> Certified? {
        if let newest, size < newest.checkpoint.size { return nil }
        let checkpoint = checkpoint(size: size, root: root)
        let text = checkpoint.text
        let name = PageName(size: size, root: root)
        var page = pages[name] ?? Page(root: root)
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
            guard let index = cosignerKeys.firstIndex(where: { line.isClaimed(by: $0) }),
                page.cosignatures[index] == nil
            else { continue }
            let key = cosignerKeys[index]
            guard
                Cosignature.verified(line, of: checkpoint, by: key, with: verifier) != nil
            else {
                throw CheckpointConflict(
                    description: "a cosignature of \(key.name) does not verify")
            }
            page.cosignatures[index] = line
        }
        guard !page.cosignatures.isEmpty else { return nil }
        pages[name] = page
        trim()
        return certify(name, page, checkpoint)
    }

    /// The lines known for a checkpoint.
    func lines(size: UInt64, root: Bytes32) -> [NoteSignature] {
        guard let page = pages[PageName(size: size, root: root)] else { return [] }
        return Self.lines(of: page)
    }

    /// Whether two checkpoints of one size have a quorum each: more than f validators are faulty.
    func certifiedRoots(ofSize size: UInt64) -> [Bytes32] {
        pages.filter { $0.key.size == size && $0.value.cosignatures.count >= quorum }
            .map(\.key.root).sorted()
    }

    /// Validators that cosigned two different roots of one size, with the size.
    var equivocations: [(validator: String, size: UInt64)] {
        var seen: [UInt64: Set<Int>] = [:]
        var found: [(validator: String, size: UInt64)] = []
        for (name, page) in pages.sorted(by: { $0.key < $1.key }) {
            for index in page.cosignatures.keys.sorted() {
                if seen[name.size, default: []].contains(index) {
                    found.append((validators.validators[index].name, name.size))
                }
                seen[name.size, default: []].insert(index)
            }
        }
        return found
    }

    /// Takes up what was certified before a restart.
    mutating func restore(_ note: SignedNote) throws(CheckpointConflict) -> Certified? {
        guard let checkpoint = try? Checkpoint(text: note.text), checkpoint.origin == origin else {
            throw CheckpointConflict(description: "the stored checkpoint is of another log")
        }
        return try take(
            size: checkpoint.size, root: checkpoint.root, lines: note.signatures)
    }

    private mutating func certify(
        _ name: PageName, _ page: Page, _ checkpoint: Checkpoint
    ) -> Certified? {
        guard let logLine = page.logLine, page.cosignatures.count >= quorum else { return nil }
        let isNewer = name.size > (newest?.checkpoint.size ?? 0)
        let hasMore =
            newest?.checkpoint == checkpoint
            && page.cosignatures.count > (newest?.cosignatures.count ?? 0)
        guard isNewer || hasMore else { return nil }
        let certified = Certified(
            checkpoint: checkpoint, logLine: logLine,
            cosignatures: page.cosignatures.sorted { $0.key < $1.key }.map(\.value))
        newest = certified
        return isNewer ? certified : nil
    }

    /// Drops the smallest sizes above the bound, first those that one validator alone has signed:
    /// a faulty one cannot push out what others are about to certify.
    private mutating func trim() {
        var alone: [Int: [PageName]] = [:]
        for (name, page) in pages where page.cosignatures.count == 1 {
            for index in page.cosignatures.keys { alone[index, default: []].append(name) }
        }
        for names in alone.values where names.count > NodeLimits.checkpointSizesAlone {
            let surplus = names.count - NodeLimits.checkpointSizesAlone
            for name in names.sorted().prefix(surplus) { pages[name] = nil }
        }
        guard pages.count > NodeLimits.checkpointSizes else { return }
        for name in pages.keys.sorted().prefix(pages.count - NodeLimits.checkpointSizes) {
            pages[name] = nil
        }
    }

    private static func lines(of page: Page) -> [NoteSignature] {
        let cosignatures = page.cosignatures.sorted { $0.key < $1.key }.map(\.value)
        return (page.logLine.map { [$0] } ?? []) + cosignatures
    }
}
