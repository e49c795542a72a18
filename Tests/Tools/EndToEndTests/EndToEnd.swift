import Testing

/// The built programs, run as people and machines run them: processes over loopback TCP with real
/// databases. One test at a time, since all share the machine's cores, in the order of this list:
/// Swift Testing takes the parts of a serialized suite in the order of their declaration.
@Suite(.serialized) struct EndToEnd {
    /// Help and usage of every command.
    @Suite(.serialized) struct CommandTests {}

    /// Output that cannot be written, or that nobody reads.
    @Suite(.serialized) struct OutputTests { let site = OperatorSite.shared }

    /// What an operator does and does wrong, on a network without elections.
    @Suite(.serialized) struct OperatorTests { let site = OperatorSite.shared }

    /// The same network's validators as liars: two histories of one chain.
    @Suite(.serialized) struct ForkTests { let site = OperatorSite.shared }

    // One election, from its network to its end. Each test reaches the stage of the walk that it
    // names; what it leaves to those after it is only what `Walk` knows.

    @Suite(.serialized) struct PreparationTests { let walk = Walk.shared }
    @Suite(.serialized) struct BallotTests { let walk = Walk.shared }
    @Suite(.serialized) struct ChallengeTests { let walk = Walk.shared }
    @Suite(.serialized) struct GatewayTests { let walk = Walk.shared }
    @Suite(.serialized) struct RequestTests { let walk = Walk.shared }
    @Suite(.serialized) struct ClosingTests { let walk = Walk.shared }
    @Suite(.serialized) struct ReceiptTests { let walk = Walk.shared }
    @Suite(.serialized) struct AuditTests { let walk = Walk.shared }
    @Suite(.serialized) struct EndTests { let walk = Walk.shared }
}
