/// Every case of every test of this target: a host is started once for all of them.
enum AllCases {
    static func make() throws -> [HostCase] {
        try BallotVectorTests.cases() + BallotTests.cases() + CredentialTests.cases()
            + ReceiptTests.cases() + TallyTests.cases() + RawInputTests.cases()
            + InstanceTests.cases()
    }
}
