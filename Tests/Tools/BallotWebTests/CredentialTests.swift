import BallotCryptography
import Codec
import Cryptography
import Foundation
import Hashing
import Ristretto
import Testing

/// Credentials that hosts make, against the registrar's key and native code.
@Suite struct CredentialTests {
    private static let electionID = Bytes32([UInt8](repeating: 5, count: 32)[...])
    private static let seed = Bytes32(SHA256.hash([1])[...])

    /// One key for the whole run: it is costly to make.
    private static let issuer: Result<BlindIssuingKey, any Error> = Result {
        try BlindIssuingKey.generate()
    }

    private static var credential: [String: Any] {
        ["seed": json(seed.bytes), "electionID": json(electionID.bytes), "style": 4]
    }

    private static func request() throws -> CredentialRequest {
        try CredentialRequest(
            seed: seed, electionID: electionID, style: 4, modulus: try issuer.get().modulus,
            arithmetic: SodiumArithmetic())
    }

    private static func certificateCase(
        _ name: String, style: Int = 4, key: Bytes32, _ certificate: [UInt8]
    ) throws -> HostCase {
        HostCase(
            name, call: "verifyCertificate",
            [
                [
                    "electionID": json(electionID.bytes), "style": style,
                    "credentialKey": json(key.bytes),
                    "modulus": json(try issuer.get().modulus), "certificate": json(certificate),
                ]
            ])
    }

    static func cases() throws -> [HostCase] {
        let modulus = try issuer.get().modulus
        let request = try request()
        let answer = try issuer.get().blindSign(request.blindedMessage)
        let certificate = try request.finalize(answer, verifier: CredentialVerifier())
        var wrong = answer
        wrong[383] ^= 1
        var bent = certificate
        bent[100] ^= 1
        var even = modulus
        even[383] &= 0xFE
        return [
            HostCase(
                "fresh credential", call: "makeCredential",
                [["electionID": json(electionID.bytes), "style": 4]]),
            HostCase(
                "second fresh credential", call: "makeCredential",
                [["electionID": json(electionID.bytes), "style": 4]]),
            HostCase(
                "credential of given random bytes", call: "makeCredential",
                [["electionID": json(electionID.bytes), "style": 4]], random: seed.bytes),
            HostCase("stored credential", call: "makeCredential", [credential]),
            HostCase("blind", call: "blind", [credential, json(modulus)]),
            HostCase("blind for an even modulus", call: "blind", [credential, json(even)]),
            HostCase("unblind", call: "unblind", [credential, json(modulus), json(answer)]),
            HostCase(
                "unblind a wrong answer", call: "unblind",
                [credential, json(modulus), json(wrong)]),
            HostCase(
                "unblind an answer of n", call: "unblind",
                [credential, json(modulus), json(modulus)]),
            try certificateCase("certificate", key: request.key.publicKey, certificate),
            try certificateCase(
                "certificate of another style", style: 3, key: request.key.publicKey, certificate),
            try certificateCase("certificate of another key", key: seed, certificate),
            try certificateCase("bent certificate", key: request.key.publicKey, bent),
        ]
    }

    @Test(arguments: Host.allCases)
    func aSeedMakesTheSameCredentialEverywhere(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let key = CredentialKey(
            seed: Self.seed, electionID: Self.electionID, style: 4, arithmetic: SodiumArithmetic())
        for name in ["stored credential", "credential of given random bytes"] {
            let answer = try results[name].answer
            #expect(try answer["seed"].bytes == Self.seed.bytes)
            #expect(try answer["credentialKey"].bytes == key.publicKey.bytes)
        }
    }

    @Test(arguments: Host.allCases)
    func freshCredentialsAreOfTheHostsRandomBytes(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        var seeds: Set<[UInt8]> = []
        for name in ["fresh credential", "second fresh credential"] {
            let answer = try results[name].answer
            let seed = try #require(Bytes32(exactly: try answer["seed"].bytes))
            let key = CredentialKey(
                seed: seed, electionID: Self.electionID, style: 4, arithmetic: SodiumArithmetic())
            #expect(try answer["credentialKey"].bytes == key.publicKey.bytes)
            seeds.insert(seed.bytes)
        }
        #expect(seeds.count == 2)
    }

    @Test(arguments: Host.allCases)
    func blindedMessagesAreThoseOfNativeCodeByteForByte(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let request = try Self.request()
        let answer = try results["blind"].answer
        #expect(try answer["blindedMessage"].bytes == request.blindedMessage)
        #expect(try answer["credentialKey"].bytes == request.key.publicKey.bytes)
        #expect(try results["blind for an even modulus"].refusal == "E_PARAM")
    }

    @Test(arguments: Host.allCases)
    func certificatesSatisfyTheNativeVerifier(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        let certificate = try HostAnswer(value: try results["unblind"].answer.value).bytes
        #expect(
            CredentialVerifier().isValid(
                certificate, of: try Self.request().message,
                modulus: try Self.issuer.get().modulus))
        for name in ["unblind a wrong answer", "unblind an answer of n"] {
            #expect(try results[name].refusal == "E_BLINDSIG", "\(name)")
        }
    }

    @Test(arguments: Host.allCases)
    func aCertificateIsForItsKeyAndStyleAlone(host: Host) async throws {
        let results = try await HostRuns.results(in: host)
        #expect(try results["certificate"].answer.value is NSNull)
        for name in [
            "certificate of another style", "certificate of another key", "bent certificate",
        ] {
            #expect(try results[name].refusal == "E_CERT", "\(name)")
        }
    }
}
