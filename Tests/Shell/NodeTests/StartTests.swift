import Codec
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import Node
import NodeSetup
import Testing

/// What a node refuses to start with, and how it says so.
@Suite(.serialized) struct StartTests {
    private func failure(of home: String) throws -> NodeFailure? {
        do {
            _ = try openNode(home)
            return nil
        } catch let failure as NodeFailure {
            return failure
        }
    }

    private func edit(_ path: String, _ change: (String) -> String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let changed = change(text)
        #expect(changed != text)
        try changed.write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test func anUnknownKeyInTheConfigurationIsNamed() async throws {
        try await withNetwork { network in
            let home = network.home("observer-1")
            try edit(home + "/node.json") {
                $0.replacingOccurrences(of: "\"data\" :", with: "\"colour\" : 1,\n  \"data\" :")
            }
            let failure = try #require(try failure(of: home))
            #expect(failure.exitCode == 78)
            #expect("\(failure)".contains("colour"))
        }
    }

    @Test(arguments: [
        ("apiConnectionsPerAddress", 0), ("apiWriteSeconds", 0), ("peerObservers", -1),
        ("peerObserversPerAddress", 0), ("peerObserverBytesPerSecond", 1),
        ("mempoolCount", 0),
    ])
    func aBoundOutsideOfItsRangeIsNamed(bound: String, value: Int) async throws {
        try await withNetwork { network in
            let home = network.home("observer-1")
            try edit(home + "/node.json") {
                $0.replacingOccurrences(
                    of: "\"data\" :", with: "\"limits\" : {\"\(bound)\" : \(value)},\n  \"data\" :")
            }
            let failure = try #require(try failure(of: home))
            #expect(failure.exitCode == 78)
            #expect("\(failure)".contains("limits.\(bound)"))
        }
    }

    @Test func aTrustedProxyThatIsNoAddressIsNamed() async throws {
        try await withNetwork { network in
            let home = network.home("observer-1")
            try edit(home + "/node.json") {
                $0.replacingOccurrences(
                    of: "\"data\" :",
                    with: "\"trustedProxies\" : [\"127.0.0.1\", \"proxy\"],\n  \"data\" :")
            }
            let failure = try #require(try failure(of: home))
            #expect(failure.exitCode == 78)
            #expect("\(failure)".contains("trustedProxies[1]"))
        }
    }

    @Test func anObserverHasNoSignerAndAKeyIsInOnePlaceOnly() async throws {
        try await withNetwork { network in
            for name in ["observer-1", "validator-1"] {
                let home = network.home(name)
                try edit(home + "/node.json") {
                    $0.replacingOccurrences(
                        of: "\"data\" :",
                        with: "\"signer\" : {\"socket\" : \"s\"},\n  \"data\" :")
                }
                #expect(try failure(of: home)?.exitCode == 78)
            }
        }
    }

    @Test func aCorruptGenesisIsRefusedWithItsFault() async throws {
        try await withNetwork { network in
            let home = network.home("observer-1")
            let path = home + "/genesis.json"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try String(text.prefix(text.count / 2)).write(
                toFile: path, atomically: true, encoding: .utf8)
            #expect(try failure(of: home)?.exitCode == 78)
            try text.replacingOccurrences(of: "validator-2", with: "validator-1").write(
                toFile: path, atomically: true, encoding: .utf8)
            let failure = try #require(try failure(of: home))
            #expect("\(failure)".contains("two validators share a name"))
        }
    }

    @Test func theDataOfAnotherChainIsRefused() async throws {
        try await withNetwork { network in
            let home = network.home("observer-1")
            #expect(try failure(of: home) == nil)
            try edit(home + "/genesis.json") {
                $0.replacingOccurrences(of: "\"localnet\"", with: "\"other\"")
            }
            let failure = try #require(try failure(of: home))
            #expect(failure.exitCode == 74)
            #expect("\(failure)".contains("belongs to the chain"))
        }
    }

    @Test func aDataDirectoryInUseIsRefused() async throws {
        try await withNetwork { network in
            let home = network.home("observer-1")
            let first = try openNode(home)
            let failure = try #require(try failure(of: home))
            #expect(failure.exitCode == 75)
            #expect("\(failure)".contains("in use"))
            #expect(throws: NodeFailure.self) {
                try NodeInspection(home: NodeHome(directory: home))
            }
            withExtendedLifetime(first) {}
        }
    }

    @Test func aKeyThatGenesisDoesNotNameIsRefused() async throws {
        try await withNetwork { network in
            let home = network.home("validator-1")
            let passphrase = try Passphrase.read(
                file: home + "/passphrase", subject: "the keys")
            for (name, purpose) in [
                ("cosigning", KeyPurpose.validatorCosigning), ("consensus", .validatorConsensus),
            ] {
                let path = home + "/keys/\(name).key"
                try FileManager.default.removeItem(atPath: path)
                _ = try KeyFile.createSigningKey(
                    at: path, purpose: purpose, passphrase: passphrase)
                let failure = try #require(try failure(of: home))
                #expect(failure.exitCode == 78)
                #expect("\(failure)".contains("genesis"))
            }
        }
    }

    @Test func anotherValidatorsNameIsRefused() async throws {
        try await withNetwork { network in
            let home = network.home("validator-1")
            try edit(home + "/node.json") {
                $0.replacingOccurrences(of: "\"validator-1\"", with: "\"validator-2\"")
            }
            #expect(try failure(of: home)?.exitCode == 78)
        }
    }

    @Test func aValidatorsKeyMakesNoObserver() async throws {
        try await withNetwork { network in
            let home = network.home("observer-1")
            let source = network.home("validator-1")
            for name in ["passphrase", "keys/node.key"] {
                try FileManager.default.removeItem(atPath: home + "/" + name)
                try FileManager.default.copyItem(
                    atPath: source + "/" + name, toPath: home + "/" + name)
            }
            let failure = try #require(try failure(of: home))
            #expect("\(failure)".contains("node key of its own"))
        }
    }

    @Test(arguments: [
        (1, 1, "--validators"), (4, 65, "--observers"), (32, 0, "--validators"),
    ])
    func aNetworkOutsideOfItsBoundsIsNotMade(
        validators: Int, observers: Int, option: String
    ) throws {
        var plan = LocalNetworkPlan(directory: "/nonexistent")
        plan.validators = validators
        plan.observers = observers
        #expect(plan.faults.first?.path == option)
    }

    @Test func aSecondNetworkInOneDirectoryIsRefused() async throws {
        try await withNetwork { network in
            let plan = LocalNetworkPlan(directory: network.directory)
            #expect(throws: FileFailure.self) {
                try LocalNetwork.make(plan, time: Timestamp(milliseconds: 1))
            }
        }
    }
}
