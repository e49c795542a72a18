import APISchema
import Codec
import Foundation
import Logging
import NetworkAddresses
import NodeAPI
import Testing

@Suite struct RouteTests {
    private func routes() throws -> Set<RegisteredRoute> {
        let events = EventBroadcaster(limits: APILimits())
        let server = APIServer(
            service: FakeNodeService(events: events), host: "127.0.0.1", port: 0,
            limits: APILimits(), proxies: TrustedProxies([]), events: events,
            logger: Logger(label: "test"))
        return Set(try server.registeredRoutes())
    }

    private var described: Set<RegisteredRoute> {
        var routes: Set<RegisteredRoute> = []
        for (path, item) in OpenAPI.paths {
            guard case .object(let operations) = item else { continue }
            for method in operations.keys {
                routes.insert(RegisteredRoute(method: method, path: path))
            }
        }
        return routes
    }

    @Test func everyRouteIsDescribed() throws {
        #expect(try routes().subtracting(described) == [])
    }

    @Test func everyDescribedOperationIsARoute() throws {
        #expect(described.subtracting(try routes()) == [])
    }

    @Test func everyReferenceInTheDescriptionLeadsSomewhere() throws {
        var references: Set<String> = []
        func collect(_ value: JSONValue) {
            switch value {
            case .object(let members):
                if case .string(let target)? = members["$ref"] { references.insert(target) }
                for member in members.values { collect(member) }
            case .array(let values): for value in values { collect(value) }
            case .string, .number, .truth: break
            }
        }
        collect(OpenAPI.document)
        #expect(references.count > 10)
        for reference in references {
            var value: JSONValue? = OpenAPI.document
            for key in reference.split(separator: "/").dropFirst() { value = value?[String(key)] }
            #expect(value != nil, "\(reference) names nothing")
        }
    }

    /// Messages with all their members, by the name of their schema.
    private static let messages: [(String, any Encodable & Sendable)] = [
        ("Failure", APIFailure(code: "BUSY", message: "m", retryAfterSeconds: 1)),
        (
            "SubmissionAnswer",
            SubmissionAnswer(transactionID: .zero, status: "final", promise: "00")
        ),
        (
            "TransactionStatus",
            TransactionStatus(
                transactionID: .zero, status: "final", height: 1, index: 2, time: Samples.time)
        ),
        ("PeerStatus", Samples.peer), ("NodeStatus", Samples.nodeStatus),
        ("NodeReadiness", Samples.readiness),
        ("ValidatorsView", Samples.validators), ("PendingValidators", Samples.pending),
        ("Validator", Samples.validator), ("BlockSummary", Samples.block),
        ("BlockTransaction", Samples.blockTransaction),
        ("BlockDetail", Samples.blockDetail), ("LocalizedText", Samples.text),
        ("ElectionSummary", Samples.electionSummary), ("StyleStatus", Samples.style),
        ("ElectionStatus", Samples.election), ("TrusteeMessage", Samples.message),
        ("CeremonyView", Samples.ceremony),
        ("CredentialStatus", CredentialStatus(sequence: 1, ballotID: .zero)),
        ("RollLeafStatus", Samples.leaf), ("RollView", Samples.roll),
        ("UnitView", Samples.unit), ("Dissent", Dissent(member: 0, text: "t")),
        ("TallyView", Samples.tally),
    ]

    @Test func everySchemaHasTheMembersOfItsMessage() throws {
        guard case .object(let schemas)? = OpenAPI.document["components"]?["schemas"] else {
            Issue.record("the description has no schemas")
            return
        }
        #expect(Set(Self.messages.map(\.0)) == Set(schemas.keys))
        for (name, message) in Self.messages {
            let data = try JSONEncoder().encode(message)
            let object = try #require(
                try JSONSerialization.jsonObject(with: data) as? [String: Any])
            guard case .object(let properties)? = schemas[name]?["properties"] else {
                Issue.record("\(name) has no properties")
                continue
            }
            #expect(Set(object.keys) == Set(properties.keys), "\(name)")
        }
    }
}
