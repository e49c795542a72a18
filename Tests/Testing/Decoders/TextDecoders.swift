import APISchema
import BallotCryptography
import Codec
import DocumentFiles
import Ledger
import TransparencyLog

extension Decoder {
    /// Documents, notes and what people type.
    static let texts: [Decoder] = [
        Decoder("LogProof") { bytes in (try? LogProof(parsing: bytes))?.bytes },
        Decoder("SignedNote") { bytes in (try? SignedNote(parsing: bytes))?.bytes },
        Decoder("Checkpoint") { bytes in (try? Checkpoint(text: bytes))?.text },
        Decoder("AddCheckpointRequest") { bytes in
            (try? AddCheckpointRequest(parsing: bytes))?.bytes
        },
        Decoder("VerifierKey") { bytes in
            (try? VerifierKey(vkey: bytes)).map { [UInt8]($0.vkey.utf8) }
        },
        Decoder("TilePath") { bytes in
            (try? Tile(path: String(decoding: bytes, as: UTF8.self))).map { [UInt8]($0.path.utf8) }
        },
        Decoder("EntryBundle") { bytes in
            guard let first = bytes.first, first > 0 else { return nil }
            let entries = try? EntryBundle.decode([UInt8](bytes.dropFirst()), count: Int(first))
            return entries.flatMap { try? EntryBundle.encode($0) }.map { [first] + $0 }
        },
        Decoder("Base64") { bytes in Base64.decode(bytes).map { Base64.encode($0) } },
        Decoder("Hexadecimal") { bytes in
            Hexadecimal.decode(String(decoding: bytes, as: UTF8.self))
                .map { [UInt8](Hexadecimal.encode($0).utf8) }
        },
        Decoder(normalising: "TrustPolicy") { bytes in (try? TrustPolicy(parsing: bytes))?.text },
        Decoder(normalising: "TrackingCode") { bytes in
            TrackingCode(String(decoding: bytes, as: UTF8.self)).map { [UInt8]($0.text.utf8) }
        },
        Self.document("GenesisJSON", Genesis.self),
        Self.document("ElectionStatusJSON", ElectionStatus.self),
        Self.document("CeremonyViewJSON", CeremonyView.self),
        Self.document("TallyViewJSON", TallyView.self),
        Self.document("NodeStatusJSON", NodeStatus.self),
        Self.document("BlockDetailJSON", BlockDetail.self),
        Self.document("SubmissionAnswerJSON", SubmissionAnswer.self),
        Self.document("CredentialRequestJSON", CredentialRequestMessage.self),
    ]

    private static func document<Value: Codable & SendableMetatype>(
        _ name: String, _ type: Value.Type
    ) -> Decoder {
        Decoder(normalising: name) { bytes in
            (try? JSONDocument.decode(Value.self, from: bytes))
                .flatMap { try? JSONDocument.encode($0) }
        }
    }
}
