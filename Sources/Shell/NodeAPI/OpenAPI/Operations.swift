extension OpenAPI {
    private static let transactionID = inPath(
        "id", "The transaction's id: its leaf hash in the log.", digestSchema)
    private static let electionReference = inPath(
        "ref", "The election's name, its document's SHA-256, or its election id.", textSchema)

    static let transactionOperations: [Operation] = [
        Operation(
            "/v1/transactions", method: "post", id: "submitTransaction",
            summary: "Submit one transaction. Submitting the same bytes again is harmless.",
            body: [
                "required": true,
                "description": "The transaction's canonical bytes, at most 65,535.",
                "content": [
                    "application/octet-stream": [
                        "schema": ["type": "string", "minLength": 1, "maxLength": 65_535]
                    ]
                ],
            ],
            answers: [
                json("It is in the log already.", reference("SubmissionAnswer")),
                (
                    "202",
                    answer(
                        "It is kept and passed on.", "application/json",
                        reference("SubmissionAnswer"))
                ),
            ],
            failures: ["Malformed", "TooLarge", "TooSlow", "Refused", "TooMany"]),
        Operation(
            "/v1/transactions/{id}", id: "transactionStatus",
            summary: "Where a transaction is, one that still waits included.",
            parameters: [transactionID],
            answers: [json("Its place.", reference("TransactionStatus"))],
            failures: ["Malformed", "NotFound"]),
        Operation(
            "/v1/transactions/{id}/bytes", id: "transactionBytes",
            summary: "A final transaction's canonical bytes.",
            parameters: [transactionID], answers: [octets("The bytes.")],
            failures: ["Malformed", "NotFound", "Conflict"]),
        Operation(
            "/v1/transactions/{id}/receipt", id: "receipt",
            summary: "A C2SP tlog-proof of the transaction under the newest certified checkpoint.",
            parameters: [transactionID],
            answers: [text("The receipt; it verifies offline from the genesis document.")],
            failures: ["Malformed", "NotFound", "Conflict"]),
    ]

    static let chainOperations: [Operation] = [
        Operation(
            "/v1/genesis", id: "genesis",
            summary: "The genesis document's canonical bytes; their SHA-256 is the chain id.",
            answers: [octets("The bytes.")]),
        Operation(
            "/v1/status", id: "status", summary: "What the node says about itself.",
            answers: [json("Its state.", reference("NodeStatus"))]),
        Operation(
            "/v1/validators", id: "validators",
            summary: "The validators of an epoch, and the set that is to follow them.",
            parameters: [
                inQuery("epoch", "The epoch; without it that of the next block.", numberSchema)
            ],
            answers: [json("The validators.", reference("ValidatorsView"))],
            failures: ["Malformed", "NotFound"]),
        Operation(
            "/v1/validators/succession", id: "succession",
            summary: "Every change of the validators, proven from genesis.",
            answers: [octets("A succession proof.")]),
        Operation(
            "/v1/blocks", id: "blocks",
            summary: "Final blocks rising from a height, or the newest in falling order.",
            parameters: [
                inQuery("from", "The first height.", numberSchema),
                inQuery("limit", "How many; more than 100 means 100.", limitSchema),
            ],
            answers: [json("The blocks.", list(reference("BlockSummary")))],
            failures: ["Malformed"]),
        Operation(
            "/v1/blocks/{height}", id: "block", summary: "One final block.",
            parameters: [inPath("height", "Its height, from 1.", numberSchema)],
            answers: [json("The block.", reference("BlockDetail"))],
            failures: ["Malformed", "NotFound"]),
        Operation(
            "/v1/export", id: "export",
            summary: "Consecutive final blocks in canonical binary, for auditors.",
            parameters: [
                inQuery("from", "The first height; 1 if absent.", numberSchema),
                inQuery("limit", "How many; more than 256 means 256.", limitSchema),
            ],
            answers: [octets("An export chunk: blocks, and a finalization of the last.")],
            failures: ["Malformed"]),
        Operation(
            "/v1/events", id: "events",
            summary: "Blocks and elections as they change, as server-sent events.",
            answers: [
                (
                    "200",
                    answer(
                        "Events `block` (BlockSummary) and `election` (ElectionStatus).",
                        "text/event-stream", textSchema)
                )
            ]),
        Operation(
            "/healthz", id: "health",
            summary:
                "Whether the node is alive: it runs and answers. One that is stuck is alive too.",
            answers: [
                json("It is.", ["type": "object", "properties": ["status": textSchema]])
            ]),
        Operation(
            "/readyz", id: "readiness",
            summary: "Whether the node does its work now: its newest final block is young, it is "
                + "connected, has caught up and, as a validator in office, votes.",
            answers: [json("It does.", reference("NodeReadiness"))]),
        Operation(
            "/metrics", id: "metrics", summary: "Measurements in Prometheus' text form.",
            answers: [text("The measurements.")]),
        Operation(
            "/openapi.json", id: "openapi", summary: "This document.",
            answers: [json("The document.", ["type": "object"])]),
    ]

    static let electionOperations: [Operation] = [
        Operation(
            "/v1/elections", id: "elections", summary: "All elections of the chain.",
            answers: [json("The elections.", list(reference("ElectionSummary")))]),
        Operation(
            "/v1/elections/{ref}", id: "election", summary: "An election's present state.",
            parameters: [electionReference],
            answers: [json("The state.", reference("ElectionStatus"))],
            failures: ["Malformed", "NotFound"]),
        Operation(
            "/v1/elections/{ref}/document", id: "electionDocument",
            summary: "The election document's canonical bytes; check their SHA-256.",
            parameters: [electionReference], answers: [octets("The bytes.")],
            failures: ["Malformed", "NotFound"]),
        Operation(
            "/v1/elections/{ref}/document.json", id: "electionDocumentJSON",
            summary: "The election document as JSON, for reading.",
            parameters: [electionReference],
            answers: [json("The document.", ["type": "object"])],
            failures: ["Malformed", "NotFound"]),
        Operation(
            "/v1/elections/{ref}/ceremony", id: "ceremony",
            summary: "The key ceremony as the chain holds it.",
            parameters: [electionReference],
            answers: [json("The ceremony.", reference("CeremonyView"))],
            failures: ["Malformed", "NotFound"]),
        Operation(
            "/v1/elections/{ref}/credentials/{key}", id: "credential",
            summary: "A credential key's last ballot.",
            parameters: [electionReference, inPath("key", "The credential key.", digestSchema)],
            answers: [json("The last ballot.", reference("CredentialStatus"))],
            failures: ["Malformed", "NotFound"]),
        Operation(
            "/v1/elections/{ref}/roll/{style}", id: "roll",
            summary: "A stretch of one ballot style's roll.",
            parameters: [
                electionReference, inPath("style", "The ballot style's number.", shortNumberSchema),
                inQuery("from", "The first leaf, from 0.", shortNumberSchema),
                inQuery("limit", "How many; more than 2,000 means 2,000.", limitSchema),
            ],
            answers: [json("The leaves.", reference("RollView"))],
            failures: ["Malformed", "NotFound"]),
        Operation(
            "/v1/elections/{ref}/tally", id: "tally",
            summary: "Encrypted totals, partial decryptions, counts and signatures.",
            parameters: [electionReference],
            answers: [json("The closing.", reference("TallyView"))],
            failures: ["Malformed", "NotFound", "Conflict", "Gone"]),
        Operation(
            "/v1/elections/{ref}/protocol", id: "resultProtocol",
            summary: "The result protocol's bytes exactly as the commission signs them.",
            parameters: [electionReference],
            answers: [json("The protocol.", ["type": "object"])],
            failures: ["Malformed", "NotFound", "Conflict", "Gone"]),
    ]

    static let logOperations: [Operation] = [
        Operation(
            "/checkpoint", id: "checkpoint",
            summary: "The newest certified checkpoint of the log (C2SP tlog-checkpoint).",
            answers: [text("A signed note.")], failures: ["Conflict"]),
        Operation(
            "/checkpoint-full", id: "checkpointFull",
            summary: "The same with every cosignature that the node knows.",
            answers: [text("A signed note.")], failures: ["Conflict"]),
        Operation(
            "/tile/{level}/{index}", id: "hashTile",
            summary: "A tile of the log's tree (C2SP tlog-tiles).",
            parameters: [
                inPath("level", "0 to 63.", ["type": "integer", "minimum": 0, "maximum": 63]),
                inPath("index", "As in `x001/234` or `005.p/17`.", tileSchema),
            ],
            answers: [octets("32 bytes a hash.")], failures: ["Malformed", "NotFound"]),
        Operation(
            "/tile/entries/{index}", id: "entryBundle",
            summary: "Log entries, each after its length in two bytes (C2SP tlog-tiles).",
            parameters: [inPath("index", "As in `x001/234` or `005.p/17`.", tileSchema)],
            answers: [octets("The entries.")], failures: ["Malformed", "NotFound"]),
    ]

    /// The failures that operations name, with their status.
    static let failureStatus: [String: String] = [
        "Malformed": "400", "NotFound": "404", "TooSlow": "408", "Conflict": "409",
        "Gone": "410", "TooLarge": "413", "Refused": "422", "TooMany": "429", "Unavailable": "503",
    ]

    static let failures: [String: JSONValue] = [
        "Malformed": failure("BAD_REQUEST: the request is malformed."),
        "NotFound": failure("NOT_FOUND: there is no such thing."),
        "TooSlow": failure("TOO_SLOW: the request did not arrive in time."),
        "Conflict": failure("NOT_FINAL: it will exist later; Retry-After says when to ask."),
        "Gone": failure("ABORTED: the election was aborted, so that it will never exist."),
        "TooLarge": failure("TOO_LARGE: a transaction has at most 65,535 bytes."),
        "Refused": failure("E_*: the ledger's rules refuse the transaction."),
        "TooMany": failure("BUSY: this address has used up its share; see Retry-After."),
        "Unavailable": failure("BUSY or UNAVAILABLE: not now; see Retry-After."),
    ]

    private static func failure(_ description: String) -> JSONValue {
        answer(description, "application/json", reference("Failure"))
    }
}
