import BallotCryptography
import Codec
import Elections
package import Ledger

/// Something in the record that changes who decides or what may be cast, or that is still to come,
/// as people read it.
package struct AuditNote: Hashable, Sendable, CustomStringConvertible {
    /// The block's height.
    package let height: Height
    /// A sentence for people.
    package let detail: String

    /// As in `block 8: validators of epoch 1: v2, v3, v4, v5`.
    package var description: String { "block \(self.height.rawValue): \(self.detail)" }

    /// A note on the record up to a block.
    init(height: Height, detail: String) {
        self.height = height
        self.detail = detail
    }

    /// The note on an event; nil for what the report shows elsewhere.
    init?(_ event: ElectionEvent, at height: Height, state: MemoryState, _ genesis: Genesis)
        throws(StateFault)
    {
        let queries = ElectionQueries(state)
        func names(of number: UInt32) throws(StateFault) -> [String] {
            try queries.validatorChange(number: number, genesis)?.validators.validators
                .map(\.name) ?? []
        }
        self.height = height
        switch event {
        case .validatorChangeAsked(let number, _):
            let asked = try names(of: number).joined(separator: ", ")
            self.detail = "change \(number) of the validators is asked for: \(asked)"
        case .validatorReady(let number, let index):
            let names = try names(of: number)
            let name = Int(index.rawValue) < names.count ? names[Int(index.rawValue)] : "?"
            self.detail = "\(name) is ready for change \(number) of the validators"
        case .validatorsChanged(let number, let epoch, _):
            let present = try names(of: number).joined(separator: ", ")
            self.detail = "validators of epoch \(epoch.rawValue): \(present)"
        case .equivocation(let validator, let key, let round, let kind):
            self.detail =
                "\(validator) (\(key)) contradicted itself in view \(round.view.rawValue) "
                + "of epoch \(round.epoch.rawValue): \(kind)"
        case .trackerSpoiled(let spoiled):
            let code = TrackingCode(tracker: spoiled.tracker).text
            self.detail = "the encryption \(code) was opened and can never be cast"
        default: return nil
        }
    }
}
