import Codec

extension ElectionDocument {
    /// Every rule of form that the document breaks, in document order; empty for a usable one.
    /// A document without faults can be encoded; one that is beyond a limit cannot.
    ///
    /// Rules that need the chain (its id, a new name, the current time, sound RSA keys) are checked
    /// when the election is created.
    package var faults: [DocumentFault] {
        var check = FaultCollector()
        check.require(isShortName(name), "name", "needs 1 to 32 of a-z, 0-9 and -")
        check.requireNames(title, "title")
        check.require(
            (1...Limits.contests).contains(contests.count), "contests",
            "1 to \(Limits.contests) contests are needed")
        for (index, contest) in contests.enumerated() {
            contest.collectFaults(&check, "contests[\(index)]")
        }
        check.requireDistinct(contests.map(\.id), "contests", "two contests share an id")
        check.require(
            (1...Limits.styles).contains(styles.count), "styles",
            "1 to \(Limits.styles) ballot styles are needed")
        for (index, style) in styles.enumerated() {
            collectFaults(of: style, &check, "styles[\(index)]")
        }
        check.requireDistinct(styles.map(\.number), "styles", "two styles share a number")
        check.requireDistinct(styles.map(\.issuingKey), "styles", "two styles share an issuing key")
        check.require(
            graceMilliseconds <= 3_600_000, "graceMilliseconds", "must be at most an hour")
        check.require(
            (1...8).contains(ballotsPerVoter), "ballotsPerVoter", "must be 1 (first counts) to 8")
        collectUnitFaults(&check)
        collectTrusteeFaults(&check)
        check.requireCommission(commission, "commission")
        check.requireMember(registrar, "registrar")
        check.require(
            !(commission.members.map(\.key) + trustees.map(\.key)).contains(registrar.key),
            "registrar.key", "is also a commission member's or a trustee's key")
        // Only what keeps all limits has an encoding.
        if check.faults.isEmpty {
            check.require(
                canonicalBytes.count <= Limits.documentBytes, "",
                "the document is too large for one log entry")
        }
        return check.faults
    }

    private func collectFaults(
        of style: BallotStyle, _ check: inout FaultCollector, _ path: String
    ) {
        check.requireNames(style.name, path + ".name")
        check.requireLine(style.region, limit: Limits.name, path + ".region")
        check.require(
            tallyUnits.contains { $0.number == style.tallyUnit }, path + ".tallyUnit",
            "names no tally unit")
        check.require(
            (1...Limits.contestsPerBallot).contains(style.contests.count), path + ".contests",
            "1 to \(Limits.contestsPerBallot) contests are needed")
        check.require(
            style.contests.allSatisfy { Int($0) < contests.count }, path + ".contests",
            "names a contest that does not exist")
        check.require(
            zip(style.contests, style.contests.dropFirst()).allSatisfy(<), path + ".contests",
            "must rise strictly")
        check.require(
            style.startOfIssuing <= style.opens, path + ".startOfIssuing",
            "must not be after opens")
        check.require(style.opens < style.closes, path + ".closes", "must be after opens")
        check.requireName(style.timeZone, limit: Limits.identifier, path + ".timeZone")
        check.requireLine(style.opensLocal, limit: Limits.identifier, path + ".opensLocal")
        check.requireLine(style.closesLocal, limit: Limits.identifier, path + ".closesLocal")
        check.require(
            style.issuingKey.count == Limits.rsaBytes && style.issuingKey.first ?? 0 >= 0x80,
            path + ".issuingKey", "must be a modulus of exactly 3072 bits")
    }

    private func collectUnitFaults(_ check: inout FaultCollector) {
        check.require(
            (1...Limits.styles).contains(tallyUnits.count), "tallyUnits",
            "1 to \(Limits.styles) tally units are needed")
        check.requireDistinct(tallyUnits.map(\.number), "tallyUnits", "two units share a number")
        for (index, unit) in tallyUnits.enumerated() {
            let path = "tallyUnits[\(index)]"
            check.requireNames(unit.name, path + ".name")
            check.require(
                styles.contains { $0.tallyUnit == unit.number }, path, "no style counts in it")
            guard let target = unit.mergesInto else { continue }
            let targetUnit = tallyUnits.first { $0.number == target }
            check.require(
                targetUnit != nil && target != unit.number && targetUnit?.mergesInto == nil,
                path + ".mergesInto", "must name another unit that itself merges into none")
            check.require(
                contestSet(of: unit.number) == contestSet(of: target), path + ".mergesInto",
                "the two units must vote on the same contests")
        }
    }

    private func contestSet(of unit: UInt32) -> Set<UInt32> {
        Set(styles.filter { $0.tallyUnit == unit }.flatMap(\.contests))
    }

    private func collectTrusteeFaults(_ check: inout FaultCollector) {
        let n = trustees.count
        check.require(
            (2...Limits.trustees).contains(n), "trustees",
            "2 to \(Limits.trustees) trustees are needed")
        for (index, trustee) in trustees.enumerated() {
            check.requireMember(trustee, "trustees[\(index)]")
        }
        check.requireDistinct(trustees.map(\.key), "trustees", "two trustees share a key")
        let t = Int(threshold)
        check.require(
            t <= n && 2 * t > n, "threshold",
            "must be more than half of the \(n) trustees and at most all")
        check.require(
            (min(n, t + 1)...max(n, 1)).contains(Int(confirmations)), "confirmations",
            "must be from one above the threshold to the number of trustees")
        let k = keyCount
        check.require(k <= 64, "contests", "a contest has more than 64 cells")
        check.require(
            k * (t + n + 2) <= 2000, "trustees",
            "cells * (threshold + trustees + 2) must be at most 2000, so that a dealing fits")
        check.require(
            deadlines.registration < deadlines.commitment
                && deadlines.commitment < deadlines.dealing
                && deadlines.dealing < deadlines.confirmation, "deadlines",
            "must rise from registration to confirmation")
    }
}

extension Contest {
    fileprivate func collectFaults(_ check: inout FaultCollector, _ path: String) {
        check.require(isShortName(id), path + ".id", "needs 1 to 32 of a-z, 0-9 and -")
        check.requireQuestions(question, path + ".question")
        check.require(
            (1...Limits.options).contains(options.count), path + ".options",
            "1 to \(Limits.options) options are needed")
        check.requireDistinct(options.map(\.id), path + ".options", "two options share an id")
        for (index, option) in options.enumerated() {
            check.require(
                isShortName(option.id), path + ".options[\(index)].id",
                "needs 1 to 32 of a-z, 0-9 and -")
            check.requireNames(option.name, path + ".options[\(index)].name")
        }
        check.require(
            minimum <= maximum && maximum >= 1 && Int(maximum) <= options.count,
            path + ".maximum", "must be from max(1, minimum) to the number of options")
    }
}

private func isShortName(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
        && text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
}
