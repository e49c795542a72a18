extension OpenAPI {
    /// The messages by name. A member in `optional` may be absent.
    static let schemas: [String: JSONValue] = [
        "Failure": object(
            ["code": textSchema, "message": textSchema, "retryAfterSeconds": numberSchema],
            optional: ["retryAfterSeconds"]),
        "SubmissionAnswer": object(
            [
                "transactionID": digestSchema,
                "status": oneOf(["accepted", "waiting", "final"]),
                "promise": hexadecimalSchema,
            ],
            optional: ["promise"]),
        "TransactionStatus": object(
            [
                "transactionID": digestSchema, "status": oneOf(["unknown", "pending", "final"]),
                "height": numberSchema, "index": numberSchema, "time": timeSchema,
            ],
            optional: ["height", "index", "time"]),
        "PeerStatus": object(
            [
                "key": digestSchema, "name": textSchema,
                "role": oneOf(["validator", "observer"]), "height": numberSchema,
            ],
            optional: ["name", "height"]),
        "NodeStatus": object(
            [
                "software": textSchema, "kind": oneOf(["official", "training"]),
                "chainName": textSchema, "chainID": digestSchema, "validator": textSchema,
                "height": numberSchema, "blockHash": digestSchema, "time": timeSchema,
                "epoch": numberSchema, "view": numberSchema, "logSize": numberSchema,
                "logRoot": digestSchema, "certifiedSize": numberSchema,
                "voting": ["type": "boolean"], "votingNote": textSchema,
                "peers": list(reference("PeerStatus")), "pendingCount": numberSchema,
                "pendingBytes": numberSchema, "overdueBallots": numberSchema,
            ],
            optional: ["validator", "votingNote"]),
        "NodeReadiness": object([
            "height": numberSchema, "time": timeSchema, "blockAgeMilliseconds": numberSchema,
            "oldestMilliseconds": numberSchema, "voting": ["type": "boolean"],
        ]),
        "ValidatorsView": object(
            [
                "epoch": numberSchema, "setHash": digestSchema, "quorum": numberSchema,
                "validators": list(reference("Validator")),
                "pending": reference("PendingValidators"),
            ], optional: ["pending"]),
        "PendingValidators": object([
            "number": numberSchema, "setHash": digestSchema,
            "validators": list(reference("Validator")), "ready": list(numberSchema),
            "needed": numberSchema,
        ]),
        "Validator": object([
            "name": textSchema, "consensusKey": digestSchema, "cosigningKey": digestSchema,
            "nodeKey": digestSchema,
        ]),
        "BlockSummary": object([
            "height": numberSchema, "hash": digestSchema, "epoch": numberSchema,
            "view": numberSchema, "time": timeSchema, "proposer": textSchema,
            "transactionCount": numberSchema, "logSize": numberSchema, "logRoot": digestSchema,
        ]),
        "BlockTransaction": object([
            "transactionID": digestSchema, "index": numberSchema, "type": textSchema,
            "size": numberSchema,
        ]),
        "BlockDetail": object([
            "summary": reference("BlockSummary"), "header": hexadecimalSchema,
            "transactions": list(reference("BlockTransaction")), "finalizedBy": list(textSchema),
        ]),
        "LocalizedText": object(["language": textSchema, "text": textSchema]),
        "ElectionSummary": object(
            [
                "name": textSchema, "document": digestSchema, "electionID": digestSchema,
                "title": list(reference("LocalizedText")),
                "phase": oneOf([
                    "announced", "keyCeremony", "rehearsed", "rollPublished", "open", "closed",
                    "decrypting", "tallied", "signed", "final", "aborted",
                ]),
            ],
            optional: ["electionID"]),
        "StyleStatus": object([
            "number": numberSchema, "region": textSchema, "opens": timeSchema,
            "closes": timeSchema, "listed": numberSchema, "issued": numberSchema,
            "cast": numberSchema,
        ]),
        "ElectionStatus": object(
            [
                "summary": reference("ElectionSummary"), "ceremony": numberSchema,
                "styles": list(reference("StyleStatus")), "abortReason": textSchema,
            ],
            optional: ["abortReason"]),
        "TrusteeMessage": object(["trustee": numberSchema, "payload": hexadecimalSchema]),
        "CeremonyView": object(
            [
                "number": numberSchema,
                "step": oneOf([
                    "registration", "commitment", "dealing", "confirmation", "rehearsal", "done",
                    "failed",
                ]),
                "setupID": digestSchema, "threshold": numberSchema, "keyCount": numberSchema,
                "trustees": list(numberSchema),
                "registrations": list(reference("TrusteeMessage")),
                "commitments": list(reference("TrusteeMessage")),
                "dealings": list(reference("TrusteeMessage")),
                "complaints": list(reference("TrusteeMessage")),
                "confirmations": list(reference("TrusteeMessage")),
                "rehearsals": list(reference("TrusteeMessage")),
                "qualified": list(numberSchema), "keys": hexadecimalSchema,
                "electionID": digestSchema,
            ],
            optional: ["keys", "electionID"]),
        "CredentialStatus": object(["sequence": numberSchema, "ballotID": digestSchema]),
        "RollLeafStatus": object([
            "commitment": digestSchema,
            "status": oneOf(["counted", "withdrawn", "paper", "deceased", "error"]),
            "issued": ["type": "boolean"],
        ]),
        "RollView": object([
            "style": numberSchema, "total": numberSchema, "from": numberSchema,
            "leaves": list(reference("RollLeafStatus")),
        ]),
        "UnitView": object(
            [
                "unit": numberSchema, "tallyUnit": numberSchema, "merged": list(numberSchema),
                "contest": numberSchema, "counted": numberSchema, "total": hexadecimalSchema,
                "partialDecryptions": list(reference("TrusteeMessage")),
                "counts": list(numberSchema),
            ],
            optional: ["counts"]),
        "Dissent": object(["member": numberSchema, "text": textSchema]),
        "TallyView": object(
            [
                "electionID": digestSchema, "phase": textSchema,
                "units": list(reference("UnitView")), "protocolHash": digestSchema,
                "signers": list(numberSchema), "dissents": list(reference("Dissent")),
            ],
            optional: ["protocolHash"]),
    ]

    private static func object(
        _ members: [String: JSONValue], optional: Set<String> = []
    ) -> JSONValue {
        let required = members.keys.filter { !optional.contains($0) }.sorted()
        return [
            "type": "object", "properties": .object(members),
            "required": .array(required.map(JSONValue.string)),
        ]
    }

    private static func oneOf(_ values: [String]) -> JSONValue {
        ["type": "string", "enum": .array(values.map(JSONValue.string))]
    }
}
