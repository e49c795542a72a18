import Foundation
package import Ledger
import PlainText

/// Wall times in IANA zones, by this machine's tables. Only tools compute them: tables differ, so no
/// node decides by them.
package enum WallTime {
    /// Where the names of places' zones begin. Other names of the tables are old ones, or fixed offsets,
    /// as in `Etc/GMT+3`, whose signs are the opposite of what people read.
    private static let areas: Set = [
        "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
        "Indian", "Pacific",
    ]

    /// The zone of a place by its IANA name, or UTC.
    ///
    /// - Throws: `DocumentFault` for any other name, with what this machine takes it for.
    private static func zone(_ name: String) throws -> TimeZone {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isPlaces = parts.count >= 2 && areas.contains(String(parts[0]))
        guard let zone = TimeZone(identifier: name) else {
            throw DocumentFault(
                path: "timeZone",
                problem: "this machine knows no time zone named \(name.plainLine)")
        }
        guard name == "UTC" || isPlaces else {
            throw DocumentFault(
                path: "timeZone",
                problem:
                    "\(name.plainLine) is not the IANA zone of a place, as in Europe/Moscow, and"
                    + " not UTC. Other machines may read another offset in it; this one reads UTC"
                    + offset(of: Date(), in: zone))
        }
        return zone
    }

    /// `YYYY-MM-DDTHH:MM:SS` of the time in the zone.
    ///
    /// - Throws: `DocumentFault` for a zone that this machine does not know, or that is no place's.
    package static func text(of time: Timestamp, in zoneName: String) throws -> String {
        text(of: time, in: try zone(zoneName))
    }

    /// What the zone's clocks are ahead of UTC at the time, as in `+03:00`.
    ///
    /// - Throws: as `text` does.
    package static func offset(of time: Timestamp, in zoneName: String) throws -> String {
        offset(of: date(time), in: try zone(zoneName))
    }

    /// The times at which the zone's clocks show this local time: one as a rule, two where clocks are
    /// turned back, none where they are turned forward.
    ///
    /// - Throws: as `text` does, and for a local time of another form.
    package static func times(showing local: String, in zoneName: String) throws -> [Timestamp] {
        let zone = try zone(zoneName)
        guard let asUTC = Timestamp(local + "Z") else {
            throw DocumentFault(path: "local", problem: "needs the form 2026-09-18T08:00:00")
        }
        let day: UInt64 = 86_400_000
        let around = [asUTC.subtracting(milliseconds: day), asUTC, asUTC.adding(milliseconds: day)]
        let offsets = Set(around.map { zone.secondsFromGMT(for: date($0)) })
        let candidates = offsets.map { offset in
            let shift = UInt64(abs(offset)) * 1000
            return offset < 0
                ? asUTC.adding(milliseconds: shift) : asUTC.subtracting(milliseconds: shift)
        }
        return candidates.filter { text(of: $0, in: zone) == local }.sorted()
    }

    /// Every style whose zone is no place's, or whose wall times are not those of its UTC times here.
    package static func faults(in document: ElectionDocument) -> [DocumentFault] {
        document.styles.enumerated().flatMap { index, style in
            faults(in: style, at: "styles[\(index)]")
        }
    }

    private static func faults(in style: BallotStyle, at path: String) -> [DocumentFault] {
        do {
            var faults: [DocumentFault] = []
            for (field, time, local) in style.wallTimes {
                let expected = try text(of: time, in: style.timeZone)
                guard expected != local else { continue }
                // A text of another form is no wall time either.
                let never = (try? times(showing: local, in: style.timeZone).isEmpty) ?? true
                faults.append(
                    DocumentFault(
                        path: "\(path).\(field)",
                        problem: "says \(local.plainLine)"
                            + (never ? ", which the clocks there never show" : "")
                            + ", but \(time) is \(expected) in \(style.timeZone)"))
            }
            return faults
        } catch let fault as DocumentFault {
            return [DocumentFault(path: "\(path).timeZone", problem: fault.problem)]
        } catch {
            return [DocumentFault(path: "\(path).timeZone", problem: "\(error)")]
        }
    }

    /// What a reader of the document's local times cannot know from them: which of two equal ones is
    /// meant.
    package static func warnings(in document: ElectionDocument) -> [String] {
        var warnings: [String] = []
        for style in document.styles {
            for (field, time, local) in style.wallTimes {
                // Zones that are unknown here stand among the faults.
                guard let times = try? times(showing: local, in: style.timeZone), times.count > 1,
                    let offset = try? offset(of: time, in: style.timeZone)
                else { continue }
                warnings.append(
                    "style \(style.number) \(field == "opensLocal" ? "opens" : "closes") at \(local) in"
                        + " \(style.timeZone), which the clocks there show twice, at"
                        + " \(times.map(\.description).joined(separator: " and ")). Meant is \(time),"
                        + " with the offset \(offset). Voters read the time without it: better take"
                        + " another one.")
            }
        }
        return warnings
    }

    private static func date(_ time: Timestamp) -> Date {
        Date(timeIntervalSince1970: Double(time.milliseconds / 1000))
    }

    private static func text(of time: Timestamp, in zone: TimeZone) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second], from: date(time))
        return digits(parts.year, 4) + "-" + digits(parts.month, 2) + "-" + digits(parts.day, 2)
            + "T" + digits(parts.hour, 2) + ":" + digits(parts.minute, 2) + ":"
            + digits(parts.second, 2)
    }

    private static func offset(of date: Date, in zone: TimeZone) -> String {
        let seconds = zone.secondsFromGMT(for: date)
        let size = abs(seconds)
        let text = digits(size / 3600, 2) + ":" + digits(size / 60 % 60, 2)
        return (seconds < 0 ? "-" : "+") + text + (size % 60 == 0 ? "" : ":" + digits(size % 60, 2))
    }

    private static func digits(_ value: Int?, _ width: Int) -> String {
        let text = String(value ?? 0)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

extension BallotStyle {
    /// The two moments that the document also says in local time.
    fileprivate var wallTimes: [(field: String, time: Timestamp, local: String)] {
        [("opensLocal", opens, opensLocal), ("closesLocal", closes, closesLocal)]
    }
}
