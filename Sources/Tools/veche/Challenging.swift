import APISchema
import Codec
import CommandOptions
import Console
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import LedgerClient
import ReplayingClient
import Verification
import VoterStation

/// What a voter decides once the tracking code is shown.
enum Decision {
    case cast
    case challenge
    case stop

    /// Asks on the terminal until there is an answer; the end of the input is none.
    ///
    /// - Parameter write: where the question goes.
    static func ask(canChallenge: Bool, write: (String) -> Void) -> Decision {
        let offer =
            canChallenge
            ? "Type `cast` to cast this ballot, `challenge` to see what it holds instead, `stop` to do"
                + " neither: "
            : "No challenges are left. Type `cast` to cast this ballot, `stop` to do nothing: "
        while true {
            write(offer)
            switch readLine()?.trimmingCharacters(in: .whitespaces).lowercased() {
            case "cast": return .cast
            case "challenge" where canChallenge: return .challenge
            case "stop", nil: return .stop
            default: continue
            }
        }
    }
}

/// What `--json` prints of a challenge.
struct ChallengeOutcome: Encodable {
    let challenge: Int
    let trackingCode: String
    /// The file for another device.
    let opening: String
    let spoilTransactionID: Bytes32
    let height: UInt64?
    let index: UInt64?
}

/// Registers challenges in the log, so that what was opened can never be cast.
struct ChallengeRegistration {
    let home: VoterHome
    let genesis: Genesis
    let client: NodeClient

    /// Sends a challenge's spoil transaction, waits until it is final, and keeps its receipt.
    func register(_ challenge: Challenge) async throws -> TransactionPlace {
        var submission = try ProvenSubmission(client: self.client, genesis: self.genesis)
        let outcome = try await submission.run(challenge.transaction) { check, receipt in
            try check.checkInclusion(receipt: receipt, transaction: challenge.transaction)
        }
        try self.home.keep(receipt: outcome.receipt, of: challenge)
        return TransactionPlace(height: outcome.height, index: outcome.proof.index)
    }

    /// Registers what an earlier run was cut off from registering. A refusal does not keep the voter
    /// from voting: the opened encryption cannot be cast from here in any case.
    func registerPending() async throws {
        for challenge in try self.home.challenges() where !challenge.isRegistered {
            do {
                _ = try await self.register(challenge)
                note("Challenge \(challenge.number) is registered now: it can never be cast.")
            } catch let error as ClientError where error.refusalCode != nil {
                note("Challenge \(challenge.number) is not registered in the log: \(error)")
            }
        }
    }
}

/// Where a final transaction is.
struct TransactionPlace {
    let height: UInt64?
    let index: UInt64
}
