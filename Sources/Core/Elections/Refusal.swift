// Elections: the replicated state machine. What a transaction does to the state of elections, as a
// pure function of state records, block time and transaction bytes, so that every node and every
// auditor comes to the same records and the same digest. It knows neither how nodes agree
// (Consensus) nor where records are stored (Storage); it holds no clock, task, lock or random source.

package import BallotCryptography

/// Why a transaction is refused: the protocol's code and a sentence for a person.
package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: RefusalCode
    /// One sentence without secrets: what was wrong and, where it helps, what would be right.
    package let reason: String

    package init(_ code: RefusalCode, _ reason: String) {
        self.code = code.onLedger
        self.reason = reason
    }

    /// As in `E_PHASE: the style is not open yet`.
    package var description: String { self.code.name + ": " + self.reason }
}

/// The state cannot be read, or holds what this software did not write. A node stops on it.
package struct StateFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let problem: String

    package init(_ problem: String) { self.problem = problem }

    package var description: String { self.problem }
}

/// Why a transaction was not applied: somebody else is wrong, or the machine is.
package enum ExecutionFailure: Error, Hashable, Sendable {
    case refused(Refusal)
    case fault(StateFault)

    static func refuse(_ code: RefusalCode, _ reason: String) -> Self {
        .refused(Refusal(code, reason))
    }
}

extension ExecutionFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let refusal): refusal.description
        case .fault(let fault): fault.description
        }
    }
}

/// Runs a check of `BallotCryptography` and names what it was about.
func refusing<Value>(
    _ reason: String, _ check: () throws(RefusalCode) -> Value
) throws(ExecutionFailure) -> Value {
    do {
        return try check()
    } catch {
        throw .refuse(error, reason)
    }
}
