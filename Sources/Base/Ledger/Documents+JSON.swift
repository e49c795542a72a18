package import Codec

// The JSON form of documents, for people and files. What is signed and hashed is the binary form.
// Bytes are hexadecimal text, times ISO 8601 in UTC. Standard-library coding alone; reading and
// writing files is the shell's.

extension Bytes32: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Bytes32(hexadecimal: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "64 hexadecimal digits (lower case) expected")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Bytes64: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Bytes64(hexadecimal: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "128 hexadecimal digits (lower case) expected")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a UTC time as in 2026-09-18T05:00:00Z expected")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension ChainKind: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let kind = Self.allCases.first(where: { $0.name == name }) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "`official` or `training` expected")
        }
        self = kind
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}

extension ComplaintPolicy: Codable {
    private var name: String {
        switch self {
        case .restart: "restart"
        case .proceed: "proceed"
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let policy = Self.allCases.first(where: { $0.name == name }) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "`restart` or `proceed` expected")
        }
        self = policy
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}

extension ValidatorSet: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([Validator].self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(validators)
    }
}

extension BallotStyle: Codable {
    private enum Key: String, CodingKey {
        case number, name, region, tallyUnit, contests, timeZone, startOfIssuing, opens, closes
        case opensLocal, closesLocal, issuingKey
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let text = try container.decode(String.self, forKey: .issuingKey)
        guard let issuingKey = Hexadecimal.decode(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .issuingKey, in: container,
                debugDescription: "hexadecimal digits (lower case) expected")
        }
        self.init(
            number: try container.decode(UInt32.self, forKey: .number),
            name: try container.decode([LocalizedText].self, forKey: .name),
            region: try container.decode(String.self, forKey: .region),
            tallyUnit: try container.decode(UInt32.self, forKey: .tallyUnit),
            contests: try container.decode([UInt32].self, forKey: .contests),
            timeZone: try container.decode(String.self, forKey: .timeZone),
            startOfIssuing: try container.decode(Timestamp.self, forKey: .startOfIssuing),
            opens: try container.decode(Timestamp.self, forKey: .opens),
            closes: try container.decode(Timestamp.self, forKey: .closes),
            opensLocal: try container.decode(String.self, forKey: .opensLocal),
            closesLocal: try container.decode(String.self, forKey: .closesLocal),
            issuingKey: issuingKey)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(number, forKey: .number)
        try container.encode(name, forKey: .name)
        try container.encode(region, forKey: .region)
        try container.encode(tallyUnit, forKey: .tallyUnit)
        try container.encode(contests, forKey: .contests)
        try container.encode(timeZone, forKey: .timeZone)
        try container.encode(startOfIssuing, forKey: .startOfIssuing)
        try container.encode(opens, forKey: .opens)
        try container.encode(closes, forKey: .closes)
        try container.encode(opensLocal, forKey: .opensLocal)
        try container.encode(closesLocal, forKey: .closesLocal)
        try container.encode(Hexadecimal.encode(issuingKey), forKey: .issuingKey)
    }
}
