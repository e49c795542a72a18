package import APISchema
package import Codec
package import Ledger

extension NodeClient {
    /// Elections of the chain.
    package func elections() async throws(ClientError) -> [ElectionSummary] {
        try await transport.json([ElectionSummary].self, "/v1/elections")
    }

    /// An election's present state.
    ///
    /// - Parameter reference: short name, or document hash or election id in hexadecimal, here and
    ///   below.
    package func election(_ reference: String) async throws(ClientError) -> ElectionStatus {
        try await transport.json(
            ElectionStatus.self, try path(reference, "")
        ) { status throws(AnswerFault) in
            let summary = status.summary
            let names = [
                summary.name, summary.document.description, summary.electionID?.description ?? "",
            ]
            guard names.contains(reference) else {
                throw AnswerFault("it is about another election")
            }
            return status
        }
    }

    /// The election document, which hashes to the hash that the reference is or that the node states.
    package func electionDocument(
        _ reference: String
    ) async throws(ClientError) -> ElectionDocument {
        // Two answers belong together: a server that lies in one of them is left for both.
        var failure = ClientError.unreachable([])
        for node in eachOnce() + each() {
            if node.transport.limits.rounds > 1, !failure.isTemporary { break }
            do throws(ClientError) {
                return try await node.ownDocument(reference)
            } catch {
                if case .cancelled = error { throw error }
                if failure.refusalCode == nil { failure = error }
            }
        }
        throw failure
    }

    /// The document as one server has it.
    private func ownDocument(_ reference: String) async throws(ClientError) -> ElectionDocument {
        var expected = Bytes32(hexadecimal: reference)
        // An election id is written as a document hash is.
        let isHash = { (document: ElectionDocument) in document.hash == expected }
        let document = try await transport.canonical(
            ElectionDocument.self, try path(reference, "/document"), limit: Limits.entryBytes
        ) { $0 }
        if isHash(document) { return document }
        expected = try await election(reference).summary.document
        guard isHash(document) else {
            let problem = "the document is another election's"
            complain(problem, about: reference, evidence: document.canonicalBytes)
            throw .badAnswer(server: nodes.first ?? "", problem: problem)
        }
        return document
    }

    /// The key ceremony as the chain holds it.
    package func ceremony(_ reference: String) async throws(ClientError) -> CeremonyView {
        try await transport.json(CeremonyView.self, try path(reference, "/ceremony"))
    }

    /// A credential key's last ballot, nil where it has cast none.
    package func credential(
        _ key: Bytes32, of reference: String
    ) async throws(ClientError) -> CredentialStatus? {
        try await ClientError.orNil { () async throws(ClientError) in
            try await transport.json(
                CredentialStatus.self, try path(reference, "/credentials/\(key)"))
        }
    }

    /// A stretch of a style's roll.
    ///
    /// - Parameter limit: 1 to 2,000.
    package func roll(
        of reference: String, style: UInt32, from: UInt32 = 0, limit: Int = 2000
    ) async throws(ClientError) -> RollView {
        try await transport.json(
            RollView.self, try path(reference, "/roll/\(style)?from=\(from)&limit=\(limit)")
        ) { view throws(AnswerFault) in
            guard view.style == style, view.from == from, view.leaves.count <= limit,
                UInt64(from) + UInt64(view.leaves.count) <= UInt64(view.total)
            else { throw AnswerFault("it is another part of the roll") }
            return view
        }
    }

    /// The closing as the chain holds it.
    package func tally(_ reference: String) async throws(ClientError) -> TallyView {
        try await transport.json(TallyView.self, try path(reference, "/tally"))
    }

    /// The result protocol's bytes, which hash to `hash` where it is given.
    ///
    /// - Throws: `.refused` with `NOT_FINAL` before it is complete.
    package func resultProtocol(
        _ reference: String, hash: ((_ bytes: [UInt8]) -> Bool)? = nil
    ) async throws(ClientError) -> [UInt8] {
        try await transport.bytes(
            try path(reference, "/protocol"), limit: transport.limits.bulkBytes
        ) { body in
            if let hash, !hash(body) { throw AnswerFault("the protocol has another hash") }
            return body
        }
    }

    private func path(_ reference: String, _ rest: String) throws(ClientError) -> String {
        guard isElectionReference(reference) else { throw .badReference(reference) }
        return "/v1/elections/\(reference)\(rest)"
    }
}

/// Whether the text may stand in an address: a short name or 64 hexadecimal digits.
func isElectionReference(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
        && text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
}
