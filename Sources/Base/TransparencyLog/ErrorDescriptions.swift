// The errors of this module in words, as they stand after a colon: no capital, no period. A person
// who compares a receipt or follows a node's log reads them.

internal import Codec

extension NoteError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLarge: "the signed note is longer than a note may be"
        case .notText: "the signed note is not plain text"
        case .noSignatures: "the signed note has no signature lines after an empty line"
        case .malformedSignature: "a signature line of the note is not in its form"
        case .tooManySignatures: "the signed note has more signature lines than a note may have"
        case .noKnownKey: "no signature of the note is of a known key"
        case .wrongSignature(let name): "the signature of \(name) on the note is wrong"
        }
    }
}

extension CheckpointError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .incomplete: "the checkpoint is cut off"
        case .wrongOrigin: "the checkpoint's first line names no log"
        case .wrongSize: "the checkpoint's second line is not the size of a log"
        case .wrongRoot: "the checkpoint's third line is not a root hash"
        case .wrongExtension: "a line after the checkpoint's root is empty or not plain text"
        }
    }
}

extension CertificationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .note(let error): error.description
        case .checkpoint(let error): error.description
        case .unknownOrigin(let origin):
            "the checkpoint is of the log \(origin), which is not this one"
        case .noLogSignature: "the checkpoint lacks the log's own signature"
        case .tooFewCosignatures(let count):
            "only \(count) of the validators signed the checkpoint, which is no quorum"
        }
    }
}

extension ProofError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .outsideOfTree: "the proof is about a place that the log does not have"
        case .wrongLength: "the proof has not the number of hashes that a log of this size needs"
        case .wrongRoot: "the proof leads to another root hash than the checkpoint's"
        }
    }
}

extension LogProofError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownFormat: "the file's first line is not that of a receipt"
        case .wrongExtra: "the receipt's second line is not in its form"
        case .wrongIndex: "the receipt does not say which place in the log it is about"
        case .wrongHash: "a hash of the receipt's path is not in its form"
        case .noCheckpoint: "the receipt has no checkpoint after its path"
        case .note(let error): error.description
        case .certification(let error): error.description
        case .proof(let error): error.description
        }
    }
}

extension ReceiptError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .proof(let error): error.description
        case .extensionLines: "the receipt's checkpoint has lines that no validator signs"
        case .noIdentifiers: "the receipt does not name a transaction and a tracker"
        case .otherTransaction(let id):
            "the receipt is for the transaction \(id), not for this ballot"
        case .otherTracker(let tracker):
            "the receipt names the tracker \(tracker), which is not this ballot's"
        }
    }
}

extension VerifierKeyError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed: "the key is not in the form name+id+base64"
        case .unknownType(let type):
            "the key is of the type \(type), which this version does not know"
        case .wrongLength: "the key has not the length that its type says"
        case .wrongID: "the key's id is not that of its name and bytes"
        }
    }
}

extension PolicyError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notText: "the policy is too long or not plain text"
        case .unknownKeyword: "the line begins with an unknown word"
        case .wrongWordCount: "the line has too few or too many words"
        case .wrongKey(let error): error.description
        case .wrongKeyKind: "the key is of a kind that does not sign here"
        case .duplicateKey: "the key is there twice"
        case .duplicateName: "the name is there twice"
        case .reservedName: "the name has a meaning of its own"
        case .undefinedName: "no line above defines the name"
        case .memberOfTwoGroups: "the name is a member of two groups"
        case .wrongThreshold: "the threshold is not any, all or a number of members"
        case .noQuorum: "the policy names no quorum"
        case .secondQuorum: "the policy names a second quorum"
        }
    }
}

extension PolicyError: CustomStringConvertible {
    package var description: String {
        line == 0 ? reason.description : "line \(line): \(reason.description)"
    }
}

extension TileContentError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wrongSize: "the tile has not the size that was asked for"
        case .truncatedEntry: "the bundle of entries ends inside an entry"
        case .wrongCount: "the bundle has not the number of entries that was asked for"
        case .entryTooLong: "an entry is longer than 65535 bytes"
        }
    }
}

extension TilePathError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed: "the path is not that of a tile"
        case .levelTooHigh: "the path names a level that no log has"
        }
    }
}

extension TreeReadError: CustomStringConvertible where Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .outsideOfTree: "the log has no such place"
        case .store(let failure): failure.description
        }
    }
}

extension TileReadError: CustomStringConvertible where Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .outsideOfTree: "the log has no such place"
        case .content(let error): error.description
        case .source(let failure): failure.description
        }
    }
}

extension WitnessRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed: "the request to the witness is not in its form"
        case .unknownOrigin: "the witness does not follow this log"
        case .untrustedSignature: "the log's signature is missing, of another key or wrong"
        case .rollback: "the old size is above the new one"
        case .conflict(let recorded): "the witness has recorded the size \(recorded)"
        case .inconsistent: "the new log does not continue the one that the witness has recorded"
        }
    }
}
