import APISchema
import BallotCryptography
import Foundation
import GRDB
import Ledger
import NetworkAddresses
import Registrar
import Synchronization
import Testing

/// What somebody reads who holds the registrar's disk.
@Suite struct DiskTests {
    /// All files of a directory by name, with their content.
    private func files(of directory: TemporaryDirectory) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            files[name] = [UInt8](
                try Data(contentsOf: URL(fileURLWithPath: directory.file(name))))
        }
        return files
    }

    /// A log beside the database would hold each issue in its turn.
    @Test func nothingIsLeftBesideTheDatabaseOnceACredentialIsIssued() async throws {
        let office = try await Office(voters: 9)
        for number in [5, 2, 7] {
            _ = try await office.credential(number, seed: UInt8(number))
            let others = try files(of: office.directory).filter { $0.key != "registrar.sqlite" }
            #expect(others.allSatisfy { $0.value.isEmpty }, "\(others.mapValues(\.count))")
        }
    }

    @Test func noFileHoldsABlindedMessageInClear() async throws {
        let office = try await Office(voters: 9)
        let request = try Fixture.request(3)
        _ = try await office.credential(3, seed: 3)
        for (name, content) in try files(of: office.directory) {
            #expect(
                Data(content).range(of: Data(request.blindedMessage)) == nil, "\(name)")
        }
    }

    /// Two offices with one roll issue in two orders. Their files differ in the sealed bytes of those
    /// records alone that were written, so that no place in the file tells of the order, to the holder of
    /// the key neither.
    @Test func theFileIsTheSameWhateverTheOrderOfIssuing() async throws {
        let office = try await Office(voters: 40)
        let path = office.directory.file("registrar.sqlite")
        try office.database.close()
        let before = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let chosen = [31, 4, 17, 0, 22, 9, 38, 11, 25, 3]
        func issued(_ order: [Int]) async throws -> [UInt8] {
            let copy = try TemporaryDirectory()
            try FileManager.default.copyItem(
                atPath: path, toPath: copy.file("registrar.sqlite"))
            let database = try RegistrarDatabase(
                path: copy.file("registrar.sqlite"), secrets: Fixture.secrets)
            let issuer = try Office.issuer(
                office.document, database, office.configuration, office.wallTime)
            let chain = try await office.chain.snapshot()
            for number in order {
                _ = try await issuer.credential(
                    Fixture.message(
                        try Fixture.request(UInt8(number)), from: Fixture.identity(number)),
                    from: AddressGroup("192.0.2.1"), election: "probe", chain: chain)
            }
            try database.close()
            return [UInt8](
                try Data(contentsOf: URL(fileURLWithPath: copy.file("registrar.sqlite"))))
        }
        let first = try await issued(chosen)
        let second = try await issued(chosen.sorted())
        #expect(first.count == before.count)
        #expect(second.count == before.count)
        try #require(first.count == second.count)
        /// Runs of bytes that differ, where a few equal ones in between are chance.
        func runs(_ one: [UInt8], _ other: [UInt8]) -> [Range<Int>] {
            var runs: [Range<Int>] = []
            for index in one.indices where one[index] != other[index] {
                if let last = runs.last, index - last.upperBound < 8 {
                    runs[runs.count - 1] = last.lowerBound..<(index + 1)
                } else {
                    runs.append(index..<(index + 1))
                }
            }
            return runs
        }
        let differences = runs(first, second)
        #expect(differences.count == chosen.count)
        // A record is one nonce, one tag and one request: its neighbors are as they were.
        #expect(differences.allSatisfy { (380..<420).contains($0.count) }, "\(differences)")
    }

    @Test func aCopyOfTheMainFileAloneIsAWholeBackup() async throws {
        let office = try await Office(voters: 9)
        for number in 0..<4 { _ = try await office.credential(number, seed: UInt8(number + 1)) }
        let copy = try TemporaryDirectory()
        try FileManager.default.copyItem(
            atPath: office.directory.file("registrar.sqlite"),
            toPath: copy.file("registrar.sqlite"))
        let database = try RegistrarDatabase(
            path: copy.file("registrar.sqlite"), secrets: Fixture.secrets)
        #expect(try await database.election() == office.document)
        #expect(try await database.totals().map(\.issued) == [4, 0])
        let issuer = try Office.issuer(
            office.document, database, office.configuration, office.wallTime)
        await #expect(throws: IssuingRefusal.issued) {
            _ = try await issuer.credential(
                Fixture.message(try Fixture.request(99), from: Fixture.identity(0)),
                from: AddressGroup("192.0.2.1"), election: "probe",
                chain: try await office.chain.snapshot())
        }
    }

    @Test func aBackupIsWholeWhileVotersAreServed() async throws {
        let office = try await Office(voters: 9)
        for number in 0..<4 { _ = try await office.credential(number, seed: UInt8(number + 1)) }
        let copy = office.directory.file("copy.sqlite")
        try RegistrarDatabase.copy(office.directory.file("registrar.sqlite"), to: copy)
        _ = try await office.credential(4, seed: 5)
        let database = try RegistrarDatabase(path: copy, secrets: Fixture.secrets)
        #expect(try await database.totals().map(\.issued) == [4, 0])
        #expect(try await office.database.totals().map(\.issued) == [5, 0])
    }

    @Test func aFileThatIsNoDatabaseIsNamedWithoutTheWordsOfOurProgram() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("registrar.sqlite")
        try Data("voter,code,style, and much more than a header has of it".utf8)
            .write(to: URL(fileURLWithPath: path))
        let failure = #expect(throws: DatabaseFailure.self) {
            _ = try RegistrarDatabase(path: path, secrets: Fixture.secrets)
        }
        #expect(failure == .corrupt("SQLite cannot read it"))
        let missing = #expect(throws: DatabaseFailure.self) {
            _ = try RegistrarDatabase(
                path: directory.file("no/registrar.sqlite"), secrets: Fixture.secrets)
        }
        #expect(missing?.description.contains("unable to open") == true)
    }
}

