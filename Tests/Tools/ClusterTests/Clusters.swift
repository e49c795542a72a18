import Testing

/// Clusters of real processes, one at a time: they share the machine's cores. Swift Testing takes
/// the parts of a serialized suite in the order of their declaration.
@Suite(.serialized) struct Clusters {
    @Suite(.serialized) struct AttackTests {}
    @Suite(.serialized) struct DataDirectoryTests {}
    @Suite(.serialized) struct DiskFaultTests {}
    @Suite(.serialized) struct HostileTrafficTests {}
    @Suite(.serialized) struct ReconnectTests {}
    @Suite(.serialized) struct RestoreTests {}
    @Suite(.serialized) struct SignerTests {}
    @Suite(.serialized) struct StopTests {}
    @Suite(.serialized) struct ValidatorChangeTests {}
    @Suite(.serialized) struct NemesisTests {}
}
