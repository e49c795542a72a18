package import Codec

/// Every kind of record that a state holds. They are read from a disk that may be damaged, and some
/// of them from proofs that strangers send.
package enum RecordKinds {
    package static let all: [EncodingKind] = [
        EncodingKind("Agenda", Agenda.self),
        EncodingKind("CeremonyMessageRecord", CeremonyMessageRecord.self),
        EncodingKind("CeremonyRecord", CeremonyRecord.self),
        EncodingKind("ChainHead", ChainHead.self),
        EncodingKind("CredentialRecord", CredentialRecord.self),
        EncodingKind("ElectionRecord", ElectionRecord.self),
        EncodingKind("KeysRecord", KeysRecord.self),
        EncodingKind("Present", Present.self),
        EncodingKind("ResultRecord", ResultRecord.self),
        EncodingKind("RollMarks", RollMarks.self),
        EncodingKind("RollPartRecord", RollPartRecord.self),
        EncodingKind("ShareRecord", ShareRecord.self),
        EncodingKind("SignatureRecord", SignatureRecord.self),
        EncodingKind("SignedPromise", SignedPromise.self),
        EncodingKind("SpoilCount", SpoilCount.self),
        EncodingKind("SpoiledCode", SpoiledCode.self),
        EncodingKind("SpoiledTracker", SpoiledTracker.self),
        EncodingKind("StateProof", StateProof.self),
        EncodingKind("StateTreeNode", StateTreeNode.self),
        EncodingKind("StyleRecord", StyleRecord.self),
        EncodingKind("TotalRecord", TotalRecord.self),
        EncodingKind("UnitRecord", UnitRecord.self),
        EncodingKind("ValidatorChangeRecord", ValidatorChangeRecord.self),
        EncodingKind("ValidatorsRecord", ValidatorsRecord.self),
    ]
}
