package import Codec

extension Genesis {
    /// Every rule that the document breaks; empty for a usable one. A genesis without faults can be
    /// encoded; one that is beyond a limit cannot.
    package var faults: [DocumentFault] {
        var check = FaultCollector()
        check.requireName(name, limit: Limits.name, "name")
        check.require(
            isKeyName(origin, limit: Limits.identifier), "origin",
            "needs 1 to \(Limits.identifier) of printable ASCII without space and +")
        check.requireValidators(validators, "validators", logKey: logKey)
        check.requireCommission(commission, "commission")
        let p = parameters
        check.require(
            (4...65_536).contains(p.epochLength), "parameters.epochLength", "must be 4 to 65536")
        check.require(
            (10...10_000).contains(p.blockIntervalMilliseconds),
            "parameters.blockIntervalMilliseconds", "must be 10 to 10000")
        check.require(
            p.heartbeatMilliseconds >= p.blockIntervalMilliseconds
                && p.heartbeatMilliseconds <= 600_000,
            "parameters.heartbeatMilliseconds", "must be from the block interval to 600000")
        check.require(
            (10...60_000).contains(p.baseDelayMilliseconds), "parameters.baseDelayMilliseconds",
            "must be 10 to 60000")
        check.require(
            p.maximumDelayMilliseconds >= p.baseDelayMilliseconds
                && p.maximumDelayMilliseconds <= 60_000,
            "parameters.maximumDelayMilliseconds", "must be from the base delay to 60000")
        check.require(
            (10...10_000).contains(p.precisionMilliseconds), "parameters.precisionMilliseconds",
            "must be 10 to 10000")
        check.require(
            (10...30_000).contains(p.messageDelayMilliseconds),
            "parameters.messageDelayMilliseconds", "must be 10 to 30000")
        check.require(
            Int(p.maximumBodyBytes) >= Limits.entryBytes
                && Int(p.maximumBodyBytes) <= Limits.bodyBytes,
            "parameters.maximumBodyBytes",
            "must be \(Limits.entryBytes) to \(Limits.bodyBytes)")
        check.require(
            p.maximumTransactions >= 1
                && Int(p.maximumTransactions) <= Limits.transactionsPerBlock,
            "parameters.maximumTransactions", "must be 1 to \(Limits.transactionsPerBlock)")
        return check.faults
    }
}

extension ValidatorSet {
    /// Every rule that a set breaks on a chain with this log key; empty for a usable one.
    package func faults(logKey: Bytes32) -> [DocumentFault] {
        var check = FaultCollector()
        check.requireValidators(self, "validators", logKey: logKey)
        return check.faults
    }
}

extension FaultCollector {
    fileprivate mutating func requireValidators(
        _ validators: ValidatorSet, _ path: String, logKey: Bytes32
    ) {
        let n = validators.count
        require(
            (Limits.validatorsMinimum...Limits.validators).contains(n), path,
            "\(Limits.validatorsMinimum) to \(Limits.validators) validators are needed, not \(n)")
        requireDistinct(validators.validators.map(\.name), path, "two validators share a name")
        for (index, validator) in validators.validators.enumerated() {
            require(
                isKeyName(validator.name, limit: Limits.validatorName), path + "[\(index)].name",
                "needs 1 to \(Limits.validatorName) of printable ASCII without space and +")
        }
        var keys = validators.validators.flatMap { [$0.consensusKey, $0.cosigningKey, $0.nodeKey] }
        keys.append(logKey)
        requireDistinct(keys, path, "one key serves two purposes")
    }
}

/// Whether a text may name a key in a signed note: printable ASCII without space and `+`.
private func isKeyName(_ text: String, limit: Int) -> Bool {
    (1...limit).contains(text.utf8.count)
        && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2B }
}
