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

/// What a registrar says about itself.
package struct RegistrarStatus: Codable, Hashable, Sendable {
    /// Totals of one ballot style.
    package struct Style: Codable, Hashable, Sendable {
        package let number: UInt32
        package let listed: UInt32
        package let issued: UInt32

        package init(number: UInt32, listed: UInt32, issued: UInt32) {
            self.number = number
            self.listed = listed
            self.issued = issued
        }
    }

    package let software: String
    /// The election's short name and its document's hash; nil before the roll is made.
    package let election: String?
    package let document: Bytes32?
    /// Whether requests are answered now, and if not why.
    package let ready: Bool
    package let note: String?
    package let styles: [Style]

    package init(
        software: String, election: String?, document: Bytes32?, ready: Bool, note: String? = nil,
        styles: [Style]
    ) {
        self.software = software
        self.election = election
        self.document = document
        self.ready = ready
        self.note = note
        self.styles = styles
    }
}