/// Databases of earlier versions.
@Suite struct MigrationTests {
    /// What was version 2, with a journal of requests in clear and a write-ahead log.
    private static let version2 = """
        CREATE TABLE journal (
            style INTEGER NOT NULL, leaf INTEGER NOT NULL, blinded BLOB NOT NULL,
            batch INTEGER REFERENCES batch, PRIMARY KEY (style, leaf),
            FOREIGN KEY (style, leaf) REFERENCES voter (style, leaf)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX unpublished ON journal (style, leaf) WHERE batch IS NULL;
        DROP TABLE issue;
        ALTER TABLE style DROP COLUMN published;
        PRAGMA user_version = 2;
        """

    private func leaf(of number: Int, _ office: Office) async throws -> UInt32 {
        try await office.issuer.entry(
            Fixture.identity(number), from: AddressGroup("192.0.2.1"), election: "probe",
            chain: try await office.chain.snapshot()
        ).leaf
    }

    /// Makes an office's database one of version 2 in which three voters have credentials, the last of
    /// them in a batch.
    private func downgrade(_ office: Office) async throws {
        let path = office.directory.file("registrar.sqlite")
        var leaves: [UInt32] = []
        for number in 0..<3 { leaves.append(try await leaf(of: number, office)) }
        try office.database.close()
        let database = try DatabasePool(path: path)
        try await database.write { [leaves] database in
            try database.execute(sql: Self.version2)
            try database.execute(
                sql: "INSERT INTO batch (style, bytes, isFinal) VALUES (1, x'00', 1)")
            for number in 0..<3 {
                try database.execute(
                    sql: "INSERT INTO journal VALUES (1, ?, ?, ?)",
                    arguments: [
                        leaves[number],
                        Data(try Fixture.request(UInt8(number)).blindedMessage),
                        number == 2 ? 1 : nil,
                    ])
            }
            try database.execute(sql: "UPDATE style SET issued = 3 WHERE number = 1")
        }
        try database.close()
    }

    @Test func version2IsBroughtForwardAndNothingOfItIsLeftInClear() async throws {
        let office = try await Office(voters: 9)
        try await downgrade(office)
        let (database, issuer) = try office.another()
        #expect(try await database.totals().map(\.issued) == [3, 0])
        let chain = try await office.chain.snapshot()
        func credential(_ number: Int, seed: UInt8) async throws {
            _ = try await issuer.credential(
                Fixture.message(try Fixture.request(seed), from: Fixture.identity(number)),
                from: AddressGroup("192.0.2.1"), election: "probe", chain: chain)
        }
        for number in 0..<3 {
            // The same request has its answer, another one not.
            try await credential(number, seed: UInt8(number))
            await #expect(throws: IssuingRefusal.issued) {
                try await credential(number, seed: 77)
            }
        }
        try await credential(3, seed: 3)
        // Only what was in no batch is published.
        office.chain.state.withLock {
            $0.time = Fixture.closes
            $0.issued[1] = 4
        }
        try await office.publisher(database).publish(at: try await office.chain.snapshot())
        let published = office.chain.state.withLock { $0.publishedLeaves[1] ?? [] }
        #expect(published.map(\.count) == [3])
        try database.close()
        for name in try FileManager.default.contentsOfDirectory(
            atPath: office.directory.path)
        {
            let content = try Data(
                contentsOf: URL(fileURLWithPath: office.directory.file(name)))
            #expect(name == "registrar.sqlite" || content.isEmpty, "\(name)")
            for number in 0..<4 {
                let request = Data(try Fixture.request(UInt8(number)).blindedMessage)
                #expect(content.range(of: request) == nil)
            }
        }
    }

    @Test func anotherVersionIsNotTouched() async throws {
        let office = try await Office()
        try office.database.close()
        let path = office.directory.file("registrar.sqlite")
        let database = try DatabaseQueue(path: path)
        try await database.write { try $0.execute(sql: "PRAGMA user_version = 4") }
        try database.close()
        #expect(throws: DatabaseFailure.unknownVersion(4)) { _ = try office.another() }
    }
}
