// DocumentFiles: the files that people hold. Strict JSON documents whose errors say file, line, key
// and what is expected; encrypted key files; passphrases. It knows no document's meaning beyond its
// form, and neither network nor ledger state.

internal import PlainText

/// Why a file could not be read or written, for the person at the keyboard.
package enum FileFailure: Error, Hashable, Sendable {
    case missing(path: String)
    case unreadable(path: String, reason: String)
    /// The file is larger than `limit` bytes.
    case tooLarge(path: String, limit: Int)
    /// The file is there already and is not replaced.
    case exists(path: String)
    case notWritable(path: String, reason: String)
    case json(path: String, JSONFailure)
    /// A secret file that others than its owner may read.
    case tooPermissive(path: String, mode: UInt16)
    /// A key file of another purpose than the one needed.
    case wrongPurpose(path: String, found: String, expected: String)
    case wrongPassphrase(path: String)
    /// A key file whose content does not belong together.
    case damagedKey(path: String, problem: String)
    case passphrase(problem: String)
}

extension FileFailure: CustomStringConvertible {
    /// A plain line: paths and contents are written by anybody.
    package var description: String { text.plainLine(limit: 4000) }

    private var text: String {
        switch self {
        case .missing(let path):
            "\(path): there is no such file"
        case .unreadable(let path, let reason):
            "\(path): cannot be read: \(reason)"
        case .tooLarge(let path, let limit):
            "\(path): is larger than \(limit) bytes, the most that such a file may have"
        case .exists(let path):
            "\(path): exists already and is not overwritten; move it away or choose another place"
        case .notWritable(let path, let reason):
            "\(path): cannot be written: \(reason)"
        case .json(let path, let failure):
            "\(path): \(failure)"
        case .tooPermissive(let path, let mode):
            "\(path): others may read this secret (mode \(octal(mode))); run: chmod 600 \(path)"
        case .wrongPurpose(let path, let found, let expected):
            "\(path): holds a key for `\(found)`, but one for `\(expected)` is needed here"
        case .wrongPassphrase(let path):
            "\(path): the passphrase does not open this file, or the file was damaged; "
                + "try the passphrase again, then a copy of the file"
        case .damagedKey(let path, let problem):
            "\(path): the key file is damaged: \(problem); use a copy of it"
        case .passphrase(let problem):
            problem
        }
    }
}

/// Why a JSON text was refused.
package struct JSONFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    /// As in `styles[2].closes`; empty for the document itself.
    package let keyPath: String
    /// What is wrong or what was expected.
    package let problem: String

    package init(line: Int, keyPath: String, problem: String) {
        self.line = line
        // Keys and values of the text stand in both.
        self.keyPath = keyPath.plainLine
        self.problem = problem.plainLine
    }

    package var description: String {
        "line \(line)" + (keyPath.isEmpty ? "" : ", \(keyPath)") + ": \(problem)"
    }
}

private func octal(_ mode: UInt16) -> String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
