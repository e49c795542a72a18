/// A parsed JSON value with its place, so that an error can name the line.
struct JSONNode {
    /// From 1.
    let line: Int
    let value: JSONValue
}

enum JSONValue {
    case null
    case bool(Bool)
    /// The number as it is written.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object(JSONObject)

    /// What the value is, for an error.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a truth value"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

struct JSONObject {
    struct Member {
        let key: String
        let line: Int
        let node: JSONNode
    }

    /// Tells the objects of one document apart.
    let identifier: Int
    /// In the order of the text.
    private(set) var members: [Member] = []
    private var places: [String: Int] = [:]

    init(identifier: Int) { self.identifier = identifier }

    /// False if the key is there already.
    mutating func append(_ member: Member) -> Bool {
        guard places.updateValue(members.count, forKey: member.key) == nil else { return false }
        members.append(member)
        return true
    }

    subscript(_ key: String) -> JSONNode? { places[key].map { members[$0].node } }
}
