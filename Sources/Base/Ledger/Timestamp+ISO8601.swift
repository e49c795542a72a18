/// Times as people and documents write them: `2026-09-18T05:00:00Z` or with `.123` before the Z.
extension Timestamp: CustomStringConvertible {
    package var description: String {
        let (days, millisecondOfDay) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let date = civilDate(daysSince1970: Int64(clamping: days))
        let second = millisecondOfDay / 1000
        let fraction = millisecondOfDay % 1000
        let time =
            padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":"
            + padded(second % 60, 2) + (fraction == 0 ? "" : "." + padded(fraction, 3))
        return padded(UInt64(date.year), 4) + "-" + padded(UInt64(date.month), 2) + "-"
            + padded(UInt64(date.day), 2) + "T" + time + "Z"
    }

    /// The same time for people, who are not asked to know what Z means: `2026-09-18 05:00:00 UTC`.
    package var words: String {
        description.map { character in
            switch character {
            case "T": " "
            case "Z": " UTC"
            default: String(character)
            }
        }.joined()
    }

    /// The time that a text of exactly the form above names, from 1970 to 9999, else nil.
    package init?(_ text: String) {
        let characters = [UInt8](text.utf8)
        guard characters.count == 20 || characters.count == 24, characters.last == 0x5A,
            characters[4] == 0x2D, characters[7] == 0x2D, characters[10] == 0x54,
            characters[13] == 0x3A, characters[16] == 0x3A
        else { return nil }
        func number(_ range: Range<Int>) -> UInt64? {
            var value: UInt64 = 0
            for character in characters[range] {
                guard (0x30...0x39).contains(character) else { return nil }
                value = value * 10 + UInt64(character - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16),
            let second = number(17..<19), year >= 1970, (1...12).contains(month), day >= 1,
            hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: UInt64 = 0
        if characters.count == 24 {
            guard characters[19] == 0x2E, let value = number(20..<23), value > 0 else {
                return nil
            }
            fraction = value
        }
        let days = daysSince1970(year: Int64(year), month: Int64(month), day: Int64(day))
        // A day that the month does not have turns into one of the next month.
        guard days >= 0, civilDate(daysSince1970: days).day == Int64(day) else { return nil }
        let seconds = UInt64(days) * 86_400 + hour * 3600 + minute * 60 + second
        self.init(milliseconds: seconds * 1000 + fraction)
    }
}

private func padded(_ value: UInt64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

// Days and dates of the proleptic Gregorian calendar, counted in 400-year eras that begin on 1 March.
private func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
}

private func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
        (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}
