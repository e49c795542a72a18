package import Codec

/// Every kind of message of the transport itself.
package enum TransportKinds {
    package static let all: [EncodingKind] = [EncodingKind("Hello", Hello.self)]
}
