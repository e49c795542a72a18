import Foundation
package import Ledger

extension Timestamp {
    /// The time as voters read it, with that of a place: `2026-09-18 05:00:00 UTC (2026-09-18 07:00
    /// Europe/Berlin)`. The chain counts by the first.
    ///
    /// - Parameter zoneName: of the IANA list; nil for this machine's. A zone that this machine does
    ///   not know adds nothing.
    package func words(in zoneName: String? = nil) -> String {
        let zone: TimeZone
        if let zoneName {
            guard let known = TimeZone(identifier: zoneName) else { return words }
            zone = known
        } else {
            zone = .current
        }
        let formatter = DateFormatter()
        formatter.calendar = Calendar(identifier: .gregorian)
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = zone
        formatter.dateFormat = "yyyy-MM-dd HH:mm"
        let date = Date(timeIntervalSince1970: Double(milliseconds / 1000))
        guard zone.secondsFromGMT(for: date) != 0 else { return words }
        return words + " (\(formatter.string(from: date)) \(zone.identifier))"
    }
}
