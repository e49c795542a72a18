package import Codec

/// Who asks, with the secret that the register knows.
package struct VoterIdentity: Codable, Hashable, Sendable {
    /// The register's reference of the voter.
    package let voter: String
    /// The voter's access code.
    package let code: String

    package init(voter: String, code: String) {
        self.voter = voter
        self.code = code
    }
}

/// What a listed voter is told: style, and the opening of the own roll leaf.
package struct VoterEntry: Codable, Hashable, Sendable {
    package let electionID: Bytes32
    package let document: Bytes32
    package let style: UInt32
    /// The leaf's place in the style's roll, and its salt.
    package let leaf: UInt32
    package let salt: Bytes32

    package init(electionID: Bytes32, document: Bytes32, style: UInt32, leaf: UInt32, salt: Bytes32)
    {
        self.electionID = electionID
        self.document = document
        self.style = style
        self.leaf = leaf
        self.salt = salt
    }
}

/// A request for the blind signature.
package struct CredentialRequestMessage: Codable, Hashable, Sendable {
    package let identity: VoterIdentity
    /// 384 bytes, hexadecimal.
    package let blindedMessage: String

    package init(identity: VoterIdentity, blindedMessage: String) {
        self.identity = identity
        self.blindedMessage = blindedMessage
    }
}

/// The blind signature (384 bytes, hexadecimal): the same for the same request, ever again.
package struct CredentialAnswer: Codable, Hashable, Sendable {
    package let style: UInt32
    package let blindSignature: String

    package init(style: UInt32, blindSignature: String) {
        self.style = style
        self.blindSignature = blindSignature
    }
}
