package import Codec
package import Ledger

/// Chains for simulations and tests.
package enum SimulatedChain {
    /// The chain's start on the wall clock.
    package static let start = Timestamp(milliseconds: 1_700_000_000_000)

    /// Parameters with short epochs and short times, so that a run crosses many of both.
    package static func parameters(
        epochLength: UInt32 = 8, heartbeatMilliseconds: UInt32 = 1000
    ) -> Parameters {
        Parameters(
            epochLength: epochLength, blockIntervalMilliseconds: 100,
            heartbeatMilliseconds: heartbeatMilliseconds,
            baseDelayMilliseconds: 200, maximumDelayMilliseconds: 2000,
            precisionMilliseconds: 500, messageDelayMilliseconds: 2000,
            maximumBodyBytes: 1024 * 1024, maximumTransactions: 64)
    }

    /// The simulated consensus key of a validator: it both signs and verifies.
    package static func key(_ index: Int, purpose: UInt8 = 1) -> Bytes32 {
        var bytes = [UInt8](repeating: purpose, count: Bytes32.size)
        bytes[0] = UInt8(truncatingIfNeeded: index)
        return Bytes32(bytes[...])
    }

    /// The number of the validator that has a node key.
    static func place(ofNode key: Bytes32) -> Int { Int(key.bytes[0]) }

    /// The validators with these numbers, in this order.
    package static func validators(_ numbers: [Int]) -> ValidatorSet {
        ValidatorSet(
            numbers.map {
                Validator(
                    name: "v\($0)", consensusKey: key($0), cosigningKey: key($0, purpose: 2),
                    nodeKey: key($0, purpose: 3))
            })
    }

    package static func genesis(
        validators: Int, parameters: Parameters = parameters()
    ) -> Genesis {
        Genesis(
            kind: .training, name: "simulation", time: start, origin: "simulation.example/1",
            logKey: key(0, purpose: 4),
            validators: self.validators(Array(0..<validators)),
            commission: Commission(members: [], threshold: 0), parameters: parameters)
    }
}
