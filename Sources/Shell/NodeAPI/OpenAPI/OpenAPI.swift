import Ledger

/// The OpenAPI 3.1 description of the interface. A test holds it against the routes, and its schemas
/// against the messages.
package enum OpenAPI {
    package static let document: JSONValue = [
        "openapi": "3.1.0",
        "info": [
            "title": "Veche node",
            "version": "1",
            "summary": "Submission, reads, proofs, tiles and events of one node",
            "description": """
            Bytes are lower-case hexadecimal in JSON, times ISO 8601 in UTC. Everything read is final \
            unless its description says otherwise. A request that fails is answered with a Failure; \
            its code is stable, its message is for people. Nothing here has to be believed: \
            receipts, certificates and the log verify from the genesis document alone. What can be \
            read has HEAD as well as GET. Other methods are answered with 405 and Allow, OPTIONS \
            with 204. Pages of all sites may use the interface. Answers that may be kept have an \
            ETag; JSON and text are compressed with gzip where the client takes that.
            """,
        ],
        "paths": .object(paths),
        "components": ["schemas": .object(schemas), "responses": .object(failures)],
    ]

    /// The path items by path template, in OpenAPI's form.
    package static let paths: [String: JSONValue] = Dictionary(
        operations.map { ($0.path, [$0.method: $0.value]) },
        uniquingKeysWith: { _, last in last })

    static let operations: [Operation] =
        transactionOperations + chainOperations + electionOperations + logOperations
}

/// One operation of the description.
struct Operation {
    let method: String
    let path: String
    let value: JSONValue

    /// - Parameters:
    ///   - answers: statuses and what they carry.
    ///   - failures: names of `OpenAPI.failures` besides `Unavailable`.
    init(
        _ path: String, method: String = "get", id: String, summary: String,
        parameters: [JSONValue] = [], body: JSONValue? = nil, answers: [(String, JSONValue)],
        failures: [String] = []
    ) {
        self.method = method
        self.path = path
        var responses = Dictionary(answers, uniquingKeysWith: { _, last in last })
        for name in failures + ["Unavailable"] {
            guard let status = OpenAPI.failureStatus[name] else { continue }
            responses[status] = ["$ref": .string("#/components/responses/" + name)]
        }
        var members: [String: JSONValue] = [
            "operationId": .string(id), "summary": .string(summary),
            "responses": .object(responses),
        ]
        if !parameters.isEmpty { members["parameters"] = .array(parameters) }
        if let body { members["requestBody"] = body }
        value = .object(members)
    }
}

// The parts that operations are written with.

func answer(_ description: String, _ type: String, _ schema: JSONValue) -> JSONValue {
    ["description": .string(description), "content": .object([type: ["schema": schema]])]
}

func json(_ description: String, _ schema: JSONValue) -> (String, JSONValue) {
    ("200", answer(description, "application/json", schema))
}

func octets(_ description: String) -> (String, JSONValue) {
    ("200", answer(description, "application/octet-stream", [:]))
}

func text(_ description: String) -> (String, JSONValue) {
    ("200", answer(description, "text/plain", ["type": "string"]))
}

func reference(_ name: String) -> JSONValue {
    ["$ref": .string("#/components/schemas/" + name)]
}

func list(_ schema: JSONValue) -> JSONValue { ["type": "array", "items": schema] }

func inPath(_ name: String, _ description: String, _ schema: JSONValue) -> JSONValue {
    [
        "name": .string(name), "in": "path", "required": true,
        "description": .string(description), "schema": schema,
    ]
}

func inQuery(_ name: String, _ description: String, _ schema: JSONValue) -> JSONValue {
    [
        "name": .string(name), "in": "query", "required": false,
        "description": .string(description), "schema": schema,
    ]
}

let digestSchema: JSONValue = ["type": "string", "pattern": "^[0-9a-f]{64}$"]
let numberSchema: JSONValue = ["type": "integer", "minimum": 0, "maximum": .number(.max)]
let shortNumberSchema: JSONValue = [
    "type": "integer", "minimum": 0, "maximum": .number(Int(UInt32.max)),
]
/// A tile's index in groups of three digits, and the width of a partial tile.
let tileSchema: JSONValue = [
    "type": "string",
    "pattern": .string(
        "^(x(00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})(/x[0-9]{3}){0,4}/)?[0-9]{3}"
            + "(\\.p/([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?$"),
]
let limitSchema: JSONValue = ["type": "integer", "minimum": 1, "maximum": .number(.max)]
let textSchema: JSONValue = ["type": "string"]
let hexadecimalSchema: JSONValue = ["type": "string", "pattern": "^([0-9a-f]{2})*$"]
let timeSchema: JSONValue = ["type": "string", "format": "date-time"]
